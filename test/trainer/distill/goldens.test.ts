import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import type { Contract, Layer, Network } from '../../../runtime-as/format/network.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { tellingObservations } from '../../../trainer/distill/goldens.ts'
import { anyNetwork, contractFor, observationsFor } from '../../support/networks.ts'

const layer = (inputs: number, weights: number[], activation: Layer['activation'], bias?: number[]): Layer => ({
  inputs,
  outputs: weights.length / inputs,
  activation,
  weights: Float32Array.from(weights),
  bias: Float32Array.from(bias ?? weights.slice(0, weights.length / inputs).map(() => 0)),
})
const chosen = (network: Network, candidates: number[][], squash: Contract['squash'] = 'tanh') =>
  tellingObservations(
    network,
    contractFor(network, squash),
    candidates.map((x) => Float32Array.from(x)),
  ).map((x) => [...x])

describe('the observations that a small file promises its actions for', () => {
  it('wake every unit, and leave out what shows nothing new', () => {
    const network = { layers: [layer(2, [1, 0, 0, 1, -1, 0], 'relu'), layer(3, [0.5, 0.5, 0.5], 'tanh')] }
    const [first, second, third] = [
      [1, 0],
      [-1, 0],
      [1, 1],
    ]
    expect(chosen(network, [first, second, third, first, third])).toEqual([third, second])
  })

  it('are none where the action is at its limit, as long as there is another', () => {
    const tanh = { layers: [layer(1, [1], 'tanh')] }
    expect(chosen(tanh, [[9], [0.5], [0.25]])).toEqual([[0.5], [9]])
    const clip = { layers: [layer(1, [10], 'none')] }
    expect(chosen(clip, [[9], [-9], [0.02]], 'clip')[0]).toEqual([Math.fround(0.02)])
  })

  it('are two to eight, or all that differ', () => {
    const network = { layers: [layer(1, [1], 'tanh')] }
    expect(chosen(network, [[0.5]])).toEqual([[0.5]])
    expect(chosen(network, [[0.5], [0.5], [0.5]])).toEqual([[0.5]])
    expect(chosen(network, [[0.5], [0.5], [0.25]])).toEqual([[0.5], [0.25]])
    expect(chosen({ layers: [layer(1, [0], 'tanh', [50])] }, [[1], [2], [3], [4]])).toEqual([[1], [2]])
    const units = 30
    const apart = Array.from({ length: units * units }, (_, i) => (i % (units + 1) === 0 ? 1 : 0))
    const many = { layers: [layer(units, apart, 'relu'), layer(units, Array(units).fill(0.01), 'tanh')] }
    const one = Array.from({ length: units }, (_, i) => Array.from({ length: units }, (_, c) => Number(c === i)))
    expect(chosen(many, one)).toHaveLength(8)
  })

  it('come from all over the data, of a large network too', () => {
    const units = 300
    const wide = {
      layers: [
        layer(1, Array(units).fill(1), 'relu'),
        layer(units, Array(units * units).fill(0.001), 'relu'),
        layer(units, Array(units).fill(0.001), 'tanh'),
      ],
    }
    // at rest first, then moving; what moves shows, and the rest shows nothing
    const observations = Array.from({ length: 2000 }, (_, i) => [i < 800 ? -1 : i / 2000])
    expect(Math.max(...chosen(wide, observations).flat())).toBeGreaterThan(0)
  })

  it('show a change of any bias of the last layer, where an observation leaves its action free', () => {
    let shown = 0
    fc.assert(
      fc.property(anyNetwork, ({ network, squash, seed }) => {
        const contract = contractFor(network, squash)
        const candidates = observationsFor(network, 16, seed)
        const golden = tellingObservations(network, contract, candidates)
        const promised = (of: Network) => decodePolicy(encodePolicy(of, contract, golden)).goldens
        const [plain, policy] = [promised(network), loadPolicy(encodePolicy(network, contract, golden))]
        const actions = candidates.map((x) => Float32Array.from(policy.step(x)))
        const last = network.layers.length - 1
        // each bias of a small layer, some of a large one
        const { outputs } = network.layers[last]
        for (let output = 0; output < outputs; output += Math.ceil(outputs / 3)) {
          const [low, high] = [contract.action.low[output], contract.action.high[output]]
          const share = actions.map((action) => (action[output] - low) / (high - low))
          if (!share.some((s) => s > 0.05 && s < 0.95)) continue
          const changed = structuredClone(network)
          changed.layers[last].bias[output] += 0.01
          expect(promised(changed)).not.toEqual(plain)
          shown++
        }
      }),
      { numRuns: 30, seed: 5 },
    )
    expect(shown).toBeGreaterThan(30)
  })
})
