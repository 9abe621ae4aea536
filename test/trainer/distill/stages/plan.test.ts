import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distillOptions } from '../../../../trainer/distill/options.ts'
import { BASE_ROWS, planOf, rowsFor } from '../../../../trainer/distill/stages/plan.ts'

const options = (given: object) => distillOptions('pendulum', { seed: 1, threads: 1, ...given })

describe('the stages of a distillation', () => {
  it('never add weights, cut none to less than the share, and end each budget with a student', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 50_000 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.constantFrom('obd', 'no-q'),
        (keep, weights, stageShare, variant) => {
          const plan = planOf(weights, options({ variant, prune: 'obd', keep, stageShare }))
          const sizes = plan.map(({ to }) => to)
          expect(sizes).toEqual([...sizes].sort((a, b) => b - a))
          expect(plan.filter(({ kind }) => kind === 'anneal').map(({ to }) => to)).toEqual(
            [...keep].sort((a, b) => b - a),
          )
          for (const [i, { kind, to }] of plan.slice(1).entries())
            if (kind === 'cut') {
              // two cuts are one where the student is still large
              const share = plan[i].to * stageShare > 4 * Math.max(...keep) ? stageShare ** 2 : stageShare
              expect(to).toBeGreaterThanOrEqual(Math.floor(share * plan[i].to))
            }
        },
      ),
    )
  })

  it('exchange fewer weights from round to round', () => {
    const plan = planOf(100, options({ variant: 'obd', keep: [50], swap: 0.1, rounds: 4 }))
    const swaps = plan.filter(({ kind }) => kind === 'settle').map(({ swap }) => swap)
    expect(swaps).toEqual([0.1, 0.1 * 0.75, 0.05, 0.1 * 0.25])
  })

  it('let the student act from four times the first budget on, and know how many rows that makes', () => {
    const given = options({ variant: 'obd', keep: [500, 100], ownStates: 300, rounds: 2 })
    const plan = planOf(20_000, given)
    expect(plan.every(({ to, kind, visits }) => visits === (to <= 2000 && kind !== 'anneal'))).toBe(true)
    const visits = plan.filter((round) => round.visits).length
    expect(rowsFor(400_000, 20_000, given)).toBe(400_000)
    expect(visits).toBeGreaterThan(5)
    expect(rowsFor(BASE_ROWS, 20_000, given)).toBe(BASE_ROWS + 300 * 5)
    expect(rowsFor(BASE_ROWS, 20_000, { ...given, ownRounds: 100 })).toBe(BASE_ROWS + 300 * visits)
  })

  it('leave a dense student as large as it is', () => {
    const plan = planOf(120, options({ variant: 'dense', budget: 120, ownStates: 300, rounds: 2 }))
    expect(plan.map(({ kind, to }) => `${kind} ${to}`)).toEqual(['settle 120', 'settle 120', 'anneal 120'])
  })
})
