import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimate } from '../../../../trainer/studies/statistics/bootstrap.ts'
import {
  interquartileMean,
  mean,
  pairedDifferences,
  performanceProfile,
  probabilityOfImprovement,
} from '../../../../trainer/studies/statistics/scores.ts'
import { root } from '../../../support/imports.ts'
import { type RliableCase, requireAsRliable } from '../../../support/rliable.ts'

const cases: RliableCase[] = JSON.parse(readFileSync(join(root, 'test/fixtures/statistics/rliable.json'), 'utf8'))

const scores = fc.array(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 3, maxLength: 3 }), {
  minLength: 1,
  maxLength: 4,
})

describe('statistics over seeds and tasks', () => {
  it.each(cases.map((one) => [`${one.x.length} tasks of ${one.x[0].length} seeds`, one] as const))(
    'are those of the package rliable: %s',
    (_, one) => requireAsRliable(one),
  )

  it('the interquartile mean leaves out a quarter at either end, rounded down, and no outlier moves it', () => {
    expect(interquartileMean([[1, 2, 3, 4]])).toBe(2.5)
    expect(interquartileMean([[0, 2, 3, 1e9]])).toBe(2.5)
    expect(interquartileMean([[1], [5], [9]])).toBe(5)
  })

  it('a chance of being better is 1 - that of the other, and a half against itself', () => {
    fc.assert(
      fc.property(scores, (x) => {
        expect(probabilityOfImprovement(x, x)).toBeCloseTo(0.5, 12)
        const y = x.map((task) => task.map((value) => value / 2))
        expect(probabilityOfImprovement(x, y) + probabilityOfImprovement(y, x)).toBeCloseTo(1, 12)
      }),
      { numRuns: 50 },
    )
  })

  it('a profile falls from all runs to none', () => {
    expect(
      performanceProfile(
        [
          [1, 2],
          [3, 4],
        ],
        [0, 1, 2.5, 4],
      ),
    ).toEqual([1, 0.75, 0.5, 0])
  })

  it('pairs are of the same task and seed', () => {
    expect(pairedDifferences([[3, 5], [1]], [[1, 1], [4]])).toEqual([[2, 4], [-3]])
  })
})

describe('an interval of the bootstrap', () => {
  it('is the same every time, holds its figure, and is a point where the seeds agree', () => {
    const x = [[1, 2, 3, 4, 5]]
    const first = estimate(x, interquartileMean)
    expect(estimate(x, interquartileMean)).toEqual(first)
    expect(first.low).toBeLessThan(first.value)
    expect(first.high).toBeGreaterThan(first.value)
    expect(estimate([[2, 2, 2]], interquartileMean)).toEqual({ value: 2, low: 2, high: 2 })
  })

  it('draws within each task: what differs between tasks alone widens nothing', () => {
    const far = [
      [1, 1, 1],
      [1000, 1000, 1000],
    ]
    expect(estimate(far, (drawn) => mean(drawn.map(mean)))).toEqual({ value: 500.5, low: 500.5, high: 500.5 })
  })
})
