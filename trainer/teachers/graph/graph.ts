/** A teacher that is no plain stack of ReLU or tanh layers: a list of operations on flat vectors. */
import type { ActivationName } from './activations.ts'

/** @inline */
export type Numbers = Float32Array | Float64Array

/**
 * Of two vectors, entry by entry; greater and equal give 1 or 0.
 *
 * @inline
 */
export type Combination = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'pow' | 'greater' | 'equal'
/**
 * Of `group` entries that follow one another, to one.
 *
 * @inline
 */
export type Reduction = 'mean' | 'sum' | 'min' | 'max'

/**
 * One operation. `from`: the values that it takes, by number: 0 is the observation, i + 1 is what operation i gives. Each is a vector; what
 * shapes a file gave them is gone.
 */
export type Op =
  /** y = W x + b; weights: shape (outputs, inputs), row-major; bias: shape (outputs) */
  | { op: 'affine'; from: [number]; weights: Numbers; bias: Numbers }
  /** y = x * scale + offset, entry by entry: a normaliser */
  | { op: 'scale'; from: [number]; scale: Numbers; offset: Numbers }
  | { op: 'activation'; from: [number]; name: ActivationName; alpha: number; beta: number }
  /** y = min(high, max(low, x)) */
  | { op: 'clip'; from: [number]; low: Numbers; high: Numbers }
  /** y[i] = x[indices[i]] */
  | { op: 'pick'; from: [number]; indices: Int32Array }
  | { op: 'join'; from: number[] }
  | { op: 'combine'; from: [number, number]; name: Combination }
  /** the second where the first is not 0, else the third */
  | { op: 'choose'; from: [number, number, number] }
  | { op: 'reduce'; from: [number]; name: Reduction; group: number }
  /** y = (x - mean) / sqrt(variance + epsilon) of each `group` of entries that follow one another: layer normalisation */
  | { op: 'standardise'; from: [number]; group: number; epsilon: number }
  | { op: 'constant'; from: []; values: Numbers }

/** Operations in order; the last gives the output. */
export interface Graph {
  /** how many numbers an observation has */
  observations: number
  /** each takes what was given before it */
  ops: readonly Op[]
}

/** What a graph from a stranger's file may have. */
export const limits = {
  ops: 2000,
  /** numbers of one value */
  width: 65_536,
  /** weights, constants and indices, all together */
  numbers: 1 << 22,
} as const

/** Sizes of the values: of the observation, then of each operation. Throws Error with a reason of one line where they do not fit. */
export function sizesOf({ observations, ops }: Graph): number[] {
  const sizes = [observations]
  for (const [i, op] of ops.entries()) {
    const inputs = op.from.map((value) => {
      if (!(Number.isInteger(value) && value >= 0 && value <= i))
        throw new Error(`ops[${i}].from: expected values before it`)
      return sizes[value]
    })
    const size = sizeOf(op, inputs)
    if (size === undefined || !(size >= 1 && size <= limits.width))
      throw new Error(`ops[${i}] (${op.op}): its sizes do not fit: it takes ${inputs.join(' and ') || 'nothing'}`)
    sizes.push(size)
  }
  return sizes
}

/** Of the result; undefined where the operation cannot take these. */
function sizeOf(op: Op, inputs: readonly number[]): number | undefined {
  const [input, other, third] = inputs
  switch (op.op) {
    case 'affine':
      return op.weights.length === input * op.bias.length ? op.bias.length : undefined
    case 'scale':
      return op.scale.length === input && op.offset.length === input ? input : undefined
    case 'activation':
      return input
    case 'clip':
      return op.low.length === input && op.high.length === input ? input : undefined
    case 'pick':
      return op.indices.every((at) => at >= 0 && at < input) ? op.indices.length : undefined
    case 'join':
      return inputs.reduce((sum, size) => sum + size, 0)
    case 'combine':
      return input === other ? input : undefined
    case 'choose':
      return input === other && input === third ? input : undefined
    case 'reduce':
      return input % op.group === 0 ? input / op.group : undefined
    case 'standardise':
      return input % op.group === 0 ? input : undefined
    case 'constant':
      return op.values.length
  }
}

export const isAffine = (op: Op): op is Extract<Op, { op: 'affine' }> => op.op === 'affine'

/** Weights and biases. */
export const graphParameters = ({ ops }: Graph): number =>
  ops.filter(isAffine).reduce((sum, { weights, bias }) => sum + weights.length + bias.length, 0)

/** Weights that are not exactly zero. */
export function graphWeights({ ops }: Graph): number {
  let count = 0
  for (const { weights } of ops.filter(isAffine)) for (const w of weights) count += w === 0 ? 0 : 1
  return count
}
