/** Every student of a task on one plot: return against the bytes of its file and against what an inference costs. */
import { Option } from 'commander'
import { inferenceCost } from '../../firmware-bridge/host/cost.ts'
import type { PortKind } from '../../firmware-bridge/host/port.ts'
import { EMULATORS } from '../../firmware-bridge/host/ports.ts'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { playEpisodes } from '../../trainer/data/episodes.ts'
import { claimFiles } from '../../trainer/files/claim.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { reproductionOf, weightBudget } from '../../trainer/studies/paper.ts'
import { createTask, paperTasks, prepareTask } from '../../trainer/tasks/registry.ts'
import type { TaskSpec } from '../../trainer/tasks/task.ts'
import { candidatesOf } from '../compare/candidates.ts'
import { type Compared, frontsOf, type Measured, rowsOf } from '../compare/rows.ts'
import { comparedTable } from '../compare/words.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { printResult, withProgress } from '../terminal.ts'
import { type CommonOptions, episodesOption, seedOption, verb, workersOption } from '../verb.ts'

interface Options extends CommonOptions, OutputOptions {
  teacher?: string
  port?: string
  out?: string
  episodes: number
  seed: number
  workers: number
}

/** Those that count the same wherever they run, the exact one first. */
const counters = EMULATORS.filter(({ image }) => image !== undefined).sort(
  (a, b) => Number(a.cyclesAreTime) - Number(b.cyclesAreTime),
)

export const compareVerb = verb('compare <task> [files...]', {
  group: 'Look at it:',
  description: 'every student of a task on one page: return against bytes and instructions, with the Pareto front',
  example: 'bpd compare pendulum runs/demo-pendulum --out runs/compare.html',
})
  .option('--out <file>', 'the page, .html; the JSON goes beside it (default: runs/compare-<task>.html)')
  .option(
    '--teacher <file>',
    'what episodes fail and returns are retained against (default: that of models/<task>, else the first teacher given)',
  )
  .addOption(
    new Option(
      '--port <name>',
      `emulated board that counts (default: the first of ${counters.map(({ name }) => name).join(', ')} that can run here)`,
    ).choices(counters.map(({ name }) => name)),
  )
  .addOption(forceOption())
  .addOption(episodesOption(100))
  .addOption(seedOption())
  .addOption(workersOption())
  .action(run)

async function run(taskName: string, paths: string[], options: Options): Promise<void> {
  const { episodes, seed, workers, json, force } = options
  await prepareTask(taskName)
  const { spec } = createTask(taskName)
  const counter = await counterOf(options.port)
  const { all, reference } = await candidatesOf(taskName, paths, options.teacher, seed)
  const out = options.out ?? `runs/compare-${spec.name}.html`
  if (!out.endsWith('.html')) throw new InputError(`--out ${out}: expected a name that ends in .html`)
  const beside = out.replace(/html$/, 'json')
  claimFiles([out, beside], { inputs: all.map(({ path }) => path), force })
  const measured = await withProgress(`comparing ${all.length} policies of ${taskName}`, async (progress) => {
    const done: Measured[] = []
    for (const [i, candidate] of all.entries()) {
      const show = (what: string, share: number) =>
        progress.update(`${i + 1}/${all.length} ${candidate.name}: ${what}`, (i + share) / all.length)
      const setting = { taskName, policy: candidate.acting }
      const outcomes = await playEpisodes(setting, { seed, purpose: 'report' }, episodes, workers, (played) =>
        show(`${played}/${episodes} episodes`, (0.9 * played) / episodes),
      )
      show(`an inference on ${counter.name}`, 0.9)
      done.push({ candidate, outcomes, cost: await costOf(candidate.file, counter) })
    }
    progress.done(`compared ${all.length} policies over ${episodes} episodes of ${taskName} each`)
    return done
  })
  const rows = rowsOf(
    measured,
    measured.find(({ candidate }) => candidate === reference),
  )
  const compared: Compared = {
    task: spec.name,
    seed,
    episodes,
    date: new Date().toISOString(),
    counter: { port: counter.name, counts: counter.counter },
    ...(reference && { teacher: reference.name }),
    ...paperOf(taskName, spec),
    rows,
    fronts: frontsOf(rows),
  }
  await writeFile(beside, `${JSON.stringify(compared, null, 2)}\n`)
  // loaded here because the plots' library takes longer to load than most verbs to run
  const { comparedPage } = await import('../compare/page.ts')
  await writeFile(out, comparedPage(compared))
  printResult(json, compared, () => `${comparedTable(compared)}\n${out}`)
}

/** A board may be too small for a file: the others are compared all the same. */
async function costOf(file: Uint8Array, counter: PortKind): Promise<Measured['cost']> {
  try {
    return { cost: (await inferenceCost(file, counter)).count }
  } catch (error) {
    if (!(error instanceof InputError || error instanceof FailedError)) throw error
    return { uncounted: error.message }
  }
}

/** Named, or the first that can run here. Throws InputError where the one that is named cannot. */
async function counterOf(name: string | undefined): Promise<PortKind> {
  for (const counter of counters) {
    if (name !== undefined && counter.name !== name) continue
    const missing = await counter.missing()
    if (missing === undefined) return counter
    if (name !== undefined) throw new InputError(`${name}: cannot run here, expected ${missing}`)
  }
  throw new InputError(`${name}: expected one of ${counters.map((counter) => counter.name).join(', ')}`)
}

/** What the paper has of the task; its weights as it counts them. */
function paperOf(task: string, spec: TaskSpec): Pick<Compared, 'paper'> {
  if (!paperTasks().includes(task)) return {}
  const { teacherReturn, studentReturn, retained } = reproductionOf(task).paper
  return { paper: { teacherReturn, studentReturn, retained, weights: weightBudget(task, spec) } }
}
