/** The MuJoCo tasks beside their reference models and rollouts. */
import { ant } from '../../trainer/tasks/mujoco/ant.ts'
import type { MujocoDefinition } from '../../trainer/tasks/mujoco/definition.ts'
import { halfCheetah } from '../../trainer/tasks/mujoco/half-cheetah.ts'
import { hopper } from '../../trainer/tasks/mujoco/hopper.ts'
import { invertedPendulum } from '../../trainer/tasks/mujoco/inverted-pendulum.ts'
import { walker2d } from '../../trainer/tasks/mujoco/walker2d.ts'
import { readFixture, readRollouts } from './fixtures.ts'

export const definitions: [reference: string, definition: MujocoDefinition][] = [
  ['Hopper', hopper],
  ['Walker2d', walker2d],
  ['HalfCheetah', halfCheetah],
  ['Ant', ant],
  ['InvertedPendulum', invertedPendulum],
]

export interface Rollout {
  name: string
  qpos: number[]
  qvel: number[]
  obs0: number[]
  actions: number[][]
  obs: number[][]
  reward: number[]
  terminated: boolean[]
  /** largest difference of the observation after so many steps, caused by a start moved by 1e-14 */
  sensitivity: Record<string, number>
}

export const referenceModel = (name: string): Record<string, unknown> =>
  JSON.parse(readFixture(`models/${name}.json`).toString('utf8'))
export const referenceRollouts = (name: string): Rollout[] => readRollouts(name)
