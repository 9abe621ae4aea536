/** The tables of README and docs, each from files under bench/results and models. A page names its table between two comments. */

import type { Report } from '../../cli/report/report.ts'
import { reportTable } from '../../cli/report/table.ts'
import { comparisonMarkdown, summaryMarkdown, teacherMarkdown } from '../../cli/study/table.ts'
import { distillDefaults } from '../../trainer/distill/options.ts'
import { recipeForData } from '../../trainer/distill/recipe-for-data.ts'
import type { Recipe } from '../../trainer/recipe.ts'
import { median, type OutcomeStatistics } from '../../trainer/tasks/evaluate.ts'
import { mujocoRecipe } from '../../trainer/tasks/mujoco/recipe.ts'
import { ownRecipe } from '../../trainer/tasks/own/recipe.ts'
import { pendulum } from '../../trainer/tasks/pendulum.ts'
import { taskFacts } from '../../trainer/tasks/registry.ts'
import { boardOf, chips, instructions, parts, rates, riscv32 } from './board-tables.ts'
import { count, isThere, percent, ratio, read, returned, table } from './cells.ts'

const MUJOCO = ['hopper', 'walker2d', 'halfcheetah', 'ant']

/** The columns of a row of `reproduce.json` that are read here. */
export interface Reproduced {
  task: string
  variant: string
  share: number
  teacherReturn: number
  teacherAlgorithm: string
  retained: number
  retainedInterval: { half: number }
  paper: { teacherReturn: number; studentReturn: number; retained: number; kept: number }
}

export const reproduced: Reproduced[] = read('bench/results/reproduce.json')
const paperOf = (task: string) => (reproduced.find((row) => row.task === task) as Reproduced).paper
const cardOf = (task: string) => read(`models/${task}/card.json`)

/** What a reader of the README wants to know of each task's students: the offline one, and the one of fewest bytes. */
function summary(): string {
  const row = (task: string, of: string, how: string, name: string) => {
    const { teacher, ...student } = read(`models/${task}/${of}.json`)
    const { denseInstructions: dense, groupedInstructions: sparse } = boardOf(name)
    const cost = `${count(dense)} to ${count(sparse)}: ${ratio(dense, sparse)} fewer`
    const { weights, bytes } = student
    const whose = teacher.source === 'bpd teach' ? 'own' : 'public'
    const taught = `${whose} ${teacher.algorithm.toUpperCase()}, ${returned(teacher.return)}`
    return [task, how, taught, returned(student.return), count(weights), `${count(bytes)} B`, cost]
  }
  const best = (task: string) => `models/${task}/smallest.json`
  return table(
    [
      'task',
      'made',
      'teacher, its return',
      "student's return",
      'weights',
      'file',
      'instructions, dense (400, 300) to student',
    ],
    MUJOCO.flatMap((task) => [
      row(task, 'student', 'offline', task),
      ...(isThere(best(task)) ? [row(task, 'smallest', 'on-policy', `${task}-smallest`)] : []),
    ]),
  )
}

function teachers(): string {
  return table(
    ['task', 'steps', 'wall time, one thread', 'return (100 episodes)', "the paper's teacher"],
    MUJOCO.map((task) => {
      const card = cardOf(task)
      const minutes = `${Math.round(card.wallSeconds / 60)} min`
      return [task, count(card.steps), minutes, returned(card.return), count(paperOf(task).teacherReturn)]
    }),
  )
}

