/** A task out of a module of the user's: its default export, checked field by field. */
import { existsSync, statSync } from 'node:fs'
import nodeModule from 'node:module'
import { dirname, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { InputError } from '../../../runtime-as/errors.ts'
import { reading, readNamed } from '../../files/access.ts'
import { Field } from '../../files/field.ts'
import { sha256 } from '../../files/sha256.ts'
import { MujocoTask } from '../mujoco/environment.ts'
import { loadEngine } from '../mujoco/load-engine.ts'
import { readModel } from '../mujoco/model-files.ts'
import type { TaskEntry } from '../task.ts'
import { checkSpec, namesIn, specNames, stepsIn, survivalBonusIn, taskName } from './check-spec.ts'
import { CheckedTask } from './checked-task.ts'
import type { MujocoTaskDefinition, TaskDefinition } from './definition.ts'
import { faultOf } from './fault.ts'
import { checkRecipe } from './recipe.ts'

const typed = ['.ts', '.mts']
const extensions = [...typed, '.js', '.mjs']
/** milliseconds that a module may take to load */
const LOADING = 60_000

/** Whether a task's name can be a module's path, and no name of the registry. */
export const isPath = (name: string): boolean => /[\\/]/.test(name) || /^\.\w+$/.test(extname(name))

/** Loads and checks a module. Throws InputError, one line that names file and field. */
export async function openModule(path: string): Promise<TaskEntry> {
  const bytes = readModule(path)
  const value = await defaultOf(path)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError(`${path}: default export: ${kindOf(value)}, expected a task (defineTask or defineMujocoTask)`)
  const files = { [path]: sha256(bytes) }
  const open = 'model' in value ? openMujoco : openPlain
  try {
    return open(new Field(path, '', value), path, files)
  } catch (error) {
    // a field that throws as it is read
    throw error instanceof InputError ? error : new InputError(`${path}: ${faultOf(error)}`)
  }
}

function readModule(path: string): Uint8Array {
  const extension = extname(path)
  if (existsSync(path) && statSync(path).isDirectory()) throw new InputError(`${path}: a folder, expected a module`)
  const bytes = reading(path, () => readNamed(path))
  if (!extensions.includes(extension))
    throw new InputError(
      `${path}: expected a module (${extensions.join(', ')}) that exports a task, or "exec:COMMAND" for a simulator in another language`,
    )
  // from 22.18 and 23.6 on Node leaves the types out by itself
  if (typed.includes(extension) && !process.features.typescript)
    throw new InputError(`${path}: Node ${process.versions.node} reads no TypeScript, expected 22.18 or later, or 24`)
  return bytes
}

async function defaultOf(path: string): Promise<unknown> {
  offerDefinitions()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const told = `${path}: not loaded within ${LOADING / 1000} s, expected no waiting at its top level`
    timer = setTimeout(() => reject(new InputError(told)), LOADING)
  })
  try {
    const loaded: object = await Promise.race([import(/* @vite-ignore */ pathToFileURL(resolve(path)).href), late])
    if (!('default' in loaded)) throw new InputError(`${path}: no default export, expected a task as one`)
    return loaded.default
  } catch (error) {
    throw error instanceof InputError ? error : new InputError(`${path}: ${faultOf(error)}`)
  } finally {
    clearTimeout(timer)
  }
}

let offered = false

/** `bpd/train` is there, too, for a module that lies where no package of that name is installed. */
function offerDefinitions(): void {
  if (offered || !nodeModule.registerHooks) return
  offered = true
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== 'bpd/train') return next(specifier, context)
      try {
        return next(specifier, context)
      } catch {
        return { url: new URL(`../../index${extname(import.meta.url)}`, import.meta.url).href, shortCircuit: true }
      }
    },
  })
}

const kindOf = (value: unknown) => (Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`)

/** A field that is a function, or absent where it may be. */
function requireFunctions(all: Field, needed: readonly string[], optional: readonly string[]): void {
  for (const key of [...needed, ...optional]) {
    const { value } = all.at(key)
    if (typeof value !== 'function' && !(value === undefined && optional.includes(key)))
      all.at(key).refuse('a function')
  }
}

const plainNames = [
  ...specNames,
  'create',
  'prepare',
  'recipe',
  'survivalBonus',
] as const satisfies (keyof TaskDefinition)[]

function openPlain(all: Field, path: string, files: Record<string, string>): TaskEntry {
  all.only(plainNames)
  const spec = checkSpec(all)
  requireFunctions(all, ['create'], ['prepare'])
  const definition = all.value as TaskDefinition
  return {
    recipe: checkRecipe(all.at('recipe')),
    ...survivalBonusIn(all),
    origin: { task: path, files },
    async prepare() {
      try {
        await definition.prepare?.()
      } catch (error) {
        throw new InputError(`${path}: prepare: threw ${faultOf(error)}`)
      }
    },
    create() {
      let made: unknown
      try {
        made = definition.create()
      } catch (error) {
        throw new InputError(`${path}: create: threw ${faultOf(error)}`)
      }
      const environment = new Field(path, 'create()', made)
      environment.map()
      requireFunctions(environment, ['reset', 'step'], ['close'])
      return new CheckedTask(spec, made as ReturnType<TaskDefinition['create']>, path)
    },
  }
}

/** The period is the model's, and so are the bounds of the actions. */
const mujocoNames = [
  'name',
  'model',
  'frameSkip',
  'maxSteps',
  'observationNames',
  'actionNames',
  'start',
  'observe',
  'position',
  'reward',
  'terminated',
  'recipe',
  'survivalBonus',
] as const satisfies (keyof MujocoTaskDefinition)[]

function openMujoco(all: Field, path: string, files: Record<string, string>): TaskEntry {
  all.only(mujocoNames)
  const model = all.at('model')
  if (typeof model.value !== 'string' || model.value.trim() === '') model.refuse("MJCF as a text, or a file's path")
  const observationNames = namesIn(all.at('observationNames'))
  const actionNames = namesIn(all.at('actionNames'))
  requireFunctions(all, ['start', 'observe', 'reward', 'terminated'], ['position'])
  const definition = all.value as MujocoTaskDefinition
  const source = readModel(definition.model, dirname(path))
  const recipe = checkRecipe(all.at('recipe'))
  const checked = {
    ...definition,
    name: taskName(all.at('name')),
    frameSkip: all.at('frameSkip').whole(1, 100_000),
    maxSteps: stepsIn(all.at('maxSteps'), observationNames.length, actionNames.length),
    observationNames,
    actionNames,
    model: source,
    recipe,
  }
  return {
    recipe,
    ...survivalBonusIn(all),
    origin: { task: path, files: { ...files, ...(typeof source === 'string' ? {} : source.sha256) } },
    prepare: loadEngine,
    create() {
      const task = ours(path, () => new MujocoTask(checked))
      return new CheckedTask(task.spec, task, path)
    },
  }
}

/** What the engine refuses is refused in the name of the file, and what the definition throws too. */
function ours<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new InputError(`${path}: ${error instanceof InputError ? error.message : faultOf(error)}`)
  }
}
