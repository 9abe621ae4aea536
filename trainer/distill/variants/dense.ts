import { InputError } from '../../../runtime-as/errors.ts'
import { plain } from './plain.ts'
import type { Variant } from './variant.ts'

/** No sparsity: a plain dense network with about that number of weights. */
export const dense: Variant = {
  ...plain,
  uncut: true,
  hidden: ({ hidden, budget }, observations, actions) => denseSizes(observations, actions, hidden.length, budget),
  masksAt: (layers) => layers.map(({ theta }) => new Float32Array(theta.length).fill(1)),
}

/**
 * Equal hidden sizes of a dense student with at most `budget` weights: the widest there is. Throws InputError for no layers, whose size is the task's.
 */
export function denseSizes(observations: number, actions: number, layers: number, budget: number): number[] {
  if (layers === 0)
    throw new InputError(
      'variant dense: hidden none, expected hidden layers to fit to its budget; variant linear has none',
    )
  const weights = (h: number) => h * (observations + actions) + (layers - 1) * h * h
  let size = 1
  while (weights(size + 1) <= budget) size++
  return new Array<number>(layers).fill(size)
}
