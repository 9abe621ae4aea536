/** Activations of hidden layers, by the words that files and users have for them. */
import type { ActivationName } from './graph/activations.ts'
import type { Op } from './graph/graph.ts'

/** An activation with its numbers, where it has some. */
export interface HiddenActivation {
  name: ActivationName
  alpha?: number
}

/** rsl_rl's names and those of torch.nn in small letters, as both have them without arguments */
export const hiddenActivations: Readonly<Record<string, HiddenActivation>> = {
  elu: { name: 'elu', alpha: 1 },
  relu: { name: 'relu' },
  tanh: { name: 'tanh' },
  silu: { name: 'silu' },
  swish: { name: 'silu' },
  gelu: { name: 'gelu' },
  selu: { name: 'selu' },
  mish: { name: 'mish' },
  lrelu: { name: 'leaky_relu', alpha: 0.01 },
  leaky_relu: { name: 'leaky_relu', alpha: 0.01 },
  leakyrelu: { name: 'leaky_relu', alpha: 0.01 },
  sigmoid: { name: 'sigmoid' },
  softplus: { name: 'softplus' },
  softsign: { name: 'softsign' },
}

export const hiddenWords = Object.keys(hiddenActivations)

export const activationOp = ({ name, alpha = 0 }: HiddenActivation, from: number): Op => ({
  op: 'activation',
  from: [from],
  name,
  alpha,
  beta: 0,
})
