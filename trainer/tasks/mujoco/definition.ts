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

export interface MujocoDefinition extends TaskFacts {
  name: string
  /** the model as MJCF text; every actuator needs a ctrlrange, which becomes the action's bounds */
  model: string
  /** engine steps a control step; the control period is the model's timestep times this */
  frameSkip: number
  /** control steps after which an episode is cut */
  maxSteps: number
  observationNames: readonly string[]
  actionNames: readonly string[]
  /** adds the start's randomness to the model's initial qpos and to qvel = 0 */
  start(state: State, random: Random): void
  /** writes the observation */
  observe(state: State, observation: Float64Array): void
  /** what `reward` is told the velocity of [m]; without it the velocity is 0 */
  position?(state: State): number
  /** of one control step. state: after it; action: as given, before the engine clamps it; velocity: of `position` over the step [m/s] */
  reward(state: State, action: ArrayLike<number>, velocity: number): number
  /** whether the state ends the episode */
  terminated(state: State): boolean
}

/** With its model read from files, where it is not a text. */
export interface LoadedDefinition extends Omit<MujocoDefinition, 'model'> {
  model: string | ModelFiles
}

/** Uniform noise on all of qpos, then on all of qvel. */
export function uniformStart({ qpos, qvel }: State, random: Random, size: number): void {
  for (let i = 0; i < qpos.length; i++) qpos[i] += random.uniform(-size, size)
  for (let i = 0; i < qvel.length; i++) qvel[i] += random.uniform(-size, size)
}

/** Uniform noise within 0.1 on all of qpos, then normal noise of deviation 0.1 on all of qvel. */
export function livelyStart({ qpos, qvel }: State, random: Random): void {
  for (let i = 0; i < qpos.length; i++) qpos[i] += random.uniform(-0.1, 0.1)
  for (let i = 0; i < qvel.length; i++) qvel[i] += 0.1 * random.normal()
}

/** Sum of squares: what a control cost is a multiple of. */
export function effort(action: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < action.length; i++) sum += action[i] * action[i]
  return sum
}
