import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bestRow, inputsOf } from '../../../trainer/distill/quantise-row.ts'
import { uniform } from '../../support/networks.ts'

/** Observations that hang together, as those of a robot do, so that one weight can make up for another. */
const anyRow = fc.record({ width: fc.integer({ min: 1, max: 12 }), seed: fc.nat(1e6) }).map(({ width, seed }) => {
  const next = uniform(seed)
  const mixing = Array.from({ length: 3 * width }, next)
  const rows = Array.from({ length: 40 }, () => {
    const causes = [next(), next(), next()]
    return Float64Array.from({ length: width }, (_, i) =>
      causes.reduce((sum, x, c) => sum + mixing[3 * i + c] * x, 0.1 * next()),
    )
  })
  const weights = Float64Array.from({ length: width }, () => (next() < -0.4 ? 0 : next()))
  const bias = next()
  return { rows, weights, sums: rows.map((x) => x.reduce((sum, v, i) => sum + v * weights[i], bias)) }
})

/** Mean square of what the row's sums miss. */
const errorOf = (rows: Float64Array[], sums: number[], scale: number, numbers: ArrayLike<number>, offset: number) =>
  rows.reduce(
    (all, x, n) => all + (sums[n] - offset - scale * x.reduce((sum, v, i) => sum + v * numbers[i], 0)) ** 2,
    0,
  ) / rows.length

const offsetOf = (rows: Float64Array[], sums: number[], scale: number, numbers: ArrayLike<number>) =>
  rows.reduce((all, x, n) => all + sums[n] - scale * x.reduce((sum, v, i) => sum + v * numbers[i], 0), 0) / rows.length

describe('a row in whole numbers', () => {
  it('is never further from the wanted sums than with each weight rounded to its nearest, and often much nearer', () => {
    let [nearer, all] = [0, 0]
    fc.assert(
      fc.property(anyRow, ({ rows, weights, sums }) => {
        const scales = [0.2, 0.1, 0.05]
        const { scale, numbers, offset } = bestRow(weights, inputsOf(rows), sums, scales)
        expect(scales).toContain(scale)
        const least = Math.min(
          ...scales.map((s) => {
            const rounded = weights.map((w) => Math.round(w / s))
            return errorOf(rows, sums, s, rounded, offsetOf(rows, sums, s, rounded))
          }),
        )
        const error = errorOf(rows, sums, scale, numbers, offset)
        expect(error).toBeLessThanOrEqual(least * (1 + 1e-9) + 1e-18)
        all++
        if (error < 0.7 * least) nearer++
      }),
      { numRuns: 200, seed: 3 },
    )
    expect(nearer).toBeGreaterThan(all / 3)
  })

  it('keeps each number beside its weight, within -127..127, and nothing where a weight is pruned', () => {
    fc.assert(
      fc.property(anyRow, fc.constantFrom(0.3, 0.05, 0.004), ({ rows, weights, sums }, scale) => {
        const { numbers } = bestRow(weights, inputsOf(rows), sums, [scale])
        for (const [c, number] of numbers.entries()) {
          const inRange = Math.min(127, Math.max(-127, weights[c] / scale))
          expect(Math.abs(number - inRange)).toBeLessThan(1)
          if (weights[c] === 0) expect(number).toBe(0)
        }
      }),
      { numRuns: 100, seed: 4 },
    )
  })

  it('rounds to the nearest where there are fewer than two observations to a weight', () => {
    fc.assert(
      fc.property(anyRow, ({ rows, weights, sums }) => {
        const used = weights.filter((w) => w !== 0).length
        const few = 2 * used - 1
        if (few < 1) return
        const { numbers } = bestRow(weights, inputsOf(rows.slice(0, few)), sums.slice(0, few), [0.1])
        expect([...numbers]).toEqual(Array.from(weights, (w) => Math.round(w / 0.1) + 0))
      }),
      { numRuns: 100, seed: 5 },
    )
  })

  it('rounds to the nearest what the data never moves', () => {
    const rows = Array.from({ length: 9 }, () => Float64Array.of(2, 0))
    const { numbers, offset } = bestRow(
      Float64Array.of(0.26, -0.74),
      inputsOf(rows),
      rows.map(() => 0.5),
      [0.1],
    )
    expect([...numbers]).toEqual([3, -7])
    expect(offset).toBeCloseTo(0.5 - 0.1 * 3 * 2, 12)
  })
})
