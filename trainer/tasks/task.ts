import type { Random } from '../random.ts'
import type { Recipe } from '../recipe.ts'

/** Facts about a task that do not change while it runs. */
export interface TaskSpec {
  name: string
  /** shape (observations) */
  observationNames: readonly string[]
  /** shape (actions) */
  actionNames: readonly string[]
  /** shape (actions), in the units of each */
  actionLow: readonly number[]
  /** shape (actions), in the units of each */
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
  /**
   * Draws a start state.
   *
   * @param random where its numbers come from
   */
  reset(random: Random): void
  /**
   * Applies one action for one control period and returns the reward.
   *
   * @param action shape (actions), in the units of each
   */
  step(action: ArrayLike<number>): number
  /** gives back memory that the garbage collector does not know; the task is not used afterwards */
  close?(): void
}

/** Where a task comes from that is none of ours, for cards and checkpoints. */
export interface TaskOrigin {
  /** a module's path, or `exec:` and a command: as the user named it */
  task: string
  /** sha256 by path, of what it is made of as far as that is known */
  files: Readonly<Record<string, string>>
}

/** What a task is distilled with where it differs from the authors' defaults. Its number of steps is always said. */
export type TaskRecipe = Partial<Recipe> & Pick<Recipe, 'steps'>

/** All that is known of a task beside its environment. */
export interface TaskFacts {
  recipe: TaskRecipe
  /** reward that every step earns for not having ended, whatever is done: a search does not climb it. Absent: none, or nobody knows */
  survivalBonus?: number
  /** what `bpd reproduce` does with it; absent: the paper has no such task */
  reproduction?: Reproduction
  /** absent: it stands in the registry */
  origin?: TaskOrigin
}

/** A task as it stands in the registry. */
export interface TaskEntry extends TaskFacts {
  create(): Task
  /** what must be loaded before the first `create` */
  prepare?(): Promise<unknown>
}

/** From teacher to the paper's row. */
export interface Reproduction {
  /** of each seed */
  transitions: number
  /** of the noise in the data, where it is not that of `bpd collect` */
  sigmas?: readonly number[]
  paper: PaperRow
}

/** The paper's row (Kim et al. 2026, EAAI 166). Shares, not per cent. */
export interface PaperRow {
  teacherReturn: number
  studentReturn: number
  retained: number
  /** surviving weights / parameters of the (400, 300) network */
  kept: number
}
