import type { Random } from '../../random.ts'
import { largest, plain } from './plain.ts'
import type { Variant } from './variant.ts'

/** No choice at all: a plain network of which so many weights, drawn at random before training, are all that there ever is. */
export const random: Variant = {
  ...plain,
  masked: true,
  initialise(trainer, stream, recipe) {
    plain.initialise(trainer, stream, recipe)
    const sizes = trainer.networks.readActor().map(({ theta }) => theta.length)
    trainer.networks.setMask(drawn(sizes, recipe.budget, stream))
  },
  masksAt: largest,
}

/** 1 for `count` places, each as likely, else 0; all of them where there are not so many. */
export function drawn(sizes: readonly number[], count: number, random: Random): Float32Array[] {
  const masks = sizes.map((size) => new Float32Array(size))
  let left = sizes.reduce((sum, size) => sum + size, 0)
  let wanted = Math.min(count, left)
  // one after another, each with the chance that is left to it (Knuth's algorithm S)
  for (const mask of masks)
    for (let i = 0; i < mask.length; i++, left--)
      if (random.uniform() * left < wanted) {
        mask[i] = 1
        wanted--
      }
  return masks
}
