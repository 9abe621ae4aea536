/** What each run of a study came to, out of the results of its jobs. */
import { crc32 } from 'node:zlib'
import type { CurvePoint } from '../../distill/points.ts'
import { median, type Outcome, outcomeStatistics } from '../../tasks/evaluate.ts'
import { failureRate } from '../../tasks/failed.ts'
import type { Distilled, Made, Taught } from '../jobs/results.ts'
import type { Entry, Plan } from '../plan.ts'
import type { Store } from '../store.ts'

/** One student: a variant with a teacher, a number of weights and a seed. */
export interface Measured {
  teacher: string
  task: string
  variant: string
  /** as the study says it */
  budget?: number
  /** that many weights at most */
  weightBudget?: number
  seed: number
  /** mean over the reported episodes, and the teacher's over the same */
  return: number
  teacherReturn: number
  /** of the student minus the teacher */
  difference: number
  /** share of the teacher's return, where that is positive */
  retained?: number
  median: number
  /** shares of the episodes: that the task's own rule ended, and that failed against the teacher (trainer/tasks/failed.ts) */
  fellRate: number
  failureRate: number
  weights: number
  /** before pruning */
  studentWeights: number
  /** of the whole file */
  bytes: number
  /** CRC-32 of the file; absent: a teacher, which has none */
  crc?: number
  liveUnits?: number[]
}

/** A student with what it was measured by. */
export interface Run extends Measured {
  entry: Entry
  outcomes: readonly Outcome[]
  teacherOutcomes: readonly Outcome[]
  made: Made | Taught
  distilled?: Distilled
  curve: readonly CurvePoint[]
  /** of work, as it was on the machine that did it: no part of a table that is to come again to the byte */
  seconds: number
}

export const outcomesOf = (store: Store, id: string): Outcome[] => {
  const { returns, fell } = store.result(id, 'evaluate')
  return returns.map((value, i) => ({ return: value, fell: fell[i] }))
}

/** Those that are done, in the order of the plan. */
export function runsOf(plan: Plan, store: Store): Run[] {
  const there = ({ made, evaluated, teacherEvaluated }: Entry) =>
    [made, evaluated, teacherEvaluated].every((id) => store.has(id))
  return plan.entries.filter(there).map((entry) => runOf(entry, store))
}

function runOf(entry: Entry, store: Store): Run {
  const { teacher, task, variant, budget, weights: weightBudget, seed, point } = entry
  const { result, seconds } = store.done(entry.made)
  const outcomes = outcomesOf(store, entry.evaluated)
  const teacherOutcomes = outcomesOf(store, entry.teacherEvaluated)
  const distilled = result.kind === 'distil' ? result : undefined
  const made = distilled ? (point === undefined ? distilled.picked : distilled.points[point]) : (result as Taught)
  const [ours, theirs] = [outcomeStatistics(outcomes), outcomeStatistics(teacherOutcomes)]
  return {
    teacher,
    task,
    variant,
    budget,
    weightBudget,
    seed,
    return: ours.mean,
    teacherReturn: theirs.mean,
    difference: ours.mean - theirs.mean,
    ...(theirs.mean > 0 && { retained: ours.mean / theirs.mean }),
    median: median(outcomes.map((outcome) => outcome.return)),
    fellRate: ours.fellRate,
    failureRate: failureRate(outcomes, teacherOutcomes),
    weights: made.weights,
    studentWeights: (result as Distilled | Taught).studentWeights,
    bytes: made.bytes,
    ...('policy' in made && { crc: crc32(policyOf(made)) }),
    liveUnits: 'liveUnits' in made ? made.liveUnits : undefined,
    entry,
    outcomes,
    teacherOutcomes,
    made,
    distilled,
    curve: distilled?.curve ?? [],
    seconds,
  }
}

/** Of the student: its .bpd file. */
export const policyOf = ({ policy }: Made): Uint8Array => Buffer.from(policy, 'base64')

export function measuredOf(run: Run): Measured {
  const {
    entry: _,
    outcomes: __,
    teacherOutcomes: ___,
    made: ____,
    distilled: _____,
    curve: ______,
    seconds: _______,
    ...measured
  } = run
  return measured
}
