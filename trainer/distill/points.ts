/** What is written down of a distillation: points of the training curve, and points of the sweep. */
import type { Network } from '../../runtime-as/format/network.ts'
import type { CutKind } from './variants/variant.ts'

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
  /** mean return of the student cut as the variant does by default */
  return: number
  /** weights of that student */
  weights: number
  /** the same, first layer to last */
  weightsPerLayer: number[]
  /** how many weights have their log alpha in [-10, -9), [-9, -8) … [9, 10] */
  logAlphaHistogram: number[]
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
  threshold === undefined ? `budget ${budget}` : `threshold ${threshold}`

/** One point of the sweep: a student that was cut and tuned. Returns are means over the picking episodes. */
export interface SweepPoint extends Cut {
  /** weights that are left */
  weights: number
  /** of the whole file */
  bytes: number
  /** mean return after the cut */
  prunedReturn: number
  /** mean return after the tuning */
  tunedReturn: number
}

/** A point with its network: one that may be picked. */
export interface Candidate extends SweepPoint {
  network: Network
}

export const withoutNetwork = ({ network: _, ...point }: Candidate): SweepPoint => point