function retained(): string {
  const columns: [string, (row: Reproduced) => boolean][] = [
    ["`no-q` at the paper's weights", ({ variant, share }) => variant === 'no-q' && share === 1],
    ['at half', ({ variant, share }) => variant === 'no-q' && share === 0.5],
    ['at a quarter', ({ variant, share }) => variant === 'no-q' && share === 0.25],
    ["`bpd` at the paper's weights", ({ variant, share }) => variant === 'bpd' && share === 1],
    ['`magnitude`', ({ variant }) => variant === 'magnitude'],
    ['`dense`', ({ variant }) => variant === 'dense'],
  ]
  const teachersOf = (task: string) => [
    ...new Set(reproduced.filter((row) => row.task === task).map((row) => row.teacherAlgorithm)),
  ]
  const rows = MUJOCO.flatMap((task) =>
    teachersOf(task).map((algorithm) => {
      const of = reproduced.filter((row) => row.task === task && row.teacherAlgorithm === algorithm)
      const { paper, teacherReturn } = of[0]
      const cells = columns.map(([, wanted]) => {
        const row = of.find(wanted)
        return row ? `${percent(row.retained, 1)} ± ${(100 * row.retainedInterval.half).toFixed(1)}` : ''
      })
      const whose = algorithm === 'TD3' ? 'ours' : `public ${algorithm}`
      return [
        task,
        `${whose}, ${count(teacherReturn)}`,
        `${percent(paper.retained, 1)} at ${percent(paper.kept, 2)}`,
        ...cells,
      ]
    }),
  )
  return table(['task', 'teacher', 'the paper', ...columns.map(([name]) => name)], rows)
}

function ablation(): string {
  interface Interval {
    mean: number
    half: number
  }
  interface Row {
    variant: string
    difference: Interval
    weights: Interval
    bytes: Interval
    seconds: Interval
  }
  const rows: Row[] = read('bench/results/ablate-pendulum.json').rows
  const of = ({ mean, half }: Interval, digits = 0) => `${mean.toFixed(digits)} ± ${half.toFixed(digits)}`
  return table(
    ['variant', "return minus the teacher's", 'weights', 'bytes', 'seconds, one thread'],
    rows.map((row) => [
      `\`${row.variant}\``,
      of(row.difference, Math.abs(row.difference.mean) < 10 ? 1 : 0),
      of(row.weights),
      of(row.bytes),
      of(row.seconds),
    ]),
  )
}

/** Students cut in stages on their own states. */
function smallest(): string {
  interface Row {
    case: string
    teacherReturn: number
    budget: number
    bytes: number
    return: number
    median: number
    retained: { mean: number; half?: number }
    perSeed: number[]
    fellRate: number
    failureRate: number
    environmentSteps: number
    seconds: number
    seeds: number[]
  }
  const rows: Row[] = read('bench/results/smallest.json')
  return table(
    [
      'teacher',
      'weights',
      'bytes',
      'return',
      'median',
      'retained',
      'worst seed',
      'fell',
      'failed',
      'environment steps',
      'seconds',
      'seeds',
    ],
    rows.map((row) => [
      `${row.case}, ${count(row.teacherReturn)}`,
      count(row.budget),
      count(row.bytes),
      count(row.return),
      count(row.median),
      `${percent(row.retained.mean, 1)}${row.retained.half === undefined ? '' : ` ± ${(100 * row.retained.half).toFixed(1)}`}`,
      percent(Math.min(...row.perSeed), 1),
      percent(row.fellRate, 1),
      percent(row.failureRate, 1),
      row.environmentSteps ? count(row.environmentSteps) : 'none: offline',
      count(row.seconds),
      `${row.seeds.length}`,
    ]),
  )
}

/** Linear policies that others have published, as they are and searched from there. */
function linear(): string {
  interface Row {
    task: string
    weights: number
    bytes: number
    seeds: number[]
    published: OutcomeStatistics[]
    searched: OutcomeStatistics[]
    episodes: number[]
  }
  const rows: Row[] = read('bench/results/linear.json')
  const mean = (all: readonly number[]) => all.reduce((sum, x) => sum + x, 0) / all.length
  const returns = (of: readonly OutcomeStatistics[]) => of.map((one) => one.mean)
  return table(
    [
      'task',
      'weights',
      'bytes',
      'as published',
      'fell',
      'searched',
      'worst seed',
      'fell',
      'episodes of the search',
      'seeds',
    ],
    rows.map((row) => [
      row.task,
      count(row.weights),
      count(row.bytes),
      count(mean(returns(row.published))),
      percent(mean(row.published.map(({ fellRate }) => fellRate)), 1),
      count(mean(returns(row.searched))),
      count(Math.min(...returns(row.searched))),
      percent(mean(row.searched.map(({ fellRate }) => fellRate)), 1),
      count(mean(row.episodes)),
      `${row.seeds.length}`,
    ]),
  )
}

