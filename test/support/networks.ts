/** Networks and contracts for the tests, random ones from a seed. */
import fc from 'fast-check'
import type { Activation, Contract, Layer, Network, Outside } from '../../runtime-as/format/network.ts'

/** Uniform in [0, 1), repeatable. */
export function uniform(seed: number): () => number {
  let state = seed | 0
  return () => {
    // splitmix32
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32
  }
}

/** Weights of the size that training leaves, about 1 / sqrt(inputs read). density: part of the weights that are not 0 */
export function randomLayer(inputs: number, outputs: number, activation: Activation, density: number, seed: number) {
  const random = uniform(seed)
  const scale = 2 / Math.sqrt(Math.max(1, inputs * density))
  const weight = () => (random() < density ? (random() - 0.5) * scale : 0)
  const layer: Layer = {
    inputs,
    outputs,
    activation,
    weights: Float32Array.from({ length: inputs * outputs }, weight),
    bias: Float32Array.from({ length: outputs }, () => random() - 0.5),
  }
  return layer
}

/** sizes: observations, hidden widths, actions; densities: one a layer, or one for all */
export function randomNetwork(
  sizes: number[],
  densities: number | number[],
  { seed = 1, hidden = 'relu' as Activation, squash = 'tanh' as Contract['squash'] } = {},
): Network {
  const last = squash === 'tanh' ? 'tanh' : 'none'
  return {
    layers: sizes.slice(1).map((outputs, i) => {
      const density = typeof densities === 'number' ? densities : densities[i]
      return randomLayer(sizes[i], outputs, i === sizes.length - 2 ? last : hidden, density, seed * 31 + i)
    }),
  }
}

export function contractFor(network: Network, squash: Contract['squash'] = 'tanh'): Contract {
  const observations = network.layers[0].inputs
  const actions = network.layers[network.layers.length - 1].outputs
  const list = <T>(length: number, item: (i: number) => T) => Array.from({ length }, (_, i) => item(i))
  return {
    task: 'test',
    observation: { names: list(observations, (i) => `x${i}`) },
    action: {
      names: list(actions, (i) => `u${i}`),
      low: list(actions, (i) => -1 - (i % 3)),
      high: list(actions, (i) => 0.3 + (i % 5)),
      failsafe: list(actions, (i) => -0.25 + 0.1 * (i % 4)),
    },
    squash,
    period: 0.02,
    provenance: { made: 'by a test', seed: 7 },
  }
}

/** The contract with bounds of its observations, different ones, -1.5 .. 1 about. */
export function bounded(contract: Contract, outside: Outside): Contract {
  const { names } = contract.observation
  const low = names.map((_, i) => -1 - 0.5 * (i % 2))
  const high = names.map((_, i) => 0.25 * (i % 4) + 0.25)
  return { ...contract, observation: { names, low, high, outside } }
}

export const observationsFor = (network: Network, count: number, seed = 5): Float32Array[] => {
  const random = uniform(seed)
  const { inputs } = network.layers[0]
  return Array.from({ length: count }, () => Float32Array.from({ length: inputs }, () => 4 * random() - 2))
}

const width = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 24 }) }, fc.integer({ min: 1, max: 400 }))
const density = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.01, 0.05))

/** Any network: 1..5 layers, widths 1..400, densities 0..1. */
export const anyNetwork = fc
  .record({
    sizes: fc.array(width, { minLength: 2, maxLength: 6 }),
    densities: fc.array(density, { minLength: 5, maxLength: 5 }),
    seed: fc.nat(),
    hidden: fc.constantFrom<Activation>('relu', 'tanh', 'none'),
    squash: fc.constantFrom<Contract['squash']>('tanh', 'clip'),
  })
  .map(({ sizes, densities, ...options }) => ({
    network: randomNetwork(sizes, densities, options),
    squash: options.squash,
    seed: options.seed,
  }))

const AWKWARD = [Number.NaN, Infinity, -Infinity, -0, 0, 3.4028234663852886e38, -3.4028234663852886e38, 1.4e-45, -1e-40]

/** An observation in which about `share` of the numbers are NaN, infinite, -0, huge or denormal. */
export function awkwardObservation(length: number, seed: number, share: number): Float32Array {
  const random = uniform(seed)
  return Float32Array.from({ length }, () =>
    random() < share ? AWKWARD[Math.floor(random() * AWKWARD.length)] : 6 * random() - 3,
  )
}

/** The bits of f32 numbers: tells -0 from 0. */
export const bits = (values: Float32Array): number[] => [
  ...new Uint32Array(values.buffer, values.byteOffset, values.length),
]
