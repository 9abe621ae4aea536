import type { Random } from '../random.ts'

/** Facts about a task that do not change while it runs. */
export interface TaskSpec {
  name: string
  observationNames: readonly string[]
  actionNames: readonly string[]
  actionLow: readonly number[]
  actionHigh: readonly number[]
  /** control period in seconds */
  period: number
  /** steps after which an episode is cut (a timeout, not a terminal) */
  maxSteps: number
}

/** One environment. The arrays it exposes are its own and are overwritten in place: nothing is allocated per step. */
export interface Task {
  readonly spec: TaskSpec
  /** the current observation, float64, written by reset and step */
  readonly observation: Float64Array
  /** true when the last step ended the episode by the task's own rule; never by the time limit */
  readonly terminated: boolean
  /** draws a start state */
  reset(random: Random): void
  /** applies one action for one control period and returns the reward */
  step(action: ArrayLike<number>): number
  /** gives back memory that the garbage collector does not know; the task is not used afterwards */
  close?(): void
}
