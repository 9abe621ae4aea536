/** Variants of the method against each other: same teacher, same data, several seeds, every run a process of its own. */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InvalidArgumentError } from 'commander'
import { InputError } from '../../runtime-as/errors.ts'
import { parameterCount } from '../../runtime-as/format/network.ts'
import { denseSizes, isVariational, type VariantName, variantNames } from '../../trainer/distill/variants.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import type { ReturnStatistics } from '../../trainer/tasks/evaluate.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import type { Algorithm } from '../../trainer/teachers/teach.ts'
import { loadTeacher, requireFit } from '../../trainer/teachers/teacher.ts'
import { type Interval, intervalOf } from '../ablate/interval.ts'
import { inPool, runBpd } from '../ablate/pool.ts'
import { makeFolder } from '../files.ts'
import { plainTable } from '../report/table.ts'
import { grouped, percent } from '../report/words.ts'
import { printResult, withProgress } from '../terminal.ts'
import { type CommonOptions, episodesOption, integer, list, verb } from '../verb.ts'

interface Options extends CommonOptions {
  teacher?: string
  variants: Name[]
  seeds: number
  transitions: number
  episodes: number
  budget?: number
  jobs: number
  out?: string
}

/** One run: a variant with a seed. */
interface Run {
  variant: Name
  seed: number
  return: number
  weights: number
  keptOfTeacher: number
  keptOfStudent: number
  bytes: number
  seconds: number
}

