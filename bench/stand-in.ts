/**
 * A log for a four-legged policy without its simulator: the policy runs on a stand-in. Its joints follow their targets with a lag, the body's
 * velocities and tilt wander as filtered noise of a walking robot's size, commands change now and then, and a part of the actions is
 * disturbed, as exploration would. So observations hang together as a real log's do (positions, their rates, the action before), but nothing of
 * it is a walk.
 */
import { randomStream } from '../trainer/random.ts'
import type { Controller } from '../trainer/tasks/evaluate.ts'

const joints = 12
/** base velocity, turning rate, gravity in the body's frame; joint positions, their rates, the action before; the command */
export const observationNames: readonly string[] = [
  ...['velocity', 'turning', 'gravity'].flatMap((name) => ['x', 'y', 'z'].map((axis) => `${name}.${axis}`)),
  ...['q', 'dq', 'last'].flatMap((name) => Array.from({ length: joints }, (_, i) => `${name}${i}`)),
  ...['x', 'y', 'yaw'].map((axis) => `command.${axis}`),
]
const observationSize = observationNames.length
export const period = 0.02

/** Mean and standard deviation of the first nine: those that the Go1 policy's own normaliser has seen. */
const body = {
  mean: [-0.04, 0, 0.01, 0, 0, 0.02, 0.01, 0, -0.99],
  std: [0.68, 0.29, 0.24, 1.26, 0.67, 2.09, 0.07, 0.09, 0.05],
}
const command = [1.5, 0.8, 1.2]

export interface StandIn {
  seed: number
  rows: number
  /** of an episode */
  steps: number
  /** radians a unit of action */
  actionScale: number
  /** share of the way to its target that a joint goes in a step */
  follow: number
}

/** Rows of observation and executed action; after each `steps` a new episode begins. */
export function standInLog(policy: Controller, { seed, rows, steps, actionScale, follow }: StandIn) {
  const width = observationSize + joints
  const log = new Float32Array(rows * width)
  const clean = new Float32Array(joints)
  const observation = new Float32Array(observationSize)
  for (let row = 0; row < rows; row++) {
    const episode = Math.floor(row / steps)
    const random = randomStream(seed, 'stand-in', row)
    const [wander, position, rate, before, wanted] = [
      observation.subarray(0, 9),
      observation.subarray(9, 9 + joints),
      observation.subarray(9 + joints, 9 + 2 * joints),
      observation.subarray(9 + 2 * joints, 9 + 3 * joints),
      observation.subarray(9 + 3 * joints),
    ]
    if (row % steps === 0) {
      observation.fill(0)
      for (let i = 0; i < 9; i++) wander[i] = body.mean[i] + body.std[i] * random.normal()
      for (let i = 0; i < joints; i++) position[i] = 0.2 * random.normal()
    }
    if (row % 150 === 0) for (let i = 0; i < 3; i++) wanted[i] = random.uniform(-command[i], command[i])
    log.set(observation, row * width)
    policy(observation, clean)
    const sigma = [0, 0.05, 0.15][episode % 3]
    for (let i = 0; i < joints; i++) {
      const action = clean[i] + sigma * random.normal()
      log[row * width + observationSize + i] = action
      before[i] = action
      const next = position[i] + follow * (actionScale * action - position[i]) + 0.02 * random.normal()
      rate[i] = (next - position[i]) / period
      position[i] = next
    }
    const keep = 0.9
    for (let i = 0; i < 9; i++)
      wander[i] =
        body.mean[i] + keep * (wander[i] - body.mean[i]) + Math.sqrt(1 - keep ** 2) * body.std[i] * random.normal()
  }
  return { width, log }
}
