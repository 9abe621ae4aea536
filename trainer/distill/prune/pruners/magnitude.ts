import type { Pruner } from '../pruner.ts'

/** |w|, on inputs of mean 0 and standard deviation 1. */
export const magnitude: Pruner = { saliency: ({ layers }) => layers.map(({ theta }) => theta.map(Math.abs)) }
