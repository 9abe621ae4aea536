/**
 * States that a student comes to by itself, each with what the teacher would do there (DAgger; Ross, Gordon and Bagnell 2011): a student that
 * only knows the teacher's states is lost off them. Actor and labeller are apart, and need a task to meet in.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { randomStream } from '../random.ts'
import type { Controller } from '../tasks/evaluate.ts'
import type { Task } from '../tasks/task.ts'

export interface OwnStates {
  seed: number
  /** other rounds have other episodes; the policy changes between them */
  round: number
  /** absent: episodes end by the task's rule and its time limit alone */
  floor?: RewardFloor
}

/** Where an episode is given up, in reward a step. */
export interface RewardFloor {
  /** the teacher's mean: the smoothed reward starts here, so that the start is no end */
  mean: number
  /** the episode ends once its smoothed reward is below */
  endBelow: number
}

/** Who acts in an episode: the student alone in half of them, since those are the states that count. */
const ALONE = 0.5
/** The student with noise, for states around its own; in the rest, student and teacher take turns, so that it sees the way back. */
const NOISY = 0.25
/** of the noise, in half action ranges: an episode draws one */
const SIGMAS = [0.05, 0.1, 0.2]
/** At each step, that the other takes over: a turn is 50 steps on average, long enough to leave the other's states. */
const SWITCH = 0.02
/** Steps over which rewards are smoothed (1 / the weight of the newest): longer than a stumble, far shorter than an episode. */
const SMOOTHING = 100

/** One episode of own states. */
export interface OwnEpisode {
  /** of observation | teacher's clean action, shape (steps of the environment, observations + actions) */
  rows: Float32Array<ArrayBuffer>
  /** it fell, or was given up: what it ends with led there */
  lost: boolean
}

/** One episode, from a random stream of its own. */
export function ownEpisode(
  task: Task,
  student: Controller,
  teacher: Controller,
  { seed, round, floor }: OwnStates,
  episode: number,
): OwnEpisode {
  const { observationNames, actionNames, actionLow, actionHigh, maxSteps } = task.spec
  const [observationSize, actionSize] = [observationNames.length, actionNames.length]
  const width = observationSize + actionSize
  const random = randomStream(seed, 'own', round, episode)
  const kind = random.uniform()
  const sigma = kind >= ALONE && kind < ALONE + NOISY ? SIGMAS[random.below(SIGMAS.length)] : 0
  const change = kind >= ALONE + NOISY ? SWITCH : 0
  let studentActs = change === 0 || random.uniform() < 0.5
  task.reset(random)
  const rows = new Float32Array(maxSteps * width)
  const action = new Float32Array(actionSize)
  let smoothed = floor?.mean ?? 0
  let step = 0
  let lost = false
  for (let ended = false; !ended; step++) {
    const label = rows.subarray(step * width + observationSize, (step + 1) * width)
    rows.set(task.observation, step * width)
    teacher(task.observation, label)
    for (let i = 0; i < actionSize; i++) label[i] = Math.max(actionLow[i], Math.min(actionHigh[i], label[i]))
    if (change > 0 && random.uniform() < change) studentActs = !studentActs
    if (studentActs) student(task.observation, action)
    else action.set(label)
    for (let i = 0; i < actionSize; i++) {
      const [low, high] = [actionLow[i], actionHigh[i]]
      const noise = sigma > 0 ? (sigma * (high - low) * random.normal()) / 2 : 0
      action[i] = Math.max(low, Math.min(high, action[i] + noise))
    }
    smoothed += (task.step(action) - smoothed) / SMOOTHING
    lost = task.terminated || (floor !== undefined && smoothed < floor.endBelow)
    ended = lost || step + 1 === maxSteps
  }
  return { rows: rows.slice(0, step * width), lost }
}

/** The teacher plays as many episodes to find the floor. */
const FLOOR_EPISODES = 10
/** Of the teacher's mean reward, what an episode may lose before it is given up. */
const MOST_LOST = 0.7
/** How many times further below its mean than the teacher itself ever comes. */
const BEYOND_TEACHER = 2

/** The floor of a task, the steps that the teacher took for it, and what it returned. Gives room between its episodes, for Ctrl-C. */
export async function teacherFloor(
  task: Task,
  teacher: Controller,
  seed: number,
): Promise<{ floor: RewardFloor; steps: number; meanReturn: number }> {
  const action = new Float32Array(task.spec.actionNames.length)
  const episodes: number[][] = []
  for (let episode = 0; episode < FLOOR_EPISODES; episode++) {
    task.reset(randomStream(seed, 'own', 'floor', episode))
    const rewards: number[] = []
    for (let step = 0; step < task.spec.maxSteps && !task.terminated; step++) {
      teacher(task.observation, action)
      rewards.push(task.step(action))
    }
    episodes.push(rewards)
    await turn()
  }
  const floor = floorOf(episodes)
  const steps = episodes.reduce((sum, { length }) => sum + length, 0)
  return { floor, steps, meanReturn: (floor.mean * steps) / FLOOR_EPISODES }
}

/**
 * The floor by a teacher's rewards, shape (episodes, steps of each; two episodes or more): 30 % of its mean reward, or what is as far below
 * a mean that is not positive; and further down where the teacher comes near that itself, as in a swing-up, which earns little until it is up.
 */
export function floorOf(episodes: readonly (readonly number[])[]): RewardFloor {
  const all = episodes.flat()
  const mean = all.reduce((sum, reward) => sum + reward, 0) / all.length
  const lowest = episodes.map((rewards) => lowestSmoothed(rewards, mean)).sort((a, b) => a - b)
  // the second: a teacher that fails once in a while does not set the measure
  const teachersOwn = mean - lowest[1]
  return { mean, endBelow: mean - Math.max(MOST_LOST * Math.abs(mean), BEYOND_TEACHER * teachersOwn) }
}

function lowestSmoothed(rewards: readonly number[], start: number): number {
  let smoothed = start
  let lowest = start
  for (const reward of rewards) {
    smoothed += (reward - smoothed) / SMOOTHING
    lowest = Math.min(lowest, smoothed)
  }
  return lowest
}
