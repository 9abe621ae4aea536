/**
 * What a module exports as its default to be a task of one's own: see docs/your-robot.md. Nothing here does anything: the functions give
 * back what they are given, with a type, and a plain object of the same fields is a task too.
 */
import type { Random } from '../../random.ts'
import type { Recipe } from '../../recipe.ts'
import type { MujocoDefinition } from '../mujoco/definition.ts'
import type { TaskSpec } from '../task.ts'

export type { Random } from '../../random.ts'
export { effort, livelyStart, type State, uniformStart } from '../mujoco/definition.ts'

/** One environment, as `create` gives it. What it exposes is read after each reset and step; it may be the same array or another. */
export interface Environment {
  /** the current observation, as many finite numbers as there are names */
  readonly observation: ArrayLike<number>
  /** true when the last step ended the episode by the task's own rule; the time limit is `maxSteps` and none of its concern */
  readonly terminated: boolean
  /** draws a start state: from `random` and nothing else, so that an episode can be played again */
  reset(random: Random): void
  /** applies one action, within its bounds, for one control period and returns the reward */
  step(action: ArrayLike<number>): number
  close?(): void
}

/** What `bpd distill` does unless told otherwise; what is left out comes from `ownRecipe`. */
type OwnRecipe = Partial<Recipe>

export interface TaskDefinition extends TaskSpec {
  /** a new environment; each worker makes its own */
  create(): Environment
  /** awaited once before the first `create` */
  prepare?(): Promise<unknown> | unknown
  recipe?: OwnRecipe
}

export interface MujocoTaskDefinition extends Omit<MujocoDefinition, 'model' | 'recipe' | 'reproduction' | 'origin'> {
  /** MJCF: its text, or a file's path from the folder of the module; includes and meshes are found from there */
  model: string
  recipe?: OwnRecipe
}

export const defineTask = (definition: TaskDefinition): TaskDefinition => definition

export const defineMujocoTask = (definition: MujocoTaskDefinition): MujocoTaskDefinition => definition
