/** The tasks by name. A task of one's own: one file that implements `Task`, one line here. */
import { InputError } from '../../runtime-as/errors.ts'
import { Pendulum } from './pendulum.ts'
import type { Task } from './task.ts'

const tasks: Record<string, () => Task> = { pendulum: () => new Pendulum() }

export const taskNames = (): string[] => Object.keys(tasks)

/** A new environment; refuses an unknown name. */
export function createTask(name: string): Task {
  if (!Object.hasOwn(tasks, name)) throw new InputError(`task "${name}": expected one of ${taskNames().join(', ')}`)
  return tasks[name]()
}