export interface AblationRow {
  variant: Name
  return: Interval
  /** against the teacher on the same episodes, per seed */
  difference: Interval
  /** share of the teacher's return, where that is positive */
  retained?: Interval
  weights: Interval
  keptOfTeacher: Interval
  keptOfStudent: Interval
  bytes: Interval
  seconds: Interval
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** No distillation: a small dense network trained online by TD3 or soft actor-critic, without a teacher. */
const online = { 'td3-small': 'td3', 'sac-small': 'sac' } as const satisfies Record<string, Algorithm>
type Online = keyof typeof online
const names = [...variantNames, ...(Object.keys(online) as Online[])] as const
type Name = VariantName | Online
const isOnline = (name: Name): name is Online => name in online

const variant = (text: string): Name => {
  if (!names.includes(text as Name)) throw new InvalidArgumentError(`Expected names out of ${names.join(', ')}.`)
  return text as Name
}

export const ablateVerb = verb('ablate <task> [recipe...]', {
  group: 'Study:',
  description: 'compares variants of the method over seeds; what follows "--" goes to every "bpd distill"',
  example: 'bpd ablate pendulum --variants bpd,no-q,magnitude,dense --seeds 5 -- --steps 8000',
})
  .option('--teacher <file>', 'safetensors teacher (default: models/<task>/teacher.safetensors)')
  .option('--variants <list>', 'variants to compare', list(variant), [...names])
  .option('--seeds <n>', 'seeds 1 … n', integer(1, 1000), 3)
  .option('--transitions <n>', 'transitions to collect, per seed', integer(100), 20000)
  .option('--budget <n>', 'weights of l1, magnitude and dense (default: what bpd keeps with the same seed)', integer(1))
  .option('--jobs <n>', 'processes at a time', integer(1, 256), availableParallelism())
  .option('--out <folder>', 'where everything goes (default: runs/ablate-<task>)')
  .addOption(episodesOption(100))
  .action(run)

async function run(task: string, recipe: string[], options: Options): Promise<void> {
  const { variants, seeds, jobs, json } = options
  await prepareTask(task)
  const { spec } = createTask(task)
  const teacherFile = options.teacher ?? join(root, 'models', task, 'teacher.safetensors')
  if (!existsSync(teacherFile)) throw new InputError(`${teacherFile}: no such teacher, give one with --teacher`)
  const teacher = loadTeacher(teacherFile)
  requireFit(teacher, spec, teacherFile)
  const needsBudget = variants.some((v) => isOnline(v) || !isVariational(v))
  if (needsBudget && !options.budget && !variants.includes('bpd'))
    throw new InputError('only bpd and no-q can do without --budget; or put bpd among the variants to take it from')
  const folder = options.out ?? join('runs', `ablate-${task}`)
  makeFolder(folder)

  const parameters = parameterCount(teacher.network)
  const teacherReturns = new Map<number, number>()
  const evaluateFile = async (file: string, seed: number) => {
    const result = await runBpd(['eval', task, file, '--episodes', `${options.episodes}`, '--seed', `${seed}`])
    return (result.return as ReturnStatistics).mean
  }
  let done = 0
  const rows = await withProgress(`comparing ${variants.join(', ')} over ${seeds} seeds`, async (progress) => {
    const one = async (name: Name, seed: number, budget?: number): Promise<Run> => {
      const out = join(folder, `${name}-${seed}`)
      const data = join(folder, `transitions-${seed}.safetensors`)
      const words = ['distill', task, '--teacher', teacherFile, '--data', data, '--out', out, '--variant', name]
      const own = ['--seed', `${seed}`, '--threads', '1', ...(budget ? ['--budget', `${budget}`] : [])]
      const result = isOnline(name)
        ? await teachSmall(online[name], seed, budget!, out)
        : await runBpd([...words, ...own, ...recipe])
      const value = await evaluateFile(String(result.file), seed)
      progress.update(
        `${++done}/${variants.length * seeds} runs; last: ${name}, seed ${seed}, return ${value.toFixed(1)}`,
      )
      const weights = Number(result.weights)
      return {
        ...{ variant: name, seed, return: value, weights },
        keptOfTeacher: weights / parameters,
        keptOfStudent: weights / Number(result.studentWeights),
        bytes: Number(result.bytes),
        seconds: Number(result.seconds),
      }
    }
    // as many steps in the environment as the others have transitions; of SAC's Gaussian the mean is counted, which is what would ship
    const teachSmall = async (algorithm: Algorithm, seed: number, budget: number, out: string) => {
      const [observations, actions] = [spec.observationNames.length, spec.actionNames.length]
      const hidden = denseSizes(observations, actions, 2, budget)
      const weights = hidden[0] * (observations + actions) + hidden[0] * hidden[1]
      const size = ['--hidden', hidden.join(','), '--steps', `${options.transitions}`, '--episodes', '1']
      const words = ['teach', task, '--algorithm', algorithm, ...size]
      const card = await runBpd([...words, '--seed', `${seed}`, '--threads', '1', '--out', out])
      const bytes = 4 * (weights + hidden[0] + hidden[1] + actions)
      return {
        file: join(out, 'teacher.safetensors'),
        weights,
        studentWeights: weights,
        bytes,
        seconds: card.wallSeconds,
      }
    }
    const perSeed = Array.from({ length: seeds }, (_, i) => i + 1).map((seed) => async () => {
      const data = join(folder, `transitions-${seed}.safetensors`)
      const count = ['--transitions', `${options.transitions}`, '--seed', `${seed}`]
      await runBpd(['collect', task, '--teacher', teacherFile, ...count, '--out', data])
      teacherReturns.set(seed, await evaluateFile(teacherFile, seed))
      // bpd goes first: the others get as many weights as it keeps
      const first = variants.includes('bpd') ? [await one('bpd', seed)] : []
      const budget = options.budget ?? first[0]?.weights
      const others: Run[] = []
      for (const name of variants) if (name !== 'bpd') others.push(await one(name, seed, budget))
      return [...first, ...others]
    })
    const runs = (await inPool(jobs, perSeed)).flat()
    progress.done(`compared ${variants.join(', ')} over ${seeds} seeds`)
    return variants.map((name) => summary(name, runs, teacherReturns))
  })
  const teacherReturn = intervalOf([...teacherReturns.values()])
  const result = { task, teacher: { file: teacherFile, parameters, return: teacherReturn }, seeds, recipe, rows }
  await writeFile(join(folder, 'ablate.json'), `${JSON.stringify(result, null, 2)}\n`)
  const { ablationHtml } = await import('../ablate/html.ts')
  await writeFile(join(folder, 'ablate.html'), ablationHtml(task, rows, teacherReturn))
  printResult(json, result, () => `${ablationTable(rows, teacherReturn)}\n${join(folder, 'ablate.html')}`)
}

function summary(name: Name, runs: readonly Run[], teacherReturns: ReadonlyMap<number, number>): AblationRow {
  const own = runs.filter((r) => r.variant === name)
  const over = (of: (r: Run) => number) => intervalOf(own.map(of))
  const teacherOf = (r: Run) => teacherReturns.get(r.seed)!
  const positive = own.every((r) => teacherOf(r) > 0)
  return {
    variant: name,
    return: over((r) => r.return),
    difference: over((r) => r.return - teacherOf(r)),
    ...(positive ? { retained: over((r) => r.return / teacherOf(r)) } : {}),
    weights: over((r) => r.weights),
    keptOfTeacher: over((r) => r.keptOfTeacher),
    keptOfStudent: over((r) => r.keptOfStudent),
    bytes: over((r) => r.bytes),
    seconds: over((r) => r.seconds),
  }
}

function ablationTable(rows: readonly AblationRow[], teacher: Interval): string {
  const figure = ({ mean, half }: Interval, write: (x: number) => string) =>
    half === undefined ? write(mean) : `${write(mean)} ± ${write(half)}`
  const plain = (x: number) => x.toFixed(1)
  const whole = (x: number) => grouped(Math.round(x))
  const head = [
    'variant',
    'return',
    'minus teacher',
    'retained',
    'weights',
    'of teacher',
    'of student',
    'bytes',
    'seconds',
  ]
  const body = rows.map((row) => [
    row.variant,
    figure(row.return, plain),
    figure(row.difference, plain),
    row.retained ? figure(row.retained, percent) : '',
    figure(row.weights, whole),
    figure(row.keptOfTeacher, percent),
    figure(row.keptOfStudent, percent),
    figure(row.bytes, whole),
    figure(row.seconds, whole),
  ])
  return `${plainTable(head, body)}\nmean ± half of the 95 % interval over ${rows[0].return.seeds} seeds; teacher ${figure(teacher, plain)}`
}
