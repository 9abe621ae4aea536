/** What decides which weights go. A pruner of one's own: one file in pruners/, one line in pruners.ts. */
import type { VariationalLayer } from '../../kernels/networks.ts'
import type { Random } from '../../random.ts'
import type { Sensitivity } from './curvature.ts'

/** What a pruner may look at. */
export interface Evidence {
  /** the student as it stands, pruned weights zero */
  layers: readonly VariationalLayer[]
  /** of its actions on states of the data; computed when it is asked for */
  sensitivity(): Sensitivity
  random: Random
}

export interface Pruner {
  /** what is lost with each weight, one matrix (outputs, inputs) a layer, in any unit: those that lose least go first */
  saliency(evidence: Evidence): ArrayLike<number>[]
  /** the L1 penalty shrinks all weights while the student trains between two cuts */
  shrinks?: boolean
}
