import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Estimate } from '../../../trainer/distill/estimate.ts'
import { distillOptions } from '../../../trainer/distill/options.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

describe('the time that is left', () => {
  const options = distillOptions('pendulum', { seed: 1, threads: 1, variant: 'no-q', steps: 1000 })
  const rounds = [500, 500, 1000]

  it('is that of the steps and of all stages, at the speed so far', () => {
    const estimate = new Estimate(options, rounds)
    vi.advanceTimersByTime(10_000)
    const all = estimate.left(1000)!
    vi.advanceTimersByTime(1000 * all * 0.5)
    expect(estimate.left(1000, 2)).toBeCloseTo(all / 2, 6)
    expect(estimate.left(1000, 3)).toBe(0)
  })

  it('of a run that goes on is not known before it has done something, and counts what this process did', () => {
    const estimate = new Estimate(options, rounds)
    estimate.goesOnFrom(1000, 2)
    vi.advanceTimersByTime(5)
    // points of before, told again
    for (const step of [250, 500, 1000]) expect(estimate.left(step)).toBeUndefined()
    expect(estimate.left(1000, 2)).toBeUndefined()
    const other = new Estimate(options, [...rounds, 1000])
    other.goesOnFrom(1000, 2)
    vi.advanceTimersByTime(20_000)
    expect(other.left(1000, 3)).toBeCloseTo(20, 6)
  })
})
