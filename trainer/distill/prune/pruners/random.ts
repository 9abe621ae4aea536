import type { Pruner } from '../pruner.ts'

/** Any: what a mask is worth is the distance of the others from this one. */
export const random: Pruner = {
  saliency: ({ layers, random }) => layers.map(({ theta }) => theta.map(() => random.uniform(0, 1))),
}
