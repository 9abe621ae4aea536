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

/** Weights of a dense network of these sizes: inputs, each hidden layer, outputs. */
export const weightsOfSizes = (sizes: readonly number[]): number =>
  sizes.slice(1).reduce((sum, size, i) => sum + size * sizes[i], 0)

/** The same, of so many hidden layers of `width` units each. */
const denseWeights = (observations: number, actions: number, layers: number, width: number): number =>
  weightsOfSizes([observations, ...new Array<number>(layers).fill(width), actions])

/** Throws InputError for a number of weights that is less than the smallest dense student has. name: how errors call it */
export function requireDense(
  [observations, actions]: readonly [number, number],
  layers: number,
  budget: number,
  name: string,
): void {
  const least = denseWeights(observations, actions, layers, 1)
  if (layers > 0 && budget < least)
    throw new InputError(
      `${name}: ${budget} weights, expected ${least} or more: one unit in each of ${layers} hidden layers`,
    )
}

/**
 * Equal hidden sizes of a dense student with at most `budget` weights: the widest there is, of one unit where that is more. Throws InputError for no
 * layers, whose size is the task's.
 */
export function denseSizes(observations: number, actions: number, layers: number, budget: number): number[] {
  if (layers === 0)
    throw new InputError(
      'variant dense: hidden none, expected hidden layers to fit to its budget; variant linear has none',
    )
  let size = 1
  while (denseWeights(observations, actions, layers, size + 1) <= budget) size++
  return new Array<number>(layers).fill(size)
}
