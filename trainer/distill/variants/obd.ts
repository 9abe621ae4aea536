import { plain } from './plain.ts'
import type { Variant } from './variant.ts'

/** No Bayesian part and no value term: a plain network, cut in stages by the curvature of its loss. */
export const obd: Variant = {
  ...plain,
  // in stages, from one number to the next
  oneSize: false,
  fixed: { prune: 'obd', valueWeight: 0 },
  // while it trains nothing is cut
  masksAt: (layers) => layers.map(({ theta }) => new Float32Array(theta.length).fill(1)),
}
