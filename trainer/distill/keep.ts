/** From a number of weights to the log alpha that leaves them. */
import { weightCount } from '../../runtime-as/format/network.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import { plainNetwork } from '../teachers/teach.ts'
import { compact, mostKeeping } from './compact.ts'
import { logAlpha, masksAt, pruned } from './student.ts'

/** Above every log alpha, which is clipped at 10. */
export const EVERY = 11

/** The highest threshold that leaves at most `count` weights once the units that nothing leads to or from are gone. */
export function thresholdKeeping(layers: readonly VariationalLayer[], count: number): number {
  const sorted = Float32Array.from(layers.flatMap((layer) => [...logAlpha(layer)])).sort()
  const thresholdAt = (rank: number) => (rank < sorted.length ? sorted[rank] : EVERY)
  const weightsAt = (rank: number) =>
    weightCount(compact(plainNetwork(pruned(layers, masksAt(layers, thresholdAt(rank))))))
  return thresholdAt(mostKeeping(sorted.length, count, weightsAt))
}
