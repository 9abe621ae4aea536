import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { policyIn } from '../../runtime-as/format/envelope.ts'
import { playEpisodes } from '../../trainer/data/episodes.ts'
import { readTransitions } from '../../trainer/data/transitions.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { sha256 } from '../../trainer/files/sha256.ts'
import { Interrupted } from '../../trainer/interrupted.ts'
import { SearchCheckpoint } from '../../trainer/search/checkpoint.ts'
import {
  iterationsOf,
  linearDefaults,
  MOST_EPISODES,
  type SearchOptions,
  searchDefaults,
} from '../../trainer/search/options.ts'
import { searchFile, startOf, wantedOf } from '../../trainer/search/policy.ts'
import type { SearchResult } from '../../trainer/search/search.ts'
import type { SearchState } from '../../trainer/search/state.ts'
import { type OutcomeStatistics, outcomeStatistics } from '../../trainer/tasks/evaluate.ts'
import { createTask, prepareTask, taskOrigin } from '../../trainer/tasks/registry.ts'
import type { TaskSpec } from '../../trainer/tasks/task.ts'
import { teacherFile } from '../../trainer/teachers/teacher.ts'
import { checkCard } from '../card.ts'
import { onInterrupt } from '../interrupt.ts'
import { addSigningOptions, type GivenSigning, signatureOf, signerOf, signingInputs } from '../keys.ts'
import { claimRun, forceOption, type OutputOptions } from '../output.ts'
import { grouped, percent } from '../report/words.ts'
import { printResult, withProgress } from '../terminal.ts'
import { type CommonOptions, integer, number, seedOption, verb, workersOption } from '../verb.ts'
import { policyOf } from './eval.ts'

interface Options extends CommonOptions, OutputOptions, GivenSigning, Omit<SearchOptions, 'pickEvery'> {
  out: string
  linear: boolean
  workers: number
  data?: string
  reportEpisodes: number
  checkpointMinutes: number
  resume: boolean
}

const results = { student: 'student.bpd', record: 'search.json' }
const { directions, best, rate, noise, pickEpisodes, giveUp } = searchDefaults

export const searchVerb = addSigningOptions(
  verb('search <task> [policy]', {
    group: 'Make a student:',
    description:
      'moves the weights that a policy has to where its return is higher, and no others; on-policy; writes student.bpd and search.json',
    example: 'bpd search pendulum models/pendulum/student.bpd --episodes 1000 --out runs/searched',
  }),
)
  .requiredOption('--episodes <n>', 'episodes to play at most, those to pick by included', integer(1, MOST_EPISODES))
  .requiredOption('--out <folder>', 'where the student goes')
  .option('--linear', 'in place of a policy: begins with a linear one that does nothing', false)
  .addOption(forceOption())
  .addOption(seedOption())
  .addOption(workersOption())
  .option('--directions <n>', 'directions an iteration, each tried both ways', integer(1, 4096), directions)
  .option('--best <n>', 'directions of an iteration that count', integer(1, 4096), best)
  .option(
    '--rate <x>',
    "steps at the start, in root mean squares of a layer's weights; of a linear one in half ranges of the action " +
      `(default: ${rate}, linear ${linearDefaults.rate})`,
    number(0, 10),
  )
  .option(
    '--noise <x>',
    `how far a direction is tried, in the same unit (default: ${noise}, linear ${linearDefaults.noise})`,
    number(1e-6, 10),
  )
  .option('--pick-episodes <n>', 'episodes that each candidate is judged by', integer(1), pickEpisodes)
  .option(
    '--give-up <n>',
    `ends after so many episodes in which nothing rose (default: ${giveUp}, linear ${linearDefaults.giveUp})`,
    integer(1),
  )
  .option('--survival-bonus <x>', 'reward of every step that is not climbed (default: what the task says)', number())
  .option('--data <file>', 'transitions, whose spread steps are measured by (default: that of its picking episodes)')
  .option('--report-episodes <n>', 'episodes of the return before and after', integer(1), 100)
  .option('--checkpoint-minutes <n>', 'minutes between checkpoints', number(0), 5)
  .option('--resume', 'continue from the checkpoint in the folder, to the same bits', false)
  .action(run)

