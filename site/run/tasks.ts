/** The tasks that the page can play: the trainer's own environments, and how each is pushed. */
import { ant } from '../../trainer/tasks/mujoco/ant.ts'
import type { MujocoDefinition } from '../../trainer/tasks/mujoco/definition.ts'
import { MujocoTask } from '../../trainer/tasks/mujoco/environment.ts'
import { halfCheetah } from '../../trainer/tasks/mujoco/half-cheetah.ts'
import { hopper } from '../../trainer/tasks/mujoco/hopper.ts'
import { walker2d } from '../../trainer/tasks/mujoco/walker2d.ts'
import { Pendulum } from '../../trainer/tasks/pendulum.ts'
import type { Task } from '../../trainer/tasks/task.ts'

/** A push: along x, and along z where the task has one, each -1..1; 0, 0: none. */
export type Push = readonly [x: number, z: number]

export interface Playable {
  /** in words, for the picture's label */
  about: string
  /** what a push does at most, in words */
  pushes: string
  /** needs the physics engine */
  physics: boolean
  create(): Pushable
}

/** An environment, and a hand at it. */
export interface Pushable {
  readonly task: Task
  /** for the step that follows */
  push(push: Push): void
}

/** rad/s that a full push adds in a step */
const PENDULUM_PUSH = 0.5

const pendulum: Playable = {
  about: 'a rod that a weak motor swings up and holds',
  pushes: `${PENDULUM_PUSH} rad/s a step`,
  physics: false,
  create() {
    const task = new Pendulum()
    const push = ([x]: Push) => {
      if (x === 0) return
      const [cosine, sine, velocity] = task.observation
      task.setState(Math.atan2(sine, cosine), Math.max(-8, Math.min(8, velocity + PENDULUM_PUSH * x)))
    }
    return { task, push }
  },
}

/** The torso is the first body in the world. */
const TORSO = 1

/** newtons: a full push at the torso */
const onMujoco = (definition: MujocoDefinition, about: string, newtons: number): Playable => ({
  about,
  pushes: `${newtons} N at the torso`,
  physics: true,
  create() {
    const task = new MujocoTask(definition)
    const push = ([x, z]: Push) => {
      const force = task.physics.data.xfrc_applied as Float64Array
      force[6 * TORSO] = newtons * x
      force[6 * TORSO + 2] = newtons * z
    }
    return { task, push }
  },
})

/** By the name that contracts carry. */
export const playable: Readonly<Record<string, Playable>> = {
  pendulum,
  hopper: onMujoco(hopper, 'one leg that hops forward', 60),
  walker2d: onMujoco(walker2d, 'two legs that walk forward', 60),
  halfcheetah: onMujoco(halfCheetah, 'a running half of a cheetah', 150),
  ant: onMujoco(ant, 'four legs that walk along', 40),
}
