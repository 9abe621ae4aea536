import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { actionError, rootMeanSquare } from '../../../trainer/distill/action-error.ts'

describe('the error of actions', () => {
  it('is what one computes by hand: in units, and in shares of the range', () => {
    // two actions, of ranges 2 and 20; four rows, errors 0.1 0.2 0.3 0.4 and 0 0 0 4
    const wanted = [0, 0, 0, 0, 0, 0, 0, 0]
    const actions = [0.1, 0, -0.2, 0, 0.3, 0, -0.4, 4]
    const error = actionError(actions, wanted, { names: ['hip', 'knee'], low: [-1, -10], high: [1, 10] })
    const [hip, knee] = error.actions
    expect(hip).toMatchObject({ name: 'hip', p99: 0.4, max: 0.4, ofRange: { p99: 0.2, max: 0.2 } })
    expect(hip.rmse).toBeCloseTo(Math.sqrt((0.01 + 0.04 + 0.09 + 0.16) / 4), 12)
    expect(hip.ofRange.rmse).toBeCloseTo(hip.rmse / 2, 12)
    expect(knee).toMatchObject({ name: 'knee', rmse: 2, max: 4, ofRange: { rmse: 0.1, max: 0.2 } })
    // over both: the mean of the squares of shares
    expect(error.rmse).toBeCloseTo(Math.sqrt((hip.ofRange.rmse ** 2 + 0.1 ** 2) / 2), 12)
    expect(error).toMatchObject({ rows: 4, max: 0.2, spread: 0 })
  })

  it('has a 99th percentile that 99 of 100 errors do not exceed, and 98 would not do', () => {
    const errors = Array.from({ length: 100 }, (_, i) => i + 1)
    const range = { names: ['u'], low: [0], high: [1] }
    expect(actionError(errors, new Array(100).fill(0), range)).toMatchObject({ p99: 99, max: 100 })
    expect(actionError([7], [0], range)).toMatchObject({ p99: 7, max: 7 })
  })

  it('knows how far the best constant is: the deviation of what is wanted', () => {
    const { spread, rmse } = actionError([2, 2, 2, 2], [1, 3, 1, 3], { names: ['u'], low: [0], high: [4] })
    expect([spread, rmse]).toEqual([0.25, 0.25])
  })

  it('is the same root mean square either way, and ordered, whatever the numbers', () => {
    const numbers = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 4, maxLength: 60 })
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const rows = Math.floor(Math.min(a.length, b.length) / 2)
        const [actions, wanted] = [a.slice(0, 2 * rows), b.slice(0, 2 * rows)]
        const error = actionError(actions, wanted, { names: ['x', 'y'], low: [0, -3], high: [2, 4] })
        expect(rootMeanSquare(actions, wanted, [2, 7])).toBeCloseTo(error.rmse, 10)
        for (const one of [error, ...error.actions]) {
          expect(one.rmse).toBeLessThanOrEqual(one.max * (1 + 1e-12))
          expect(one.p99).toBeLessThanOrEqual(one.max)
        }
      }),
    )
  })
})
