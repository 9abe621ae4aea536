/**
 * Pendulum-v1 of Gymnasium: swing a rod up and hold it with a torque that is too weak to lift it directly. State: angle (0 is upright,
 * counted without wrapping) and angular velocity; g = 10, m = 1, l = 1, dt = 0.05 s, semi-implicit Euler. Never terminates.
 */
import type { Random } from '../random.ts'
import { cosine, sine } from '../sine.ts'
import type { Task, TaskEntry, TaskSpec } from './task.ts'

const period = 0.05
const maxTorque = 2
const maxSpeed = 8

const clip = (x: number, limit: number) => Math.max(-limit, Math.min(limit, x))

/** angle in [-pi, pi) */
const wrapped = (angle: number) => {
  const turn = 2 * Math.PI
  return angle + Math.PI - turn * Math.floor((angle + Math.PI) / turn) - Math.PI
}

export class Pendulum implements Task {
  readonly spec: TaskSpec = {
    name: 'pendulum',
    observationNames: ['cos(angle)', 'sin(angle)', 'angular velocity [rad/s]'],
    actionNames: ['torque [N m]'],
    actionLow: [-maxTorque],
    actionHigh: [maxTorque],
    period,
    maxSteps: 200,
  }
  readonly observation = new Float64Array(3)
  readonly terminated = false
  #angle = 0
  #velocity = 0

  reset(random: Random): void {
    const angle = random.uniform(-Math.PI, Math.PI)
    this.setState(angle, random.uniform(-1, 1))
  }

  /** angle in rad, angular velocity in rad/s */
  setState(angle: number, velocity: number): void {
    this.#angle = angle
    this.#velocity = velocity
    this.#observe()
  }

  step(action: ArrayLike<number>): number {
    const torque = clip(action[0], maxTorque)
    const cost = wrapped(this.#angle) ** 2 + 0.1 * this.#velocity ** 2 + 0.001 * torque ** 2
    this.#velocity = clip(this.#velocity + (15 * sine(this.#angle) + 3 * torque) * period, maxSpeed)
    this.#angle += this.#velocity * period
    this.#observe()
    return -cost
  }

  #observe(): void {
    this.observation[0] = cosine(this.#angle)
    this.observation[1] = sine(this.#angle)
    this.observation[2] = this.#velocity
  }
}

/** Student, critics and schedule are small enough for a minute of training. */
export const pendulum: TaskEntry = {
  create: () => new Pendulum(),
  recipe: {
    steps: 16_000,
    hidden: [64, 64],
    criticHidden: [64, 64],
    actorRate: 1e-3,
    // far below the number of transitions: the prior may outweigh cloning early, and tuning repairs what that costs
    dataScale: 5000,
    evaluateEvery: 1000,
    thresholds: [-3, -2, -1.5, -1, -0.5, 0, 1, 2],
    tuneUpdates: 5000,
    pickEpisodes: 100,
    fused: false,
  },
}
