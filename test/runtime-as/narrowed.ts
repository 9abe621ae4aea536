/** Networks of every value type for the tests: random ones, their scales chosen on random observations. */
import fc from 'fast-check'
import { encodePolicy } from '../../runtime-as/encode.ts'
import { type Contract, type Network, VALUE_TYPES, type ValueType } from '../../runtime-as/network.ts'
import { quantise } from '../../trainer/distill/quantise.ts'
import { anyNetwork, contractFor, observationsFor } from './networks.ts'

export const NARROW: ValueType[] = VALUE_TYPES.filter((values) => values !== 'f32')

/** Hidden layers of tanh have no fixed point: those become relu. */
export function narrowed(network: Network, values: ValueType, seed = 3): Network {
  const last = network.layers.length - 1
  const layers = network.layers.map((layer, i) =>
    values === 'int8-fixed' && i < last && layer.activation === 'tanh'
      ? { ...layer, activation: 'relu' as const }
      : layer,
  )
  return quantise({ layers }, values, observationsFor(network, 8, seed))
}

export function narrowedFile(network: Network, values: ValueType, squash: Contract['squash'] = 'tanh'): Uint8Array {
  return encodePolicy(narrowed(network, values), contractFor(network, squash), observationsFor(network, 2))
}

/** Any network of any type of value but f32. */
export const anyNarrowed = fc.tuple(anyNetwork, fc.constantFrom(...NARROW)).map(([{ network, ...rest }, values]) => ({
  ...rest,
  network: narrowed(network, values),
  values,
}))
