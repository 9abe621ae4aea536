import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import type { Network } from '../../../runtime-as/format/network.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { referenceForward } from '../../../runtime-as/kernel/reference.ts'
import {
  anyNetwork,
  awkwardObservation,
  bits,
  contractFor,
  observationsFor,
  randomLayer,
  randomNetwork,
} from '../../support/networks.ts'

/** Compares kernel and reference on ordinary and awkward observations; returns the forms that took part. */
function expectSameBits(network: Network, squash: 'tanh' | 'clip' = 'tanh', seed = 1): string[] {
  const file = encodePolicy(network, contractFor(network, squash), observationsFor(network, 1, seed))
  const decoded = decodePolicy(file)
  const policy = loadPolicy(file)
  const { inputs } = network.layers[0]
  const action = new Float32Array(decoded.contract.action.names.length)
  const observations = [0, 0.02, 0.3, 1].map((share, i) => awkwardObservation(inputs, seed + i, share))
  for (const observation of [...observations, new Float32Array(inputs).fill(Number.NaN), new Float32Array(inputs)]) {
    policy.stepInto(observation, action)
    expect(bits(action)).toEqual(bits(referenceForward(decoded, observation)))
  }
  return decoded.layers.map(({ form }) => form)
}

describe('the wasm kernel returns the bits of the readable reference', () => {
  it('for random networks of any size, density, activation and squash, whatever the observation', () => {
    const forms = new Set<string>()
    fc.assert(
      fc.property(anyNetwork, ({ network, squash, seed }) => {
        for (const [i, form] of expectSameBits(network, squash, seed).entries()) {
          forms.add(`${form} ${form === 'grouped' && network.layers[i].inputs > 256 ? 'u16' : 'u8'}`)
        }
      }),
      { numRuns: 200, seed: 2 },
    )
    expect([...forms].sort()).toEqual(['dense u8', 'grouped u16', 'grouped u8'])
  })

  it('for every row length from 0 to 9 and every number of rows from 1 to 9, dense and grouped', () => {
    for (let length = 0; length <= 9; length++) {
      for (let rows = 1; rows <= 9; rows++) {
        const wide = randomLayer(24, rows, 'none', 0, rows)
        for (let row = 0; row < rows; row++) {
          for (let k = 0; k < length; k++) wide.weights[row * 24 + ((5 * k + row) % 24)] = k - 3.3
        }
        expect(expectSameBits({ layers: [wide] }, 'clip')).toEqual(['grouped'])
        const full = randomLayer(length + 1, rows, 'tanh', 1, length)
        expect(expectSameBits({ layers: [full] })).toEqual(['dense'])
      }
    }
  })

  it('for one input and one output', () => {
    for (const density of [0, 1]) {
      expectSameBits(randomNetwork([1, 1], density))
      expectSameBits(randomNetwork([1, 1, 1], density, { squash: 'clip' }), 'clip')
    }
  })

  it('for 4096 inputs and 4096 outputs, dense and grouped', () => {
    expect(expectSameBits(randomNetwork([4096, 8, 4096], 1))).toEqual(['dense', 'dense'])
    expect(expectSameBits(randomNetwork([4096, 4096, 1], 0.0005))).toEqual(['grouped', 'grouped'])
  })

  it('for columns numbered up to 255 in a byte and up to 256 in two', () => {
    for (const inputs of [255, 256, 257]) {
      const layer = randomLayer(inputs, 3, 'tanh', 0.02, inputs)
      layer.weights[inputs - 1] = 0.7
      expect(expectSameBits({ layers: [layer] })).toEqual(['grouped'])
    }
  })

  it('for layers without a weight, and rows without one among others', () => {
    expectSameBits(randomNetwork([7, 30, 30, 2], [0.4, 0, 0.4]))
    const network = randomNetwork([7, 30, 2], 0.3)
    network.layers[0].weights.fill(0, 7, 7 * 12)
    network.layers[1].weights.fill(0, 0, 30)
    expect(expectSameBits(network)).toContain('grouped')
  })

  it('for 16 layers', () => {
    expectSameBits(randomNetwork([5, ...Array(15).fill(20), 3], 0.2))
  })
})

describe('what an action may be', () => {
  it('lies within [low, high] whatever the observation, with the failsafe action for NaN', () => {
    fc.assert(
      fc.property(anyNetwork, ({ network, squash, seed }) => {
        const contract = contractFor(network, squash)
        const policy = loadPolicy(encodePolicy(network, contract, observationsFor(network, 1)))
        const action = new Float32Array(contract.action.names.length)
        policy.stepInto(awkwardObservation(network.layers[0].inputs, seed, 0.5), action)
        for (const [i, value] of action.entries()) {
          expect(value).toBeGreaterThanOrEqual(Math.fround(contract.action.low[i]))
          expect(value).toBeLessThanOrEqual(Math.fround(contract.action.high[i]))
        }
      }),
      { numRuns: 30, seed: 3 },
    )
    const network = randomNetwork([3, 8, 2], 1)
    const contract = contractFor(network)
    const action = new Float32Array(2)
    loadPolicy(encodePolicy(network, contract, observationsFor(network, 1))).stepInto([1, Number.NaN, 2], action)
    expect([...action]).toEqual(contract.action.failsafe.map(Math.fround))
  })
})
