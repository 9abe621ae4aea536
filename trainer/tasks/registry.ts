/**
 * The tasks by name. One that comes with bpd: one file, one line here (README.md). One of the user's own is named by a module's path, or by
 * `exec:` and a command.
 */
import { InputError } from '../../runtime-as/errors.ts'
import { ant } from './mujoco/ant.ts'
import type { MujocoDefinition } from './mujoco/definition.ts'
import { MujocoTask } from './mujoco/environment.ts'
import { halfCheetah } from './mujoco/half-cheetah.ts'
import { hopper } from './mujoco/hopper.ts'
import { invertedPendulum } from './mujoco/inverted-pendulum.ts'
import { loadEngine } from './mujoco/load-engine.ts'
import { walker2d } from './mujoco/walker2d.ts'
import { tryOut } from './own/checked-task.ts'
import { isPath, openModule } from './own/module.ts'
import { pendulum } from './pendulum.ts'
import { isCommand, openSimulator } from './simulator/simulator.ts'
import type { Task, TaskEntry, TaskFacts, TaskOrigin, TaskRecipe } from './task.ts'

export const onMujoco = (definition: MujocoDefinition): TaskEntry => ({
  create: () => new MujocoTask(definition),
  prepare: loadEngine,
  recipe: definition.recipe,
  survivalBonus: definition.survivalBonus,
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

/** What a task may be beside a name of the list above: the first that takes the name opens it. */
const origins: { takes(name: string): boolean; open(name: string): TaskEntry | Promise<TaskEntry> }[] = [
  { takes: isCommand, open: openSimulator },
  { takes: isPath, open: openModule },
]

/** Those of the user's own that are prepared, or being so. */
const opening = new Map<string, Promise<void>>()
const opened = new Map<string, TaskEntry>()

const isListed = (name: string): boolean => Object.hasOwn(tasks, name)

function entry(name: string): TaskEntry {
  if (!isListed(name) && !origins.some(({ takes }) => takes(name)))
    refuse(name, ', a module (./my-robot.ts) or "exec:COMMAND"')
  const found = isListed(name) ? tasks[name] : opened.get(name)
  if (!found) throw new InputError(`task ${name} is not prepared: await prepareTask(name) before createTask(name)`)
  return found
}

function refuse(name: string, more = ''): never {
  throw new InputError(`task "${name}": expected one of ${taskNames().join(', ')}${more}`)
}

/** Refuses all but the names of the list: a name out of a file must never load a module or start a command. */
export function requireListed(name: string, more?: string): void {
  if (!isListed(name)) refuse(name, more)
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
 * Loads what a task needs (the physics engine, for some), and one of the user's own, which makes a step on trial. Once a thread and task, before
 * `createTask`. Throws InputError for an unknown name, and for a task of one's own that is not one.
 *
 * @param name one of `taskNames`, the path of a module that exports a task, or `exec:` and a command
 *
 * @example
 * import { createTask, prepareTask } from 'bpd/train'
 *
 * await prepareTask('hopper') // loads the physics engine
 * console.log(createTask('hopper').spec.period) // => 0.008
 */
export async function prepareTask(name: string): Promise<void> {
  const origin = isListed(name) ? undefined : origins.find(({ takes }) => takes(name))
  if (!origin) return void (await entry(name).prepare?.())
  let open = opening.get(name)
  if (!open) {
    open = openOwn(name, origin.open)
    opening.set(name, open)
    // what was not there, or too busy, may be well the next time
    open.catch(() => opening.delete(name))
  }
  await open
}

async function openOwn(name: string, open: (name: string) => TaskEntry | Promise<TaskEntry>): Promise<void> {
  const found = await open(name)
  await found.prepare?.()
  tryOut(found.create())
  opened.set(name, found)
}

/**
 * A new environment of a task that was prepared. Throws InputError for an unknown name, and for a task that was not.
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

/** Where a prepared task of the user's own comes from; undefined for one of the list. */
export const taskOrigin = (name: string): TaskOrigin | undefined => entry(name).origin

/**
 * Whether a step of a task may never return: code of the user's own is played by a thread beside the main one even where one would do, which
 * hears Ctrl-C meanwhile. A simulator is waited for with a limit, and may be one that cannot be started twice.
 */
export const mayHang = (name: string): boolean => !isListed(name) && !isCommand(name)
