/** Returns of a policy: the undiscounted sum of rewards, one per episode. */
import { randomStream } from '../random.ts'
import type { Task } from './task.ts'

/** Writes the action for an observation. */
export type Controller = (observation: ArrayLike<number>, action: Float32Array) => void

export interface ReturnStatistics {
  mean: number
  /** of the episodes, not of the mean */
  std: number
  episodes: number
}

/** Seeds of one purpose never meet those of another: training, picking and reporting see different episodes. */
export type Purpose = 'progress' | 'pick' | 'report'

/** One episode from the start state of (seed, purpose, index); its return. */
export function runEpisode(task: Task, control: Controller, seed: number, purpose: string, index: number): number {
  const action = new Float32Array(task.spec.actionNames.length)
  task.reset(randomStream(seed, purpose, index))
  let total = 0
  for (let step = 0; step < task.spec.maxSteps && !task.terminated; step++) {
    control(task.observation, action)
    total += task.step(action)
  }
  return total
}

/** Returns of episodes 0 … `episodes` - 1. */
export function episodeReturns(
  task: Task,
  control: Controller,
  seed: number,
  purpose: Purpose,
  episodes: number,
): Float64Array {
  const returns = new Float64Array(episodes)
  for (let i = 0; i < episodes; i++) returns[i] = runEpisode(task, control, seed, purpose, i)
  return returns
}

export function statistics(returns: Float64Array): ReturnStatistics {
  const episodes = returns.length
  const mean = returns.reduce((sum, x) => sum + x, 0) / episodes
  const variance = returns.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, episodes - 1)
  return { mean, std: Math.sqrt(variance), episodes }
}

export const evaluate = (task: Task, control: Controller, seed: number, purpose: Purpose, episodes: number) =>
  statistics(episodeReturns(task, control, seed, purpose, episodes))
