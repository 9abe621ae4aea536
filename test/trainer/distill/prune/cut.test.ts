import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compactLayers } from '../../../../trainer/distill/compact.ts'
import { growBack, keepLargest, weightsIn } from '../../../../trainer/distill/prune/cut.ts'
import { prunerNames, prunerOf } from '../../../../trainer/distill/prune/pruners.ts'
import { randomStream } from '../../../../trainer/random.ts'

const layer = (...theta: number[]) => ({
  theta: Float32Array.from(theta),
  logSigma: new Float32Array(theta.length).fill(-5),
  bias: new Float32Array(1),
})

describe('a cut', () => {
  it('leaves so many of the weights that lead somewhere, and none that another is worth more than', () => {
    const width = 4
    // all different, so that there is one answer; a third are pruned already
    const weights = fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(weights, fc.nat(40), (drawn, count) => {
        const all = [drawn.slice(0, 16), drawn.slice(16)].map((of) => of.map((w) => (w % 3 ? w : 0)))
        const layers = all.map((theta) => ({ ...layer(...theta), bias: new Float32Array(width) }))
        const worth = layers.map(({ theta }) => theta.map(Math.abs))
        const left = weightsIn(keepLargest(layers, worth, count))
        expect(left).toBeLessThanOrEqual(count)
        // by hand: the most of the largest that leave no more than that
        const sorted = worth.flatMap((of) => [...of].filter((w) => w > 0)).sort((a, b) => b - a)
        const at = (rank: number) =>
          weightsIn(
            compactLayers(
              layers.map((one) => ({
                ...one,
                theta: one.theta.map((w) => (Math.abs(w) >= (sorted[rank - 1] ?? 1000) ? w : 0)),
              })),
            ),
          )
        const ranks = sorted.map((_, i) => i + 1).filter((rank) => at(rank) <= count)
        expect(left).toBe(ranks.length ? at(Math.max(...ranks)) : 0)
      }),
      { numRuns: 50 },
    )
  })

  it('of equal weights takes the first', () => {
    const kept = keepLargest([{ ...layer(1, -1, 1, 1), bias: new Float32Array(2) }], [[1, 1, 1, 1]], 3)
    expect([...kept[0].theta]).toEqual([1, -1, 1, 0])
  })

  it('drops with a unit what leads to it, and keeps more of the others for that', () => {
    // the second unit is worth nothing to the output
    const layers = [{ ...layer(5, 5, 4, 4), bias: new Float32Array(2) }, layer(1, 0.01)]
    const kept = keepLargest(
      layers,
      layers.map(({ theta }) => theta.map(Math.abs)),
      3,
    )
    expect(kept.map(({ theta }) => [...theta])).toEqual([[5, 5], [1]])
  })
})

describe('weights that come back', () => {
  const sensitivity = {
    curvature: [Float64Array.of(1, 4, 1, 0), Float64Array.of(1, 1)],
    gradient: [Float64Array.of(9, 4, -3, 5), Float64Array.of(0, 1)],
  }

  it('are those that the loss would fall most by, a step against the gradient, and not those that are there', () => {
    const grown = growBack([layer(7, 0, 0, 0), layer(0, 0)], sensitivity, 3)
    // by 9 / 2 and by 16 / 8
    expect([...grown[0].theta]).toEqual([7, Math.fround(-0.1), Math.fround(0.3), 0])
    expect([...grown[1].theta]).toEqual([0, 0])
  })

  it('are no more than there is room for, nor any without a gradient', () => {
    expect(weightsIn(growBack([layer(7, 1, 1, 1), layer(1, 1)], sensitivity, 3))).toBe(6)
    expect(weightsIn(growBack([layer(7, 0, 0, 0), layer(0, 0)], sensitivity, 100))).toBe(4)
  })
})

describe('a pruner', () => {
  const layers = [layer(3, -0.5), layer(0.1)]
  it.each(prunerNames)('%s says what each weight is worth, a number each', (name) => {
    const sensitivity = () => ({ curvature: [Float64Array.of(1, 100), Float64Array.of(1)], gradient: [] })
    const worth = prunerOf(name).saliency({ layers, sensitivity, random: randomStream(1) })
    expect(worth.map(({ length }) => length)).toEqual([2, 1])
    for (const of of worth) for (let i = 0; i < of.length; i++) expect(of[i]).toBeTypeOf('number')
  })

  it('by curvature keeps a small weight that moves the actions, where one by magnitude does not', () => {
    const sensitivity = () => ({ curvature: [Float64Array.of(1, 100), Float64Array.of(1)], gradient: [] })
    const evidence = { layers: [layers[0]], sensitivity, random: randomStream(1) }
    const kept = (name: 'obd' | 'magnitude') => [
      ...keepLargest([layers[0]], prunerOf(name).saliency(evidence), 1)[0].theta,
    ]
    expect(kept('obd')).toEqual([0, -0.5])
    expect(kept('magnitude')).toEqual([3, 0])
  })
})
