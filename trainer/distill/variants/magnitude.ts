import { largest, plain } from './plain.ts'
import type { Variant } from './variant.ts'

/** No Bayesian part: a plain network, gradually pruned by magnitude to an exact number of weights (Zhu & Gupta 2017). */
export const magnitude: Variant = {
  ...plain,
  revision: 2,
  reshape: {
    every: ({ steps }) => Math.max(1, Math.ceil(steps / 100)),
    apply(trainer, progress, { budget }) {
      const layers = trainer.networks.readActor()
      const all = layers.reduce((sum, { theta }) => sum + theta.length, 0)
      // cubic, without a power, which two engines round otherwise: fast at first, exact from 80 % of the steps on
      const left = Math.max(0, 1 - progress / 0.8)
      trainer.networks.setMask(largest(layers, Math.round(budget + (all - budget) * left * left * left)))
    },
  },
  masksAt: largest,
}
