/** What an ablation says of each contender, over its seeds. */
import { plainTable } from '../report/table.ts'
import { grouped, percent } from '../report/words.ts'
import { type Interval, intervalOf } from './interval.ts'

/** One run: a contender with a seed. */
export interface Run {
  variant: string
  seed: number
  return: number
  /** share of the episodes that the task's own rule ended, and that failed against the teacher (trainer/tasks/failed.ts) */
  fellRate: number
  failureRate: number
  weights: number
  keptOfTeacher: number
  keptOfStudent: number
  bytes: number
  seconds: number
}

export interface AblationRow {
  variant: string
  return: Interval
  /** shares of the episodes, as of each run */
  fellRate: Interval
  failureRate: Interval
  /** against the teacher on the same episodes, per seed */
  difference: Interval
  /** share of the teacher's return, where that is positive */
  retained?: Interval
  weights: Interval
  /** weights / weights of the teacher, and / weights of the student before pruning; biases are counted nowhere */
  keptOfTeacher: Interval
  keptOfStudent: Interval
  bytes: Interval
  seconds: Interval
}

export function rowOf(name: string, runs: readonly Run[], teacherReturns: ReadonlyMap<number, number>): AblationRow {
  const own = runs.filter((r) => r.variant === name)
  const over = (of: (r: Run) => number) => intervalOf(own.map(of))
  const teacherOf = (r: Run) => teacherReturns.get(r.seed)!
  const positive = own.every((r) => teacherOf(r) > 0)
  return {
    variant: name,
    return: over((r) => r.return),
    fellRate: over((r) => r.fellRate),
    failureRate: over((r) => r.failureRate),
    difference: over((r) => r.return - teacherOf(r)),
    ...(positive ? { retained: over((r) => r.return / teacherOf(r)) } : {}),
    weights: over((r) => r.weights),
    keptOfTeacher: over((r) => r.keptOfTeacher),
    keptOfStudent: over((r) => r.keptOfStudent),
    bytes: over((r) => r.bytes),
    seconds: over((r) => r.seconds),
  }
}

/** Behind the variant, in the table and on the page. */
export const COLUMNS = [
  'return',
  'minus teacher',
  'retained',
  'fell',
  'failed',
  'weights',
  'of teacher',
  'of student',
  'bytes',
  'seconds',
]

export const within = ({ mean, half }: Interval, write: (x: number) => string): string =>
  half === undefined ? write(mean) : `${write(mean)} ± ${write(half)}`

export function ablationTable(rows: readonly AblationRow[], teacher: Interval): string {
  const plain = (x: number) => x.toFixed(1)
  const whole = (x: number) => grouped(Math.round(x))
  const head = ['variant', ...COLUMNS]
  const body = rows.map((row) => [
    row.variant,
    within(row.return, plain),
    within(row.difference, plain),
    row.retained ? within(row.retained, percent) : '',
    percent(row.fellRate.mean),
    percent(row.failureRate.mean),
    within(row.weights, whole),
    within(row.keptOfTeacher, percent),
    within(row.keptOfStudent, percent),
    within(row.bytes, whole),
    within(row.seconds, whole),
  ])
  return `${plainTable(head, body)}\nmean ± half of the 95 % interval over ${rows[0].return.seeds} seeds; teacher ${within(teacher, plain)}`
}
