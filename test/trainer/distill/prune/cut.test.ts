import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growBack, keepLargest, weightsIn } from '../../../../trainer/distill/prune/cut.ts'
import { prunerNames, prunerOf } from '../../../../trainer/distill/prune/pruners.ts'
import { randomStream } from '../../../../trainer/random.ts'

const layer = (...theta: number[]) => ({
  theta: Float32Array.from(theta),
  logSigma: new Float32Array(theta.length).fill(-5),
  bias: new Float32Array(1),
})

describe('a cut', () => {
  it('leaves exactly so many, and none that another is worth more than', () => {
    const weights = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(fc.array(weights, { minLength: 1, maxLength: 3 }), fc.nat(40), (all, count) => {
        const layers = all.map((theta) => layer(...theta))
        const worth = layers.map(({ theta }) => theta.map(Math.abs))
        const kept = keepLargest(layers, worth, count)
        expect(weightsIn(kept)).toBe(Math.min(count, weightsIn(layers)))
        const [inside, outside] = [true, false].map((there) =>
          layers
            .flatMap(({ theta }, l) => [...theta].filter((w, i) => w !== 0 && (kept[l].theta[i] !== 0) === there))
            .map(Math.abs),
        )
        expect(Math.min(...inside, 9)).toBeGreaterThanOrEqual(Math.max(...outside, 0))
      }),
    )
  })

  it('of equal weights takes the first', () => {
    const kept = keepLargest([layer(1, -1), layer(1)], [[1, 1], [1]], 2)
    expect(kept.map(({ theta }) => [...theta])).toEqual([[1, -1], [0]])
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
    const evidence = { layers, sensitivity, random: randomStream(1) }
    const kept = (name: 'obd' | 'magnitude') => [...keepLargest(layers, prunerOf(name).saliency(evidence), 1)[0].theta]
    expect(kept('obd')).toEqual([0, -0.5])
    expect(kept('magnitude')).toEqual([3, 0])
  })
})
