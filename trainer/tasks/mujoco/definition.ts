/** What makes a task on the MuJoCo engine. See README.md beside registry.ts for a worked example. */
import type { Random } from '../../random.ts'
import type { TaskFacts } from '../task.ts'
import type { ModelFiles } from './model-files.ts'

/** Live views on the engine's memory; valid within the call they are handed to, never to be kept. */
export interface State {
  /** generalised positions, in joint order [m, rad; a free joint: x y z and a quaternion w x y z] */
  qpos: Float64Array
  /** generalised velocities, in joint order [m/s, rad/s] */
  qvel: Float64Array
  /** positions of the bodies in the world, x y z each [m], as of the engine's last evaluation within the step */
  xpos: Float64Array
}

/** A task on the MuJoCo engine. */
export interface MujocoDefinition extends TaskFacts {
  name: string
  /** the model as MJCF text; every actuator needs a ctrlrange, which becomes the action's bounds */
  model: string
  /** engine steps a control step; the control period is the model's timestep times this */
  frameSkip: number
  /** control steps after which an episode is cut */
  maxSteps: number
  /** shape (observations) */
  observationNames: readonly string[]
  /** shape (actions), in the order of the actuators */
  actionNames: readonly string[]
  /**
   * Adds the start's randomness to the model's initial qpos and to qvel = 0.
   *
   * @param state as the model has it
   * @param random where its numbers come from
   */
  start(state: State, random: Random): void
  /**
   * Writes the observation.
   *
   * @param state after a reset or a step
   * @param observation shape (observations)
   */
  observe(state: State, observation: Float64Array): void
  /** what `reward` is told the velocity of [m], by the state before and after a step; without it the velocity is 0 */
  position?: (state: State) => number
  /**
   * Of one control step.
   *
   * @param state after it
   * @param action shape (actions), as given, before the engine clamps it
   * @param velocity of `position` over the step [m/s]
   */
  reward(state: State, action: ArrayLike<number>, velocity: number): number
  /**
   * Whether the state ends the episode.
   *
   * @param state after the step
   */
  terminated(state: State): boolean
}

/** With its model read from files, where it is not a text. */
export interface LoadedDefinition extends Omit<MujocoDefinition, 'model'> {
  model: string | ModelFiles
}

/**
 * Uniform noise on all of qpos, then on all of qvel.
 *
 * @param state as the model has it
 * @param random where the noise comes from
 * @param size largest noise, in the unit of each entry
 *
 * @example
 * import { defineMujocoTask, uniformStart } from 'bpd/train'
 *
 * const task = defineMujocoTask({
 *   name: 'slider',
 *   model: './slider.xml',
 *   frameSkip: 2,
 *   maxSteps: 200,
 *   observationNames: ['place [m]'],
 *   actionNames: ['force [N]'],
 *   start: (state, random) => uniformStart(state, random, 0.1),
 *   observe: ({ qpos }, observation) => observation.set(qpos),
 *   reward: ({ qpos }) => -(qpos[0] ** 2),
 *   terminated: () => false,
 * })
 * console.log(task.maxSteps) // => 200
 */
export function uniformStart(state: State, random: Random, size: number): void {
  const { qpos, qvel } = state
  for (let i = 0; i < qpos.length; i++) qpos[i] += random.uniform(-size, size)
  for (let i = 0; i < qvel.length; i++) qvel[i] += random.uniform(-size, size)
}

/**
 * Uniform noise within 0.1 on all of qpos, then normal noise of deviation 0.1 on all of qvel.
 *
 * @param state as the model has it
 * @param random where the noise comes from
 *
 * @example
 * import { defineMujocoTask, livelyStart } from 'bpd/train'
 *
 * const task = defineMujocoTask({
 *   name: 'walker',
 *   model: './walker.xml',
 *   frameSkip: 4,
 *   maxSteps: 1000,
 *   observationNames: ['height [m]'],
 *   actionNames: ['torque [N m]'],
 *   start: livelyStart,
 *   observe: ({ qpos }, observation) => observation.set(qpos),
 *   position: ({ qpos }) => qpos[0],
 *   reward: (_, action, velocity) => velocity,
 *   terminated: ({ qpos }) => qpos[2] < 0.5,
 * })
 * console.log(task.frameSkip) // => 4
 */
export function livelyStart(state: State, random: Random): void {
  const { qpos, qvel } = state
  for (let i = 0; i < qpos.length; i++) qpos[i] += random.uniform(-0.1, 0.1)
  for (let i = 0; i < qvel.length; i++) qvel[i] += 0.1 * random.normal()
}

/**
 * Sum of squares: what a control cost is a multiple of.
 *
 * @param action shape (actions)
 *
 * @example
 * import { effort } from 'bpd/train'
 *
 * console.log(effort([3, 4])) // => 25
 */
export function effort(action: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < action.length; i++) sum += action[i] * action[i]
  return sum
}
