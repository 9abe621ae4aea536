import { cutAfterwards, largest, plain } from './plain.ts'
import type { Variant } from './variant.ts'

/** No Bayesian part: a plain network with L1 on its weights, of which the largest are kept. */
export const l1: Variant = {
  ...plain,
  ...cutAfterwards,
  revision: 2,
  penalised: true,
  initialise(trainer, random, recipe) {
    plain.initialise(trainer, random, recipe)
    trainer.shrinkage = recipe.actorRate * recipe.l1
  },
  masksAt: largest,
}
