/** Dense description of a policy: what the trainer hands to the encoder, and what the decoder gives back. */

/** What is applied to each output of a layer. */
export type Activation = 'none' | 'relu' | 'tanh'

/** How a file stores weights, and what is computed with them (SPEC.md). All layers of a network are int8-fixed, or none. */
export const VALUE_TYPES = ['f32', 'f16', 'int8', 'int8-fixed'] as const
/**
 * How a file stores weights, and what is computed with them: `f32` 4 bytes; `f16` 2, computed in f32; `int8` 1 and a scale a row, computed in
 * f32; `int8-fixed` 1, computed in whole numbers.
 *
 * @useDeclaredType
 */
export type ValueType = (typeof VALUE_TYPES)[number]

/** The same of a whole network: `mixed` where its layers differ. */
export const NETWORK_VALUES = [...VALUE_TYPES, 'mixed'] as const
export type NetworkValues = (typeof NETWORK_VALUES)[number]

/** One fully connected layer, y = activation(W x + b). A weight that is exactly 0 is pruned and never stored. */
export interface Layer {
  /** columns of the weights */
  inputs: number
  /** rows of the weights */
  outputs: number
  activation: Activation
  /** shape (outputs, inputs), row-major */
  weights: Float32Array
  /** shape (outputs) */
  bias: Float32Array
  /** absent: f32. int8 and int8-fixed: weights are whole numbers, -127..127 */
  values?: ValueType
  /** int8, and the last layer of int8-fixed: what the sum of a row is multiplied by; shape (outputs) */
  scale?: Float32Array
  /** int8-fixed: where the sum of a row begins; its lowest 5 bits are how far the sum is shifted; shape (outputs). The bias is 0 then */
  heads?: Int32Array
  /** int8-fixed, first layer: what the observation is multiplied by; shape (inputs) */
  multipliers?: Float32Array
}

/** Fully connected layers, each of which reads the outputs of the one before. */
export interface Network {
  /** first to last */
  layers: Layer[]
}

/** What an observation may be, one entry a number of it, in its unit. All of it is there, or nothing. */
export interface ObservationBounds {
  /** shape (observations) */
  low: number[]
  /** shape (observations) */
  high: number[]
  /**
   * what becomes of a number outside: `clamp` limits it; `refuse` makes the whole action the failsafe, as NaN does either way
   */
  outside: Outside
}

export const OUTSIDE = ['clamp', 'refuse'] as const
/**
 * What becomes of an observation outside its bounds.
 *
 * @useDeclaredType
 */
export type Outside = (typeof OUTSIDE)[number]

/** The bounds of a checked contract; undefined: it has none. */
export const observationBounds = ({ observation: { low, high, outside } }: Contract): ObservationBounds | undefined =>
  low && high && outside && { low, high, outside }

/** What the policy expects and promises; travels inside the .bpd file. Tools refuse a mismatch instead of guessing. */
export interface Contract {
  /** what the policy was made for, in a word */
  task: string
  /** names of the observations, each with its unit where it has one, and their bounds, if any */
  observation: { names: string[] } & Partial<ObservationBounds>
  /** names of the actions; `low`, `high` and `failsafe` are in the units of the action, one entry per action */
  action: { names: string[]; low: number[]; high: number[]; failsafe: number[] }
  /**
   * How the last layer's output z becomes an action: `tanh`: middle + half range * tanh(z) (the last layer's activation is `tanh`),
   * `clip`: z itself (activation `none`). Both are then clamped to [low, high]; NaN becomes the failsafe action.
   */
  squash: 'tanh' | 'clip'
  /** control period in seconds */
  period: number
  /** how it was made: command, seed, versions, hashes; any JSON */
  provenance: Record<string, unknown>
}

export function valuesOf({ layers }: Network): NetworkValues {
  const [{ values: first = 'f32' }] = layers
  return layers.every(({ values = 'f32' }) => values === first) ? first : 'mixed'
}

/**
 * Weights, those that are zero included, and biases.
 *
 * @param network as `decodePolicy` gives it
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { decodePolicy, parameterCount } from 'bpd'
 *
 * console.log(parameterCount(decodePolicy(readFileSync('student.bpd')).network))
 */
export const parameterCount = (network: Network): number =>
  network.layers.reduce((sum, layer) => sum + layer.weights.length + layer.bias.length, 0)

/**
 * Weights that are not exactly zero; biases are not counted.
 *
 * @param network as `decodePolicy` gives it
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { decodePolicy, weightCount } from 'bpd'
 *
 * console.log(weightCount(decodePolicy(readFileSync('student.bpd')).network))
 */
export const weightCount = (network: Network): number =>
  network.layers.reduce((sum, layer) => sum + layer.weights.reduce((n, w) => n + (w === 0 ? 0 : 1), 0), 0)
