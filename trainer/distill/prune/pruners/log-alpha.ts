import { logAlpha as logAlphaOf } from '../../student.ts'
import type { Pruner } from '../pruner.ts'

/** The noise that each weight bears (Molchanov et al. 2017), its deviation as the Bayesian training left it: those that bear most go first. */
export const logAlpha: Pruner = { saliency: ({ layers }) => layers.map((layer) => logAlphaOf(layer).map((a) => -a)) }
