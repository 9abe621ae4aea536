/**
 * What a module exports as its default to be a task of one's own: see docs/your-robot.md. Nothing here does anything: the functions give
 * back what they are given, with a type, and a plain object of the same fields is a task too.
 */
import type { Random } from '../../random.ts'
import type { Recipe } from '../../recipe.ts'
import type { MujocoDefinition } from '../mujoco/definition.ts'
import type { TaskSpec } from '../task.ts'

/** One environment, as `create` gives it. What it exposes is read after each reset and step; it may be the same array or another. */
export interface Environment {
  /** the current observation, as many finite numbers as there are names */
  readonly observation: ArrayLike<number>
  /** true when the last step ended the episode by the task's own rule; the time limit is `maxSteps` and none of its concern */
  readonly terminated: boolean
  /**
   * Draws a start state.
   *
   * @param random where its numbers come from, and they come from nowhere else: then an episode can be played again
   */
  reset(random: Random): void
  /**
   * Applies one action for one control period and returns the reward.
   *
   * @param action shape (actions), within their bounds
   */
  step(action: Float32Array): number
  /** gives back what it holds; it is not used afterwards */
  close?(): void
}

/** A task with an environment of one's own. */
export interface TaskDefinition extends TaskSpec {
  /** a new environment; each worker makes its own */
  create(): Environment
  /** awaited once before the first `create` */
  prepare?(): Promise<unknown> | unknown
  /** what `bpd distill` does unless told otherwise; what is left out comes from a small recipe for 20,000 transitions */
  recipe?: Partial<Recipe>
  /** reward that every step earns for not having ended, whatever is done: `bpd search` does not climb it; left out: 0 */
  survivalBonus?: number
}

/** A task on a model in MJCF. */
export interface MujocoTaskDefinition extends Omit<MujocoDefinition, 'model' | 'recipe' | 'reproduction' | 'origin'> {
  /** MJCF: its text, or a file's path from the folder of the module; includes and meshes are found from there */
  model: string
  /** what `bpd distill` does unless told otherwise; what is left out comes from a small recipe for 20,000 transitions */
  recipe?: Partial<Recipe>
}

/**
 * A task with an environment of one's own: gives back what it is given, with a type.
 *
 * @param definition a module's default export
 *
 * @example
 * import { defineTask } from 'bpd/train'
 *
 * const task = defineTask({
 *   name: 'hold-still',
 *   observationNames: ['place [m]'],
 *   actionNames: ['push [m]'],
 *   actionLow: [-1],
 *   actionHigh: [1],
 *   period: 0.1,
 *   maxSteps: 100,
 *   create() {
 *     let place = 0
 *     return {
 *       get observation() {
 *         return [place]
 *       },
 *       terminated: false,
 *       reset(random) {
 *         place = random.uniform(-1, 1)
 *       },
 *       step([push]) {
 *         place += push
 *         return -(place ** 2)
 *       },
 *     }
 *   },
 * })
 * console.log(task.name) // => hold-still
 */
export const defineTask = (definition: TaskDefinition): TaskDefinition => definition

/**
 * A task on a MuJoCo model: gives back what it is given, with a type.
 *
 * @param definition a module's default export
 *
 * @example
 * import { defineMujocoTask, uniformStart } from 'bpd/train'
 *
 * const task = defineMujocoTask({
 *   name: 'slider',
 *   model: './slider.xml',
 *   frameSkip: 2,
 *   maxSteps: 200,
 *   observationNames: ['place [m]', 'speed [m/s]'],
 *   actionNames: ['force [N]'],
 *   start: (state, random) => uniformStart(state, random, 0.1),
 *   observe({ qpos, qvel }, observation) {
 *     observation[0] = qpos[0]
 *     observation[1] = qvel[0]
 *   },
 *   reward: ({ qpos }) => -(qpos[0] ** 2),
 *   terminated: () => false,
 * })
 * console.log(task.model) // => ./slider.xml
 */
export const defineMujocoTask = (definition: MujocoTaskDefinition): MujocoTaskDefinition => definition
