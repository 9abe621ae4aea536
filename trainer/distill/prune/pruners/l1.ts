import type { Pruner } from '../pruner.ts'
import { magnitude } from './magnitude.ts'

/** |w|, of weights that an L1 penalty shrinks all the while. */
export const l1: Pruner = { ...magnitude, shrinks: true }
