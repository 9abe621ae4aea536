/** What is told of each that is compared, and what none of the others beats. */
import { crc32 } from 'node:zlib'
import { paretoFront } from '../../trainer/studies/statistics/front.ts'
import { type Outcome, outcomeStatistics } from '../../trainer/tasks/evaluate.ts'
import type { PaperRow } from '../../trainer/tasks/task.ts'
import { type Interval, intervalOf } from '../ablate/interval.ts'
import { type Signature, signatureOf } from '../keys.ts'
import { type Paired, pairedWith } from '../paired.ts'
import type { Candidate } from './candidates.ts'
import type { Kind } from './kind.ts'

export interface Row extends Kind, Partial<Paired> {
  /** its place on the plots: 1, 2, ... by bytes */
  number: number
  name: string
  /** other files of the same bytes */
  also: string[]
  shipped: boolean
  weights: number
  /** of the .bpd file: indices, biases, contract and golden vectors included. A teacher's as one too */
  bytes: number
  /** an inference, in what `Compared.counter` counts */
  cost?: number
  /** why there is none: the board cannot run it */
  uncounted?: string
  /** on the board another network of its sizes stood for it */
  standIn: boolean
  /** mean over the episodes, and half of the 95 % interval of the mean */
  return: Interval
  median: number
  /** share of the episodes that the task's own rule ended */
  fellRate: number
  sha256: string
  /** CRC-32 of the .bpd file, by which a board knows it */
  crc: number
  signature: Signature
}

/** What the points may be compared by, beside the return. */
export const MEASURES = ['bytes', 'cost', 'weights'] as const
export type Measure = (typeof MEASURES)[number]

export interface Compared {
  task: string
  seed: number
  episodes: number
  /** when, as ISO 8601 */
  date: string
  /** who counts what an inference costs: the port, and what of, in words */
  counter: { port: string; counts: string }
  /** name of the row that episodes fail and returns are retained against */
  teacher?: string
  /** the paper's student of this task, with its own teacher and simulator */
  paper?: Pick<PaperRow, 'teacherReturn' | 'studentReturn' | 'retained'> & { weights: number }
  rows: Row[]
  /** numbers of the rows on each Pareto front, from the cheapest */
  fronts: Record<Measure, number[]>
}

export interface Measured {
  candidate: Candidate
  outcomes: readonly Outcome[]
  /** or why there is none */
  cost: Pick<Row, 'cost' | 'uncounted'>
}

/** By bytes. teacher: one of the measured */
export function rowsOf(measured: readonly Measured[], teacher: Measured | undefined): Row[] {
  const sorted = [...measured].sort((a, b) => a.candidate.file.length - b.candidate.file.length)
  return sorted.map(({ candidate, outcomes, cost }, i) => {
    const { kind, name, also, shipped, weights, file, standIn, sha256 } = candidate
    const { median, fellRate } = outcomeStatistics(outcomes)
    return {
      number: i + 1,
      name,
      also,
      shipped,
      ...kind,
      weights,
      bytes: file.length,
      ...cost,
      standIn,
      return: intervalOf(outcomes.map((outcome) => outcome.return)),
      median,
      fellRate,
      ...(teacher && pairedWith(outcomes, teacher.outcomes)),
      sha256,
      crc: crc32(file),
      signature: signatureOf(file, name),
    }
  })
}

export const frontsOf = (rows: readonly Row[]): Compared['fronts'] => {
  const front = (measure: Measure): number[] => {
    const there = rows.flatMap(({ number, return: { mean }, [measure]: cost }) =>
      cost === undefined ? [] : [{ number, value: mean, cost }],
    )
    return paretoFront(there).map((place) => there[place].number)
  }
  return { bytes: front('bytes'), cost: front('cost'), weights: front('weights') }
}
