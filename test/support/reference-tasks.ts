/** The reference models and rollouts (../shared/reference), where they are present. */
import { existsSync, readFileSync } from 'node:fs'
import { ant } from '../../trainer/tasks/mujoco/ant.ts'
import type { MujocoDefinition } from '../../trainer/tasks/mujoco/definition.ts'
import { halfCheetah } from '../../trainer/tasks/mujoco/half-cheetah.ts'
import { hopper } from '../../trainer/tasks/mujoco/hopper.ts'
import { invertedPendulum } from '../../trainer/tasks/mujoco/inverted-pendulum.ts'
import { walker2d } from '../../trainer/tasks/mujoco/walker2d.ts'

const folder = new URL('../../../shared/reference/', import.meta.url)

export const present = existsSync(folder)

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

const read = (path: string) => JSON.parse(readFileSync(new URL(path, folder), 'utf8'))

export const referenceModel = (name: string): Record<string, unknown> => read(`models/${name}.json`)
export const referenceRollouts = (name: string): Rollout[] => read(`rollouts/${name}.json`).rollouts
