/** The paper's table with ours beside it: rows from runs, and how they are printed. */
import { basename } from 'node:path'
import { distillOptions } from '../../trainer/distill/options.ts'
import { shares } from '../../trainer/studies/paper.ts'
import { median } from '../../trainer/tasks/evaluate.ts'
import { failureRate } from '../../trainer/tasks/failed.ts'
import { paperTasks } from '../../trainer/tasks/registry.ts'
import type { PaperRow } from '../../trainer/tasks/task.ts'
import { type Interval, intervalOf } from '../ablate/interval.ts'
import { grouped, percent } from '../report/words.ts'
import { type Measured, type Plan, type Reproduced, type Run, recipeWords, reproduced } from './run.ts'

/** One variant on one task: means over seeds, with half of the 95 % interval where it is said. Shares, not per cent. */
export interface Row {
  task: string
  variant: Reproduced
  /** of the weights that the paper keeps; only `bpd` and `no-q` have others than 1 */
  share: number
  teacherReturn: number
  studentReturn: number
  /** student's mean return / teacher's, on the same episodes */
  retained: number
  retainedInterval: Interval
  /** over all episodes of all seeds */
  median: number
  /** share of the episodes that the task's own rule ended */
  fellRate: number
  /** share that failed against the teacher (trainer/tasks/failed.ts); absent in rows of versions that counted falls alone */
  failureRate?: number
  teacherMedian: number
  teacherFellRate: number
  weights: number
  /** what the paper's share of the (400, 300) network allows, and whether every seed keeps to it */
  weightBudget: number
  withinBudget: boolean
  /** weights / all parameters of the (400, 300) network of this task, as the paper counts; and / weights of the student before pruning */
  keptOfPaperNetwork: number
  keptOfStudent: number
  /** the whole file: indices, biases, contract and golden vectors included */
  fileBytes: number
  /** of each seed */
  liveUnits: number[][]
  seeds: number[]
  episodes: number
  /** of distilling, per seed */
  seconds: number
  /** critic steps T, and updates with the mask frozen */
  steps: number
  tuneUpdates: number
  teacherFile: string
  teacherSha256: string
  teacherAlgorithm: string
  transitions: number
  sigmas?: readonly number[]
  recipe: readonly string[]
  paper: PaperRow
}

/** A row for each variant and share that was run. */
export const rowsOf = (plan: Plan, runs: readonly Run[], size: number, paper: PaperRow): Row[] =>
  plan.variants.flatMap((variant) =>
    shares.flatMap((share) => {
      const own = runs.filter((run) => run.variant === variant && run.share === share)
      return own.length ? [rowOf(plan, own, size, paper)] : []
    }),
  )

function rowOf(plan: Plan, own: readonly Run[], size: number, paper: PaperRow): Row {
  const [{ variant, share, weightBudget }] = own
  const { steps, tuneUpdates } = distillOptions(plan.task, { ...plan.given, seed: 1, threads: 1 })
  const mean = (of: (run: Run) => number) => own.reduce((sum, run) => sum + of(run), 0) / own.length
  const retained = intervalOf(own.map(({ student, teacher }) => student.mean / teacher.mean))
  const [teacherReturn, studentReturn] = [mean((r) => r.teacher.mean), mean((r) => r.student.mean)]
  return {
    task: plan.task,
    variant,
    share,
    teacherReturn,
    studentReturn,
    retained: studentReturn / teacherReturn,
    retainedInterval: retained,
    median: median(own.flatMap((r) => returnsOf(r.student))),
    fellRate: mean((r) => r.student.fellRate),
    failureRate: mean((r) => failureRate(r.student.outcomes, r.teacher.outcomes)),
    teacherMedian: median(own.flatMap((r) => returnsOf(r.teacher))),
    teacherFellRate: mean((r) => r.teacher.fellRate),
    weights: mean((r) => r.weights),
    weightBudget,
    withinBudget: own.every((r) => r.weights <= r.weightBudget),
    keptOfPaperNetwork: mean((r) => r.weights) / size,
    keptOfStudent: mean((r) => r.weights / r.studentWeights),
    fileBytes: mean((r) => r.fileBytes),
    liveUnits: own.map((r) => r.liveUnits),
    seeds: own.map((r) => r.seed),
    episodes: plan.episodes,
    seconds: mean((r) => r.seconds),
    steps,
    tuneUpdates,
    teacherFile: basename(plan.teacherFile),
    teacherSha256: plan.teacherSha256,
    teacherAlgorithm: plan.teacherAlgorithm,
    transitions: plan.transitions,
    sigmas: plan.sigmas,
    recipe: recipeWords(plan),
    paper,
  }
}

const returnsOf = ({ outcomes }: Measured) => outcomes.map((outcome) => outcome.return)

/** By task, teacher, variant and share, whenever they were made. */
export const inOrder = (rows: readonly Row[]): Row[] =>
  [...rows].sort(
    (a, b) =>
      paperTasks().indexOf(a.task) - paperTasks().indexOf(b.task) ||
      a.teacherAlgorithm.localeCompare(b.teacherAlgorithm) ||
      a.teacherSha256.localeCompare(b.teacherSha256) ||
      reproduced.indexOf(a.variant) - reproduced.indexOf(b.variant) ||
      b.share - a.share,
  )

const head = [
  'task',
  'teacher',
  'its return',
  'variant',
  'return',
  'median',
  'fell',
  'failed',
  'retained',
  'weights',
  'of (400, 300)',
  'of student',
  'bytes',
  'live units',
  'steps',
  'seeds',
  'seconds',
]

/** Head and body; the paper's row follows ours. */
export function cells(rows: readonly Row[]): { head: string[]; body: string[][] } {
  const whole = (x: number) => grouped(Math.round(x))
  const body = rows.flatMap((row, i) => {
    const { paper, retainedInterval } = row
    const half = retainedInterval.half === undefined ? '' : ` ± ${percent(retainedInterval.half)}`
    const weights = `${whole(row.weights)}${row.withinBudget ? '' : ' (over budget)'}`
    const variant = row.share < 1 ? `${row.variant} at ${percent(row.share)}` : row.variant
    const ours = [
      row.task,
      row.teacherAlgorithm,
      whole(row.teacherReturn),
      variant,
      whole(row.studentReturn),
      whole(row.median),
      percent(row.fellRate),
      row.failureRate === undefined ? '' : percent(row.failureRate),
      `${percent(row.retained)}${half}`,
      weights,
      percent(row.keptOfPaperNetwork),
      percent(row.keptOfStudent),
      whole(row.fileBytes),
      row.liveUnits.map((units) => units.join('-')).join(' '),
      grouped(row.steps),
      `${row.seeds.length}`,
      whole(row.seconds),
    ]
    const theirs = [
      row.task,
      '',
      whole(paper.teacherReturn),
      'the paper',
      whole(paper.studentReturn),
      '',
      '',
      '',
      percent(paper.retained),
      '',
      percent(paper.kept),
      '',
      '',
      '',
      '',
      '',
      '',
    ]
    return rows[i + 1]?.task === row.task ? [ours] : [ours, theirs]
  })
  return { head, body }
}

export function markdown(rows: readonly Row[]): string {
  const { body } = cells(rows)
  const line = (items: readonly string[]) => `| ${items.join(' | ')} |`
  return [
    '# From teacher to student: the paper’s table and ours',
    '',
    'Made by `bpd reproduce`; every figure is in `reproduce.json`, and `README.md` says what the columns mean.',
    '',
    line(head),
    line(head.map(() => '---')),
    ...body.map(line),
    '',
  ].join('\n')
}
