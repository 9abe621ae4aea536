/** Networks of every value type for the tests: random ones, their scales chosen on random observations. */
import fc from 'fast-check'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import {
  type Contract,
  NETWORK_VALUES,
  type Network,
  type NetworkValues,
  type Outside,
} from '../../runtime-as/format/network.ts'
import { quantise } from '../../trainer/distill/quantise.ts'
import { anyNetwork, bounded, contractFor, observationsFor } from './networks.ts'

export const QUANTISED: NetworkValues[] = NETWORK_VALUES.filter((values) => values !== 'f32')

/** Hidden layers of tanh have no fixed point: those become relu. */
export function quantised(network: Network, values: NetworkValues, seed = 3): Network {
  const last = network.layers.length - 1
  const layers = network.layers.map((layer, i) =>
    values === 'int8-fixed' && i < last && layer.activation === 'tanh'
      ? { ...layer, activation: 'relu' as const }
      : layer,
  )
  return quantise({ layers }, values, observationsFor(network, 8, seed))
}

/** outside: with bounds of the observations, golden ones at their lows */
export function quantisedFile(
  network: Network,
  values: NetworkValues,
  squash: Contract['squash'] = 'tanh',
  outside?: Outside,
): Uint8Array {
  const plain = contractFor(network, squash)
  if (!outside) return encodePolicy(quantised(network, values), plain, observationsFor(network, 2))
  const contract = bounded(plain, outside)
  const golden = [Float32Array.from(contract.observation.low as number[]), new Float32Array(network.layers[0].inputs)]
  return encodePolicy(quantised(network, values), contract, golden)
}

/** Any network of any type of value but f32. */
export const anyQuantised = fc
  .tuple(anyNetwork, fc.constantFrom(...QUANTISED))
  .map(([{ network, ...rest }, values]) => ({
    ...rest,
    network: quantised(network, values),
    values,
  }))
