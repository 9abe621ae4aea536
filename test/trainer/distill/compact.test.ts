/** What exact compaction promises of the file that a board runs: the kernel's own actions, before and after. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import { type Activation, type Network, weightCount } from '../../../runtime-as/format/network.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { compact, weightsLeft } from '../../../trainer/distill/compact.ts'
import { contractFor, observationsFor, randomNetwork, uniform } from '../../support/networks.ts'

const UNIT = 2 ** -24
const TANH_ULPS = 6.1

/** What f32 rounding may move an output away from the exact one: n products and sums, each by a unit of the largest it can meet. */
function rounding({ layers }: Network, observation: Float32Array): Float64Array {
  let size = Float64Array.from(observation, Math.abs)
  let error = new Float64Array(size.length)
  for (const { inputs, outputs, weights, bias, activation } of layers) {
    const [sizes, errors] = [new Float64Array(outputs), new Float64Array(outputs)]
    for (let row = 0; row < outputs; row++) {
      sizes[row] = Math.abs(bias[row])
      let terms = 2
      for (let c = 0, at = row * inputs; c < inputs; c++, at++) {
        if (weights[at] === 0) continue
        terms++
        sizes[row] += Math.abs(weights[at]) * size[c]
        errors[row] += Math.abs(weights[at]) * error[c]
      }
      errors[row] += terms * UNIT * sizes[row]
      if (activation !== 'tanh') continue
      sizes[row] = 1
      errors[row] += TANH_ULPS * UNIT
    }
    ;[size, error] = [sizes, errors]
  }
  return error
}

/** Bounds so wide that no action reaches them: clamping would hide a difference. */
function policyOf(network: Network) {
  const contract = contractFor(network, 'clip')
  const all = (value: number) => contract.action.names.map(() => value)
  const action = { ...contract.action, low: all(-1e6), high: all(1e6), failsafe: all(0) }
  return loadPolicy(encodePolicy(network, { ...contract, action }, observationsFor(network, 1)))
}

describe('compaction', () => {
  it.each([
    ['relu', [17, 128, 128, 6], [0.04, 0.01, 0.1]],
    ['tanh', [17, 128, 128, 6], [0.04, 0.01, 0.1]],
    ['relu', [3, 64, 64, 1], [0.1, 0.01, 0.3]],
  ] as [Activation, number[], number[]][])(
    'moves no action of 10,000 by more than f32 rounding: %s, %o at %o',
    (hidden, sizes, densities) => {
      const network = randomNetwork(sizes, densities, { seed: 11, hidden, squash: 'clip' })
      const small = compact(network)
      const units = (n: Network) => n.layers.slice(0, -1).reduce((sum, { outputs }) => sum + outputs, 0)
      expect(units(small)).toBeLessThan(0.8 * units(network))
      const [before, after] = [policyOf(network), policyOf(small)]
      const [a, b] = [new Float32Array(sizes[3]), new Float32Array(sizes[3])]
      let differing = 0
      for (const observation of observationsFor(network, 10_000, 3)) {
        before.stepInto(observation, a)
        after.stepInto(observation, b)
        const bound = rounding(network, observation)
        for (const [i, value] of a.entries()) {
          if (value !== b[i]) differing++
          if (!(Math.abs(value - b[i]) <= 2 * bound[i]))
            expect.unreachable(`${value}, ${b[i]}: more than ${2 * bound[i]}`)
        }
      }
      // folded biases do round: a test of equal files would show nothing
      expect(differing).toBeGreaterThan(0)
    },
  )

  it('leaves observations that nothing reads, and they cost a sparse layer no byte', () => {
    const used = compact(randomNetwork([12, 60, 40, 2], [0.15, 0.1, 0.3], { seed: 5 }))
    const [first, ...rest] = used.layers
    // the same network among 40 observations, of which it reads its 12, spread out
    const inputs = 40
    const place = (column: number) => 3 * column + 2
    const weights = new Float32Array(first.outputs * inputs)
    for (const [at, weight] of first.weights.entries()) {
      weights[Math.floor(at / 12) * inputs + place(at % 12)] = weight
    }
    const wide: Network = compact({ layers: [{ ...first, inputs, weights }, ...rest] })
    expect(wide.layers[0].inputs).toBe(inputs)
    expect(weightCount(wide)).toBe(weightCount(used))
    const bytes = (network: Network) => {
      const { coreBytes, layers } = decodePolicy(
        encodePolicy(network, contractFor(network), observationsFor(network, 1)),
      )
      expect(layers[0].form).toBe('grouped')
      // golden vectors hold whole observations
      return coreBytes - 4 * network.layers[0].inputs
    }
    expect(bytes(wide)).toBe(bytes(used))
    const random = uniform(8)
    const [narrowPolicy, widePolicy] = [used, wide].map((n) =>
      policyOf({ layers: n.layers.map((l, i) => (i === 2 ? { ...l, activation: 'none' as const } : l)) }),
    )
    const [a, b] = [new Float32Array(2), new Float32Array(2)]
    for (let i = 0; i < 100; i++) {
      const x = Float32Array.from({ length: 12 }, () => 4 * random() - 2)
      const spread = Float32Array.from({ length: inputs }, () => Number.NaN)
      for (const [column, value] of x.entries()) spread[place(column)] = value
      narrowPolicy.stepInto(x, a)
      widePolicy.stepInto(spread, b)
      expect(b).toEqual(a)
    }
  })

  it('leaves so many weights as are counted without it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.float({ min: 0, max: 1, noNaN: true }), (seed, density) => {
        const { layers } = randomNetwork([5, 7, 6, 3], [density, density, density], { seed })
        const masks = layers.map(({ weights }) => weights.map((w) => (w === 0 ? 0 : 1)))
        const outputs = layers.map((layer) => layer.outputs)
        expect(weightsLeft(masks, outputs)).toBe(weightCount(compact({ layers })))
      }),
    )
  })
})
