/** Returns of a policy: the undiscounted sum of rewards, one per episode. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Policy } from '../../runtime-as/kernel/policy.ts'
import { randomStream } from '../random.ts'
import type { Task } from './task.ts'

/** of one evaluation: every return is kept */
export const MOST_EPISODES = 1_000_000

/** Writes the action, shape (actions), for an observation, shape (observations), both in the units of the task. */
export type Controller = (observation: ArrayLike<number>, action: Float32Array) => void

/**
 * A loaded policy acts.
 *
 * @param policy as `loadPolicy` gives it
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { loadPolicy } from 'bpd'
 * import { controllerOf } from 'bpd/train'
 *
 * const control = controllerOf(loadPolicy(readFileSync('student.bpd')))
 * const action = new Float32Array(1)
 * control([1, 0, 0], action)
 */
export const controllerOf =
  (policy: Pick<Policy, 'stepInto'>): Controller =>
  (observation, action) =>
    policy.stepInto(observation, action)

/** Undiscounted returns of episodes. */
export interface ReturnStatistics {
  /** in the units of the task's reward, and so below */
  mean: number
  /** standard deviation of the episodes, not of the mean */
  std: number
  /** how many */
  episodes: number
}

/** Seeds of one purpose never meet those of another: training, picking and reporting see different episodes. */
export type Purpose = 'progress' | 'pick' | 'report'

/** How one episode went. */
export interface Outcome {
  return: number
  /** the task's own rule ended it, before the time limit. Whether it failed is told beside a teacher's: failed.ts */
  fell: boolean
  /** steps whose observation the policy's contract clamped, or refused; absent where it has no bounds */
  outside?: { clamped: number; refused: number }
}

/** One episode from the start state of (seed, purpose, index). */
export function playEpisode(task: Task, control: Controller, seed: number, purpose: string, index: number): Outcome {
  const step = stepsOf(task, control, seed, purpose, index)
  for (;;) {
    const outcome = step()
    if (outcome) return outcome
  }
}

/** milliseconds after which there is room for other work within an episode, too */
export const TURN_MS = 100

/** The same, with room for other work where it takes long: a line that moves, Ctrl-C. */
export async function playInTurns(...parameters: Parameters<typeof playEpisode>): Promise<Outcome> {
  const step = stepsOf(...parameters)
  for (let turned = performance.now(); ; ) {
    const outcome = step()
    if (outcome) return outcome
    if (performance.now() - turned < TURN_MS) continue
    await turn()
    turned = performance.now()
  }
}

/** What `playEpisode` does, a step a call; the call after the last step gives what came of it. */
function stepsOf(
  task: Task,
  control: Controller,
  seed: number,
  purpose: string,
  index: number,
): () => Outcome | undefined {
  const { maxSteps, actionNames } = task.spec
  const action = new Float32Array(actionNames.length)
  task.reset(randomStream(seed, purpose, index))
  let [total, steps] = [0, 0]
  return () => {
    if (steps === maxSteps || task.terminated) return { return: total, fell: task.terminated }
    control(task.observation, action)
    total += task.step(action)
    steps++
    return undefined
  }
}

/** The return of one episode. */
export const runEpisode = (task: Task, control: Controller, seed: number, purpose: string, index: number): number =>
  playEpisode(task, control, seed, purpose, index).return

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

/** Undiscounted returns of episodes, and how many fell. */
export interface OutcomeStatistics extends ReturnStatistics {
  /** of the episodes */
  median: number
  /** share of the episodes, 0..1, that the task's own rule ended, before the time limit */
  fellRate: number
}

export function outcomeStatistics(outcomes: readonly Outcome[]): OutcomeStatistics {
  const returns = Float64Array.from(outcomes, (o) => o.return)
  const fell = outcomes.filter((o) => o.fell).length
  return { ...statistics(returns), median: median(returns), fellRate: fell / outcomes.length }
}

/** Of an even number, the mean of the middle two. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export const evaluate = (task: Task, control: Controller, seed: number, purpose: Purpose, episodes: number) =>
  statistics(episodeReturns(task, control, seed, purpose, episodes))

/** `evaluate`, in turns. */
export const evaluateInTurns = async (...parameters: Parameters<typeof returnsInTurns>): Promise<ReturnStatistics> =>
  statistics(await returnsInTurns(...parameters))

/** `episodeReturns`, with room for other work on the way. onEpisode: how many are done. */
export async function returnsInTurns(
  task: Task,
  control: Controller,
  { seed, purpose, episodes }: { seed: number; purpose: Purpose; episodes: number },
  onEpisode?: (done: number) => void,
): Promise<Float64Array> {
  const returns = new Float64Array(episodes)
  for (let i = 0; i < episodes; i++) {
    returns[i] = (await playInTurns(task, control, seed, purpose, i)).return
    onEpisode?.(i + 1)
    await turn()
  }
  return returns
}
