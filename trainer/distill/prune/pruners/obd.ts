import type { Pruner } from '../pruner.ts'

/** Optimal brain damage (LeCun, Denker, Solla 1990): w^2 times the curvature of the loss, which is what the loss rises by. */
export const obd: Pruner = {
  saliency: ({ layers, sensitivity }) => {
    const { curvature } = sensitivity()
    return layers.map(({ theta }, l) => curvature[l].map((h, i) => theta[i] * theta[i] * h))
  },
}
