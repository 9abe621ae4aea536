import { describe, expect, it } from 'vitest'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import type { Network } from '../../../runtime-as/format/network.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { randomStream } from '../../../trainer/random.ts'
import { ascend } from '../../../trainer/search/ascent.ts'
import { Survivors } from '../../../trainer/search/survivors.ts'
import { contractFor, observationsFor, randomNetwork } from '../../support/networks.ts'

const network = randomNetwork([5, 9, 3], [0.5, 0.7], { seed: 3 })
const normaliser = { mean: Float64Array.of(1, -2, 0, 30, 0.5), std: Float64Array.of(1, 0.5, 3, 10, 0.25) }

/** What the network does after a step in a direction that the seed draws. */
function moved(start: Network, { mean, std }: typeof normaliser, noise: number): Network {
  const survivors = new Survivors(start)
  const random = randomStream(7, 'direction')
  const direction = Float64Array.from({ length: survivors.size }, () => random.normal())
  const displacement = survivors.displacement(direction, { mean, std })
  return survivors.networkAt(survivors.start().map((x, i) => x + noise * displacement[i]))
}

const act = (policy: Network, observation: Float32Array) =>
  loadPolicy(encodePolicy(policy, contractFor(policy), [observation])).step(observation)

/** The same policy of observations in another unit. */
function inUnits(of: number[]) {
  const [first, ...rest] = network.layers
  const weights = first.weights.map((w, i) => w / of[i % 5])
  return {
    start: { layers: [{ ...first, weights }, ...rest] },
    normaliser: { mean: normaliser.mean.map((x, i) => x * of[i]), std: normaliser.std.map((x, i) => x * of[i]) },
    observe: (x: Float32Array) => x.map((value, i) => value * of[i]),
  }
}

describe('a step of the survivors', () => {
  it('is none of no length, and leaves zeros where they are', () => {
    expect(moved(network, normaliser, 0)).toEqual(network)
    const { layers } = moved(network, normaliser, 0.1)
    for (const [l, { weights, bias }] of layers.entries()) {
      const { weights: before, bias: biasBefore } = network.layers[l]
      expect(weights.map((w) => (w === 0 ? 0 : 1))).toEqual(before.map((w) => (w === 0 ? 0 : 1)))
      weights.forEach((w, i) => {
        if (before[i] !== 0) expect(w).not.toBe(before[i])
      })
      bias.forEach((b, i) => {
        expect(b).not.toBe(biasBefore[i])
      })
    }
  })

  it('is the same whatever the unit of an observation: to the bit by powers of two, up to rounding by others', () => {
    const exact = inUnits([1, 8, 0.25, 2, 1024])
    const near = inUnits([180 / Math.PI, 3, 0.1, 1000, 7])
    for (const observation of observationsFor(network, 20)) {
      const action = act(moved(network, normaliser, 0.3), observation)
      expect(act(moved(exact.start, exact.normaliser, 0.3), exact.observe(observation))).toEqual(action)
      const other = act(moved(near.start, near.normaliser, 0.3), near.observe(observation))
      other.forEach((a, i) => {
        expect(a).toBeCloseTo(action[i], 4)
      })
      expect(action).not.toEqual(act(network, observation))
    }
  })

  it('of the first layer moves its sums at the mean observation by what it moves the bias', () => {
    const { layers } = moved(network, normaliser, 1)
    const [{ weights, bias }] = layers
    const [before] = network.layers
    const survivors = Array.from(before.weights.keys()).filter((i) => before.weights[i] !== 0)
    const unit = Math.sqrt(
      survivors.reduce((sum, i) => sum + (before.weights[i] * normaliser.std[i % 5]) ** 2, 0) / survivors.length,
    )
    const random = randomStream(7, 'direction')
    const direction = Array.from({ length: survivors.length + 9 }, () => random.normal())
    for (let row = 0; row < 9; row++) {
      const sum = (w: Float32Array, b: Float32Array) =>
        normaliser.mean.reduce((total, x, i) => total + w[row * 5 + i] * x, b[row])
      const expected = unit * direction[survivors.length + row]
      expect(sum(weights, bias) - sum(before.weights, before.bias)).toBeCloseTo(expected, 4)
    }
  })

  it('has a length where a layer has biases alone', () => {
    const [first, last] = network.layers
    const bare: Network = { layers: [first, { ...last, weights: new Float32Array(last.weights.length) }] }
    expect(moved(bare, normaliser, 0.1).layers[1].bias).not.toEqual(last.bias)
  })
})

describe('an ascent', () => {
  const pairs = [
    { displacement: Float64Array.of(1, 0), plus: 3, minus: 1 },
    { displacement: Float64Array.of(0, 1), plus: 0, minus: 4 },
    { displacement: Float64Array.of(9, 9), plus: 2, minus: -50 },
  ]

  it('goes by the differences of the best pairs over the deviation of their objectives', () => {
    // of 3, 1, 0, 4: mean 2, deviation sqrt(2.5)
    const [x, y] = ascend(Float64Array.of(10, 20), pairs, { best: 2, rate: 0.5 })
    expect(x).toBeCloseTo(10 + (0.5 * 2) / (2 * Math.sqrt(2.5)), 12)
    expect(y).toBeCloseTo(20 - (0.5 * 4) / (2 * Math.sqrt(2.5)), 12)
  })

  it('stays where all objectives are the same', () => {
    const level = pairs.map((pair) => ({ ...pair, plus: 5, minus: 5 }))
    expect(ascend(Float64Array.of(1, 2), level, { best: 3, rate: 1 })).toEqual(Float64Array.of(1, 2))
  })
})
