import type { VariationalLayer } from '../../kernels/networks.ts'
import type { Random } from '../../random.ts'
import { masksKeeping } from '../prune/cut.ts'
import { largest, plain } from './plain.ts'
import type { Variant } from './variant.ts'

/** No choice at all: a plain network that never has but weights drawn at random before training. */
export const random: Variant = {
  ...plain,
  revision: 2,
  masked: true,
  initialise(trainer, stream, recipe) {
    plain.initialise(trainer, stream, recipe)
    trainer.networks.setMask(drawn(trainer.networks.readActor(), recipe.budget, stream))
  },
  masksAt: largest,
}

/** 1 for weights drawn at random, each as likely, as many as leave `count` (`masksKeeping`), else 0. */
export const drawn = (layers: readonly VariationalLayer[], count: number, random: Random): Float32Array[] =>
  masksKeeping(
    layers,
    layers.map(({ theta }) => Float64Array.from(theta, () => random.uniform())),
    count,
  )
