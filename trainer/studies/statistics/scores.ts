/**
 * Aggregates of scores over seeds and tasks, as rliable defines them (Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the
 * Statistical Precipice"; package rliable 1.2): the same trimming, strata and comparisons, so that a figure here is a figure there.
 */

import { median } from '../../tasks/evaluate.ts'

/** Scores of one contender: one list a task, one score a seed in it. Tasks may have different numbers of seeds. */
export type Scores = readonly (readonly number[])[]

export const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length

/** Interquartile mean over all seeds of all tasks: floor(n / 4) scores are left out at either end (scipy's trim_mean of 0.25). */
export function interquartileMean(scores: Scores): number {
  const sorted = scores.flat().sort((a, b) => a - b)
  const cut = Math.floor(sorted.length / 4)
  return mean(sorted.slice(cut, sorted.length - cut))
}

/** Mean over the tasks of each task's mean (rliable's aggregate_mean). */
export const meanOfTasks = (scores: Scores): number => mean(scores.map(mean))

/** Median over the tasks of each task's mean (rliable's aggregate_median). */
export const medianOfTasks = (scores: Scores): number => median(scores.map(mean))

/** Share of the runs whose score is above each threshold, each task with the same weight: a performance profile (score distribution). */
export const performanceProfile = (scores: Scores, thresholds: readonly number[]): number[] =>
  thresholds.map((least) => mean(scores.map((task) => task.filter((x) => x > least).length / task.length)))

/**
 * Probability that a run of `x` scores higher than one of `y` in the same task, ties half: Mann and Whitney's U over the number of pairs, mean over
 * the tasks. 0.5: neither is better.
 */
export const probabilityOfImprovement = (x: Scores, y: Scores): number =>
  mean(x.map((ours, task) => ofTask(ours, y[task])))

function ofTask(x: readonly number[], y: readonly number[]): number {
  let won = 0
  for (const a of x) for (const b of y) won += a > b ? 1 : a === b ? 0.5 : 0
  return won / (x.length * y.length)
}

/** Score of `x` minus that of `y` on the same task and seed: on the same data, and the same episodes. */
export const pairedDifferences = (x: Scores, y: Scores): Scores =>
  x.map((ours, task) => ours.map((score, seed) => score - y[task][seed]))
