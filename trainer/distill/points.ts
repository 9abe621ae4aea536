/** What is written down of a distillation: points of the training curve, stages, and points of the sweep. */
import type { Network } from '../../runtime-as/format/network.ts'
import type { CutKind } from './variants/variant.ts'

/** What students are judged by: the return in a task, or the error of their actions on data that was held out (judge.ts). */
export type Measure = 'return' | 'error'

/** One point of the training curve. Loss terms as means over the batch, before their weights; kl as a mean over the weights. */
export interface CurvePoint {
  /** steps that were done */
  step: number
  /** squared error of the critics */
  critic: number
  /** mean Q of the student's actions */
  value: number
  /** mean |Q| of the student's actions */
  absoluteValue: number
  /** squared distance of the student's actions from the teacher's */
  clone: number
  /** divergence of the weights from their prior, a weight */
  kl: number
  /** eta, the weight of the KL term at this step */
  klWeight: number
  /** of the student cut as the variant does by default: its mean return, where the judge is the return */
  return?: number
  /** or the root mean square error of its actions, as a share of their ranges */
  error?: number
  /** weights of that student */
  weights: number
  /** the same, first layer to last */
  weightsPerLayer: number[]
  /** how many weights have their log alpha in [-10, -9), [-9, -8) … [9, 10] */
  logAlphaHistogram: number[]
}

/** One stage that is done. */
export interface Stage {
  kind: 'cut' | 'settle' | 'anneal'
  /** weights of the student after it */
  weights: number
  /** states that the students have visited so far, a row of the data each */
  ownStates: number
}

/** What a student was cut at: one of the two, as its variant has it. */
export interface Cut {
  /** log alpha */
  threshold?: number
  /** number of weights */
  budget?: number
}

export const cutAt = (kind: CutKind, value: number): Cut =>
  kind === 'threshold' ? { threshold: value } : { budget: value }

/** "threshold -1" */
export const describeCut = ({ threshold, budget }: Cut): string =>
  threshold === undefined ? `budget ${budget}` : `threshold ${Number(threshold.toFixed(3))}`

/** Steps in the simulator beside those of the data. */
export interface EnvironmentSteps {
  /** of students that acted themselves, labelled by the teacher, and of the teacher to compare with */
  ownStates: number
  /** of searches on the return */
  search: number
}

/** One point of the sweep: a student that was cut and tuned, and how it was judged for picking: by the first pair, or by the second. */
export interface SweepPoint extends Cut {
  /** weights that are left */
  weights: number
  /** of the whole file */
  bytes: number
  /** mean return after the cut, where the judge is the return */
  prunedReturn?: number
  /** mean return after the tuning */
  tunedReturn?: number
  /** or the root mean square error of the actions after the cut, as a share of their ranges */
  prunedError?: number
  /** the same after the tuning */
  tunedError?: number
  /** penalty that it was trained with, where several were tried */
  l1?: number
  /** that it took; absent: none, it is offline */
  environmentSteps?: EnvironmentSteps
}

/** A point with its network: one that may be picked. */
export interface Candidate extends SweepPoint {
  network: Network
}

export const withoutNetwork = ({ network: _, ...point }: Candidate): SweepPoint => point

/** Where a judge's figures stand in points. */
export const scoreKeys = {
  return: { curve: 'return', pruned: 'prunedReturn', tuned: 'tunedReturn' },
  error: { curve: 'error', pruned: 'prunedError', tuned: 'tunedError' },
} as const satisfies Record<Measure, { curve: keyof CurvePoint; pruned: keyof SweepPoint; tuned: keyof SweepPoint }>

/** By what a point was judged. */
export const measureOf = (point: SweepPoint): Measure => (point.tunedError === undefined ? 'return' : 'error')

/** Its figure, whichever it is. */
export const curveScore = (point: CurvePoint): number => (point.return ?? point.error)!
export const prunedScore = (point: SweepPoint): number => (point.prunedReturn ?? point.prunedError)!
export const tunedScore = (point: SweepPoint): number => (point.tunedReturn ?? point.tunedError)!
