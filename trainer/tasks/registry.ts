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
import { pendulum } from './pendulum.ts'
import type { Task, TaskEntry, TaskFacts, TaskRecipe } from './task.ts'

export const onMujoco = (definition: MujocoDefinition): TaskEntry => ({
  create: () => new MujocoTask(definition),
  prepare: loadEngine,
  recipe: definition.recipe,
  reproduction: definition.reproduction,
})

const tasks: Record<string, TaskEntry> = {
  pendulum,
  'inverted-pendulum': onMujoco(invertedPendulum),
  hopper: onMujoco(hopper),
  walker2d: onMujoco(walker2d),
  halfcheetah: onMujoco(halfCheetah),
  ant: onMujoco(ant),
}

/**
 * Tasks that come with the package.
 *
 * @example
 * import { taskNames } from 'bpd/train'
 *
 * console.log(taskNames().join(', ')) // => pendulum, …
 */
export const taskNames = (): string[] => Object.keys(tasks)

/** Of the tasks that the paper has. */
export const paperTasks = (): string[] => taskNames().filter((name) => tasks[name].reproduction)

function entry(name: string): TaskEntry {
  if (!Object.hasOwn(tasks, name)) throw new InputError(`task "${name}": expected one of ${taskNames().join(', ')}`)
  return tasks[name]
}

/** What a task is distilled and reproduced with; refuses an unknown name, and a task that does not say for how many steps. */
export function taskFacts(name: string): TaskFacts {
  const found = entry(name)
  requireSteps(name, found.recipe)
  return found
}

/** Types say so too, but a task may come from a file that nobody checked. */
export function requireSteps(name: string, recipe: Partial<TaskRecipe> | undefined): void {
  if (!Number.isInteger(recipe?.steps)) throw new InputError(`task ${name}: recipe.steps: expected a number of steps`)
}

/**
 * Loads what a task needs (the physics engine, for some). Once a process and task, before `createTask`. Throws InputError for an unknown name.
 *
 * @param name one of `taskNames`
 *
 * @example
 * import { createTask, prepareTask } from 'bpd/train'
 *
 * await prepareTask('hopper') // loads the physics engine
 * console.log(createTask('hopper').spec.period) // => 0.008
 */
export async function prepareTask(name: string): Promise<void> {
  await entry(name).prepare?.()
}

/**
 * A new environment of a task that was prepared. Throws InputError for an unknown name.
 *
 * @param name one of `taskNames`
 *
 * @example
 * import { createTask, prepareTask } from 'bpd/train'
 *
 * await prepareTask('pendulum')
 * const task = createTask('pendulum')
 * console.log(task.spec.observationNames, task.step([0.5]))
 */
export const createTask = (name: string): Task => entry(name).create()
