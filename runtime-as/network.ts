/** Dense description of a policy: what the trainer hands to the encoder, and what the decoder gives back. */

export type Activation = 'none' | 'relu' | 'tanh'

/** One fully connected layer, y = activation(W x + b). A weight that is exactly 0 is pruned and never stored. */
export interface Layer {
  inputs: number
  outputs: number
  activation: Activation
  /** shape (outputs, inputs), row-major */
  weights: Float32Array
  /** shape (outputs) */
  bias: Float32Array
}

export interface Network {
  layers: Layer[]
}

/** What the policy expects and promises; travels inside the .bpd file. Tools refuse a mismatch instead of guessing. */
export interface Contract {
  task: string
  observation: { names: string[] }
  /** `low`, `high` and `failsafe` are in the units of the action, one entry per action */
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

export const parameterCount = (network: Network): number =>
  network.layers.reduce((sum, layer) => sum + layer.weights.length + layer.bias.length, 0)

/** Weights that are not exactly zero; biases are not counted. */
export const weightCount = (network: Network): number =>
  network.layers.reduce((sum, layer) => sum + layer.weights.reduce((n, w) => n + (w === 0 ? 0 : 1), 0), 0)
