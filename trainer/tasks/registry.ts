/** The tasks by name. A task of one's own: one file, one line here (README.md). */
import { InputError } from '../../runtime-as/errors.ts'
import { ant } from './mujoco/ant.ts'
import type { MujocoDefinition } from './mujoco/definition.ts'
import { loadEngine } from './mujoco/engine.ts'
import { MujocoTask } from './mujoco/environment.ts'
import { halfCheetah } from './mujoco/half-cheetah.ts'
import { hopper } from './mujoco/hopper.ts'
import { invertedPendulum } from './mujoco/inverted-pendulum.ts'
import { walker2d } from './mujoco/walker2d.ts'
import { Pendulum } from './pendulum.ts'
import type { Task } from './task.ts'

interface Entry {
  create(): Task
  /** what must be loaded before the first `create` */
  prepare?(): Promise<unknown>
}

const onMujoco = (definition: MujocoDefinition): Entry => ({
  create: () => new MujocoTask(definition),
  prepare: loadEngine,
})

const tasks: Record<string, Entry> = {
  pendulum: { create: () => new Pendulum() },
  'inverted-pendulum': onMujoco(invertedPendulum),
  hopper: onMujoco(hopper),
  walker2d: onMujoco(walker2d),
  halfcheetah: onMujoco(halfCheetah),
  ant: onMujoco(ant),
}

export const taskNames = (): string[] => Object.keys(tasks)

function entry(name: string): Entry {
  if (!Object.hasOwn(tasks, name)) throw new InputError(`task "${name}": expected one of ${taskNames().join(', ')}`)
  return tasks[name]
}

/** Loads what a task needs (the physics engine, for some); refuses an unknown name. Once a process and task, before `createTask`. */
export async function prepareTask(name: string): Promise<void> {
  await entry(name).prepare?.()
}

/** A new environment of a task that was prepared; refuses an unknown name. */
export const createTask = (name: string): Task => entry(name).create()