/** Linear policies that `bpd search --linear` found, seed by seed. */
function linearSearch(): string {
  interface Row {
    task: string
    reference: number
    weights: number
    bytes: number
    seeds: number[]
    returns: OutcomeStatistics[]
    steps: number[]
  }
  const rows: Row[] = read('bench/results/linear-search.json')
  return table(
    ['task', 'weights', 'bytes', 'reference', 'median seed', 'best', 'worst', 'reached it', 'fell', 'steps'],
    rows.map(({ task, reference, weights, bytes, seeds, returns, steps }) => {
      const means = returns.map((one) => one.mean)
      const mean = (all: readonly number[]) => all.reduce((sum, x) => sum + x, 0) / all.length
      return [
        task,
        count(weights),
        count(bytes),
        count(reference),
        count(median(means)),
        count(Math.max(...means)),
        count(Math.min(...means)),
        `${means.filter((one) => one >= reference).length} of ${seeds.length}`,
        percent(mean(returns.map(({ fellRate }) => fellRate)), 1),
        count(mean(steps)),
      ]
    }),
  )
}

/** What `npm start` ends with. */
function demo(): string {
  const report: Report = read('bench/results/demo.json')
  return `\`\`\`text\n${reportTable(report, 100)}\n\`\`\``
}

/** an option of the recipe, by what it is called on the command line */
const recipeColumns = {
  '--steps': 'steps',
  '--hidden': 'hidden',
  '--critic-hidden': 'criticHidden',
  '--noise': 'noise',
  '--data-scale': 'dataScale',
  '--policy-delay': 'policyDelay',
  '--actor-rate': 'actorRate',
  '--thresholds': 'thresholds',
  '--tune-updates': 'tuneUpdates',
  '--tune-rate': 'tuneRate',
  '--pick-episodes': 'pickEpisodes',
  '--no-fused': 'fused',
} as const

/** What a distillation is made with where nothing is asked for, where it is not the default. */
function recipes(): string {
  const rows = 100_000
  const own: Partial<Recipe>[] = [
    mujocoRecipe,
    taskFacts('halfcheetah').recipe,
    pendulum.recipe,
    ownRecipe,
    recipeForData(rows),
  ]
  const told = (value: unknown): string => {
    if (Array.isArray(value)) return value.join(', ')
    return typeof value === 'number' && value >= 1000 ? count(value) : `${value}`
  }
  return table(
    [
      'option',
      'default',
      'MuJoCo',
      'of it halfcheetah',
      'pendulum',
      'a task of your own',
      'a log of 100,000 rows alone',
    ],
    Object.entries(recipeColumns).map(([flag, name]) => {
      const all = [distillDefaults, ...own].map((recipe) => (recipe as Partial<Recipe>)[name])
      const cell = (value: unknown) => (flag === '--no-fused' ? (value === false ? 'yes' : 'no') : told(value))
      const [authors = flag === '--tune-rate' ? 'as --actor-rate' : undefined, ...others] = all
      return [`\`${flag}\``, cell(authors), ...others.map((value) => (value === undefined ? '' : cell(value)))]
    }),
  )
}

const study = (name: string): string => summaryMarkdown(read(`bench/results/${name}/report.json`))
const compared = (name: string): string => comparisonMarkdown(read(`bench/results/${name}/report.json`))

export const tables: Record<string, () => string> = {
  summary,
  teachers,
  retained,
  instructions,
  riscv32,
  ablation,
  smallest,
  linear,
  linearSearch,
  chips,
  demo,
  recipes,
  parts,
  rates_pico: () => rates('pico'),
  rates_stm32f405: () => rates('stm32f405'),
  // of "bpd study report NAME --out bench/results/NAME"
  answers: () => study('answers'),
  answersCompared: () => compared('answers'),
  answersByTeacher: () => teacherMarkdown(read('bench/results/answers/report.json')),
  paper_length: () => study('paper-length'),
  value_weight: () => study('value-weight'),
  kl_schedule: () => study('kl-schedule'),
  threshold: () => study('threshold'),
  online: () => study('online'),
  l1: () => study('l1'),
  l1Compared: () => compared('l1'),
}
