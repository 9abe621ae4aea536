import { describe, expect, it } from 'vitest'
import { outcomeStatistics } from '../../../trainer/tasks/evaluate.ts'
import { failedEpisodes, failureRate } from '../../../trainer/tasks/failed.ts'

const upright = (...returns: number[]) => returns.map((value) => ({ return: value, fell: false }))

describe('an episode failed', () => {
  it('where the task’s own rule ended it, whatever it returned', () => {
    const outcomes = [...upright(100), { return: 120, fell: true }]
    expect(failedEpisodes(outcomes, upright(100, 100))).toEqual([false, true])
    expect(outcomeStatistics(outcomes)).toMatchObject({ fellRate: 0.5, median: 110 })
  })

  it('where it lost more than 30 % of the teacher’s mean against the teacher in the same episode, not in another', () => {
    // the mean is 100: an episode may lose 30, the one that the teacher itself found hard too
    const teachers = upright(160, 100, 40)
    expect(failedEpisodes(upright(130, 70, 10), teachers)).toEqual([false, false, false])
    expect(failedEpisodes(upright(129, 69, 9), teachers)).toEqual([true, true, true])
    expect(failureRate(upright(160, 69, 40), teachers)).toBeCloseTo(1 / 3, 12)
  })

  it('by the size of that mean where returns are negative: a hard start is no failure', () => {
    const teachers = upright(-1, -120, -299)
    expect(failedEpisodes(upright(-42.9, -161.9, -341.1), teachers)).toEqual([false, false, true])
  })

  it('of a teacher against itself only where it fell', () => {
    const teachers = [...upright(-1, 5000, 3), { return: 4000, fell: true }]
    expect(failedEpisodes(teachers, teachers)).toEqual([false, false, false, true])
  })
})
