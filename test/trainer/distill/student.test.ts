import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Network, weightCount } from '../../../runtime-as/format/network.ts'
import { compact } from '../../../trainer/distill/compact.ts'
import { foldNormaliser, klDivergence, logAlpha, masksAt, pruned, survivors } from '../../../trainer/distill/student.ts'
import { plainNetwork } from '../../../trainer/teachers/teach.ts'
import { largestDifference, readVectors } from '../../support/vectors.ts'

/** The network in double precision: the function that folding and compaction must keep. */
function run({ layers }: Network, observation: readonly number[]): number[] {
  let x = [...observation]
  for (const { inputs, outputs, weights, bias, activation } of layers) {
    x = Array.from({ length: outputs }, (_, o) => {
      let y = bias[o]
      for (let i = 0; i < inputs; i++) y += weights[o * inputs + i] * x[i]
      if (activation === 'relu') return Math.max(0, y)
      return activation === 'tanh' ? Math.tanh(y) : y
    })
  }
  return x
}

describe.each(['paper', 'official'] as const)('the fixed vectors (%s)', (mode) => {
  const vectors = readVectors(mode)
  const get = (name: string) => vectors.get(name)!
  const layers = [0, 1, 2].map((l) => ({
    theta: get(`after.actor.${l}.theta`),
    logSigma: get(`after.actor.${l}.log_sigma`),
    bias: get(`after.actor.${l}.bias`),
  }))

  it('log alpha to 1e-5, pruned weights exactly, KL to 1e-5 relative', () => {
    const masks = masksAt(layers, 2)
    pruned(layers, masks).forEach((layer, l) => {
      expect(largestDifference(logAlpha(layers[l]), get(`after.log_alpha.${l}`))).toBeLessThan(1e-5)
      expect(largestDifference(layer.theta, get(`after.pruned.${l}`))).toBe(0)
      // the vectors leave the constant k1 out, once a weight
      const kl = klDivergence([layers[l]]) - 0.63576 * layer.theta.length
      expect(Math.abs(kl / get(`after.kl.${l}`)[0] - 1)).toBeLessThan(1e-5)
    })
  })

  it('actions of the pruned student to 1e-5', () => {
    const network = plainNetwork(pruned(layers, masksAt(layers, 2)))
    const states = get('eval.states')
    const actions = Array.from({ length: states.length / 5 }, (_, r) =>
      run(network, [...states.subarray(5 * r, 5 * r + 5)]).map((t) => 2 * t),
    ).flat()
    expect(largestDifference(actions, get('eval.actions'))).toBeLessThan(1e-5)
  })
})

/** Random networks of 2 to 4 layers with many zeros. */
const networks = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 3, maxLength: 5 }),
    density: fc.double({ min: 0, max: 0.6, noNaN: true }),
    values: fc.infiniteStream(fc.double({ min: -2, max: 2, noNaN: true })),
    chances: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
  })
  .map(({ sizes, density, values, chances }): Network => {
    const value = () => values.next().value as number
    const draw = (n: number, kept: number) =>
      Float32Array.from({ length: n }, () => ((chances.next().value as number) < kept ? value() : 0))
    return {
      layers: sizes.slice(1).map((outputs, l) => ({
        inputs: sizes[l],
        outputs,
        activation: l === sizes.length - 2 ? ('tanh' as const) : ('relu' as const),
        weights: draw(outputs * sizes[l], density),
        bias: draw(outputs, 1),
      })),
    }
  })

describe('compaction', () => {
  it('keeps the function: actions within 1e-5 (f32 rounding of the folded biases)', () => {
    fc.assert(
      fc.property(networks, fc.infiniteStream(fc.double({ min: -3, max: 3, noNaN: true })), (network, stream) => {
        const small = compact(network)
        for (let i = 0; i < 5; i++) {
          const x = Array.from({ length: network.layers[0].inputs }, () => stream.next().value as number)
          expect(largestDifference(run(small, x), run(network, x))).toBeLessThan(1e-5)
        }
      }),
      { seed: 2, numRuns: 500 },
    )
  })

  it('leaves no unit that is constant or unread, unless it is the last of its layer', () => {
    fc.assert(
      fc.property(networks, (network) => {
        const { layers } = compact(network)
        expect(weightCount({ layers })).toBeLessThanOrEqual(weightCount(network))
        for (const [l, layer] of layers.slice(0, -1).entries()) {
          if (layer.outputs === 1) continue
          for (let unit = 0; unit < layer.outputs; unit++) {
            const fed = layer.weights.subarray(unit * layer.inputs, (unit + 1) * layer.inputs).some((w) => w !== 0)
            const next = layers[l + 1]
            const read = next.weights.some((w, i) => i % next.inputs === unit && w !== 0)
            expect([fed, read]).toEqual([true, true])
          }
        }
      }),
      { seed: 3, numRuns: 500 },
    )
  })
})

describe('the normaliser', () => {
  it('folds away: the same actions from raw observations, to 1e-4', () => {
    fc.assert(
      fc.property(networks, fc.infiniteStream(fc.double({ min: -3, max: 3, noNaN: true })), (network, stream) => {
        const size = network.layers[0].inputs
        const take = () => Array.from({ length: size }, () => stream.next().value as number)
        const mean = Float64Array.from(take())
        const std = Float64Array.from(take(), (x) => 0.1 + Math.abs(x))
        const folded = foldNormaliser(network, { mean, std })
        expect(weightCount(folded)).toBe(weightCount(network))
        const x = take()
        const normalised = x.map((v, i) => (v - mean[i]) / std[i])
        expect(largestDifference(run(folded, x), run(network, normalised))).toBeLessThan(1e-4)
      }),
      { seed: 4, numRuns: 300 },
    )
  })
})

describe('pruning', () => {
  it('keeps fewer weights the lower the threshold, all at 10 and above', () => {
    const layer = {
      theta: Float32Array.from({ length: 100 }, (_, i) => (i - 50) / 50),
      logSigma: Float32Array.from({ length: 100 }, (_, i) => -5 + (i % 10)),
      bias: new Float32Array(10),
    }
    const counts = [-9, -4, 0, 4, 9].map((threshold) => survivors(masksAt([layer], threshold)))
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
    expect(survivors(masksAt([layer], 10.1))).toBe(100)
  })
})