async function run(taskName: string, path: string | undefined, options: Options): Promise<void> {
  const { out, force, workers, data: dataFile, resume, json } = options
  if ((path !== undefined) === options.linear)
    throw new InputError('policy: expected a .bpd policy, or --linear to begin with a linear one')
  if (options.linear && dataFile !== undefined)
    throw new InputError('--data: expected none with --linear, which goes by what it observes')
  await prepareTask(taskName)
  const task = createTask(taskName)
  const { spec } = task
  const sign = signerOf(options)
  const file = path === undefined ? undefined : teacherFile(path)
  const begun = startOf(task, file === undefined ? undefined : await policyAt(file, spec))
  if (file !== undefined) checkCard(file)
  const { bytes: start, name } = begun
  const { episodes, seed, directions, best, rate, noise, pickEpisodes, giveUp, survivalBonus } = options
  const given = { seed, directions, best, rate, noise, pickEpisodes, giveUp, survivalBonus }
  const wanted = wantedOf(taskName, episodes, given, begun)
  const iterations = iterationsOf(wanted)
  const data = dataFile === undefined ? undefined : readTransitions(dataFile, spec)
  const unfinished = { checkpoint: 'checkpoint.safetensors', resume }
  claimRun(
    out,
    Object.values(results),
    { inputs: [file, dataFile].filter((input) => input !== undefined).concat(signingInputs(options)), force },
    unfinished,
  )
  const checkpoint = join(out, unfinished.checkpoint)
  if (!resume) rmSync(checkpoint, { force: true })
  const origin = taskOrigin(taskName)
  // null: from nothing
  const from = file === undefined ? null : { file, sha256: sha256(start) }
  const spread = data && { data: data.crc32 }
  const identity = { task: spec.name, ...(origin && { origin }), policy: sha256(start), ...spread, ...wanted }
  const saves = new SearchCheckpoint(checkpoint, identity, options.checkpointMinutes)
  const state = saves.load(begun.moved, iterations)
  const interrupt = new AbortController()
  onInterrupt(() => interrupt.abort())
  const searchedOf = { task: taskName, begun, wanted, data }
  const { bytes: unsigned, ...searched } = await withProgress(`searching ${taskName}`, async (progress) => {
    const onProgress = (now: SearchState) =>
      progress.update(stand(taskName, now, wanted), now.episodes / wanted.episodes)
    const result = await searchFile(searchedOf, { workers, state, saves, onProgress, signal: interrupt.signal })
    progress.done(`searched ${taskName}`)
    return result
  })
  const report = { ...options, signal: interrupt.signal }
  const returnBefore = await reported(taskName, { policy: start, name }, report)
  const student = join(out, results.student)
  const returnAfter =
    searched.bestOf === 'start' ? returnBefore : await reported(taskName, { policy: unsigned, name: student }, report)
  const bytes = sign(unsigned, name)
  await writeFile(student, bytes)
  const result = {
    task: spec.name,
    ...(origin && { origin }),
    judged: 'on-policy',
    from,
    file: student,
    bytes: bytes.length,
    weights: decodePolicy(unsigned).weights,
    signature: signatureOf(bytes, student),
    returnBefore,
    returnAfter,
    options: { ...wanted, ...spread },
    ...searched,
  }
  await writeFile(join(out, results.record), `${JSON.stringify(result, null, 2)}\n`)
  // the last: until then the search can be resumed
  rmSync(checkpoint, { force: true })
  printResult(json, result, () => {
    const line = `${student}: ${result.weights} weights, ${bytes.length} bytes, ${describe(searched)}`
    return `${line}\nreturn ${figures(returnBefore)} -> ${figures(returnAfter)} over ${returnAfter.episodes} episodes`
  })
}

/** Throws InputError for what no board can run. */
async function policyAt(file: string, spec: TaskSpec): Promise<{ bytes: Uint8Array; name: string }> {
  const bytes = policyIn(await policyOf(file, spec), file)
  // the byte that every .bpd file begins with
  if (bytes[0] !== 0x84) throw new InputError(`${file}: a teacher that no board can run, expected a .bpd policy`)
  return { bytes, name: file }
}

const stand = (taskName: string, { episodes, before, after, objective }: SearchState, wanted: SearchOptions): string =>
  `searching ${taskName}: ${episodes}/${wanted.episodes} episodes` +
  (objective === undefined ? '' : `, climbing at ${objective.toFixed(1)}`) +
  `, picked return ${before.mean.toFixed(1)} -> ${after.mean.toFixed(1)}`

/** Of episodes that neither climbed nor picked. */
const reported = (
  taskName: string,
  { policy, name }: { policy: Uint8Array; name: string },
  { seed, reportEpisodes: episodes, workers, signal }: Options & { signal: AbortSignal },
) =>
  withProgress(`evaluating ${name}`, async (progress) => {
    const show = (done: number) => {
      if (signal.aborted) throw new Interrupted('interrupted after the search; --resume continues')
      progress.update(`evaluating ${name}: ${done}/${episodes} episodes`, done / episodes)
    }
    const played = await playEpisodes({ taskName, policy }, { seed, purpose: 'report' }, episodes, workers, show)
    progress.done(`evaluated ${name} over ${episodes} episodes`)
    return outcomeStatistics(played)
  })

const figures = ({ mean, std, median, fellRate }: OutcomeStatistics): string =>
  `${mean.toFixed(1)} ± ${std.toFixed(1)} (median ${median.toFixed(1)}, ${percent(fellRate)} fell)`

function describe({ bestOf, episodes, steps, gaveUp }: Omit<SearchResult, 'network'>): string {
  const kept = bestOf === 'start' ? 'as it was: nothing better was found' : 'searched'
  const spent = `on-policy: ${grouped(episodes)} episodes, ${grouped(steps)} steps of the task`
  return `${kept}; ${spent}${gaveUp ? ', given up' : ''}`
}
