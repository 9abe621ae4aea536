/** What rliable says of scores, beside what we say: figures to the last bits, intervals as far as two bootstraps agree. */
import { expect } from 'vitest'
import { type Estimate, estimate, estimateOfTwo, estimates } from '../../trainer/studies/statistics/bootstrap.ts'
import {
  interquartileMean,
  medianOfTasks,
  performanceProfile,
  probabilityOfImprovement,
  type Scores,
} from '../../trainer/studies/statistics/scores.ts'

export interface RliableCase {
  x: Scores
  y: Scores
  iqm: number
  iqmInterval: [number, number]
  median: number
  improvement: number
  improvementInterval: [number, number]
  thresholds: number[]
  profile: number[]
  /** ends: low of each threshold, high of each */
  profileInterval: [number[], number[]]
}

/** Ends of the two intervals, within so much of the width; a step of the figure where it takes few values. */
function requireNear({ low, high }: Estimate, [theirLow, theirHigh]: readonly number[], step: number): void {
  const within = Math.max(step, 0.1 * (theirHigh - theirLow))
  expect(Math.abs(low - theirLow)).toBeLessThanOrEqual(within)
  expect(Math.abs(high - theirHigh)).toBeLessThanOrEqual(within)
}

export function requireAsRliable(of: RliableCase): void {
  const { x, y, thresholds } = of
  const pairs = x.reduce((sum, task) => sum + task.length ** 2, 0)
  const iqm = estimate(x, interquartileMean)
  expect(iqm.value).toBeCloseTo(of.iqm, 12)
  requireNear(iqm, of.iqmInterval, 0.005)
  expect(medianOfTasks(x)).toBeCloseTo(of.median, 12)
  const better = estimateOfTwo(x, y, probabilityOfImprovement)
  expect(better.value).toBeCloseTo(of.improvement, 12)
  requireNear(better, of.improvementInterval, 1.5 / pairs)
  const profile = estimates(x, (drawn) => performanceProfile(drawn, thresholds), { samples: 2000, seed: 1 })
  for (const [i, point] of profile.entries()) {
    expect(point.value).toBeCloseTo(of.profile[i], 12)
    const runs = x.reduce((sum, task) => sum + task.length, 0)
    requireNear(point, [of.profileInterval[0][i], of.profileInterval[1][i]], 1.01 / runs)
  }
}
