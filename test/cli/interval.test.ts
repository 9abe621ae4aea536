import { describe, expect, it } from 'vitest'
import { intervalOf } from '../../cli/ablate/interval.ts'

describe('the 95 % interval over seeds', () => {
  it('is that of Student’s t for a few seeds', () => {
    // scipy.stats.t.interval(0.95, n - 1, mean, sem)
    expect(intervalOf([1, 2, 3, 4, 5])).toEqual({ mean: 3, half: expect.closeTo(1.9632, 3), seeds: 5 })
    expect(intervalOf([0, 1])).toEqual({ mean: 0.5, half: expect.closeTo(6.3531, 3), seeds: 2 })
    expect(intervalOf([-140.2, -151.9, -148])).toEqual({
      mean: expect.closeTo(-146.7, 10),
      half: expect.closeTo(14.7989, 2),
      seeds: 3,
    })
  })

  it.each([
    [30, 2.0423],
    [31, 2.0395],
    [40, 2.0211],
    [60, 2.0003],
    [120, 1.9799],
    [999, 1.9623],
  ])('with %i degrees of freedom is %f standard errors wide on either side', (freedom, quantile) => {
    // +1 and -1 in turn
    const values = Array.from({ length: freedom + 1 }, (_, i) => (i % 2 ? 1 : -1))
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / freedom
    const { half } = intervalOf(values)
    expect(half! / Math.sqrt(variance / values.length)).toBeCloseTo(quantile, 3)
  })

  it('has no width for a single seed, and none where all seeds agree', () => {
    expect(intervalOf([7])).toEqual({ mean: 7, seeds: 1 })
    expect(intervalOf([7, 7, 7])).toEqual({ mean: 7, half: 0, seeds: 3 })
  })
})
