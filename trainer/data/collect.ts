/** Lets a teacher act in its task and keeps what happened. */
import { randomStream } from '../random.ts'
import type { Controller } from '../tasks/evaluate.ts'
import type { Task } from '../tasks/task.ts'
import { columnsOf } from './columns.ts'

export interface Exploration {
  /**
   * Gaussian noise on the executed action, in units of half the action range; each episode draws one of these. Without noise a student
   * only ever sees the teacher's own states and fails off them.
   */
  sigmas: readonly number[]
  seed: number
}

export interface CollectOptions extends Exploration {
  transitions: number
}

export const collectDefaults = { sigmas: [0, 0.1, 0.2, 0.3] } as const

/** Yields one episode after another as rows of `columnsOf`, `transitions` in all (the last one may be cut). */
export function* collect(task: Task, teacher: Controller, options: CollectOptions): Generator<Float32Array> {
  const { width } = columnsOf(task.spec.observationNames.length, task.spec.actionNames.length)
  let left = options.transitions
  for (let episode = 0; left > 0; episode++) {
    const rows = collectEpisode(task, teacher, options, episode).subarray(0, left * width)
    left -= rows.length / width
    yield rows
  }
}

/** The whole of one episode, from a random stream of its own: the same whoever collects it, and whatever was collected before. */
export function collectEpisode(
  task: Task,
  teacher: Controller,
  { sigmas, seed }: Exploration,
  episode: number,
): Float32Array<ArrayBuffer> {
  const { spec } = task
  const [observationSize, actionSize] = [spec.observationNames.length, spec.actionNames.length]
  const columns = columnsOf(observationSize, actionSize)
  const clean = new Float32Array(actionSize)
  const action = new Float32Array(actionSize)
  const random = randomStream(seed, 'collect', episode)
  const sigma = sigmas[random.below(sigmas.length)]
  task.reset(random)
  const rows = new Float32Array(spec.maxSteps * columns.width)
  let step = 0
  for (let ended = false; !ended; step++) {
    const row = rows.subarray(step * columns.width, (step + 1) * columns.width)
    row.set(task.observation, columns.observation)
    teacher(task.observation, clean)
    for (let i = 0; i < actionSize; i++) {
      const [low, high] = [spec.actionLow[i], spec.actionHigh[i]]
      const noisy = clean[i] + (sigma * (high - low) * random.normal()) / 2
      action[i] = Math.max(low, Math.min(high, noisy))
    }
    row.set(action, columns.action)
    row.set(clean, columns.teacherAction)
    row[columns.reward] = task.step(action)
    row.set(task.observation, columns.next)
    row[columns.terminal] = task.terminated ? 1 : 0
    row[columns.timeout] = !task.terminated && step + 1 === spec.maxSteps ? 1 : 0
    ended = task.terminated || step + 1 === spec.maxSteps
  }
  return rows.slice(0, step * columns.width)
}
