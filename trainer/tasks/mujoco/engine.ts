/** The MuJoCo engine: one WebAssembly instance a process, loaded when the first task asks for it and never before. */
import type { MainModule, MjModel } from '@mujoco/mujoco'
import { InputError } from '../../../runtime-as/errors.ts'

export type { MainModule, MjData, MjModel } from '@mujoco/mujoco'

let loading: Promise<MainModule> | undefined
let loaded: MainModule | undefined
const models = new Map<string, MjModel>()

/** Loads the engine (about 0.2 s, once). */
export function loadEngine(): Promise<MainModule> {
  loading ??= import('@mujoco/mujoco').then(async ({ default: create }) => {
    loaded = await create()
    return loaded
  })
  return loading
}

/** The engine; `loadEngine` must have been awaited. */
export function engine(): MainModule {
  if (!loaded) throw new Error('the MuJoCo engine is not loaded: await prepareTask(name) before createTask(name)')
  return loaded
}

/**
 * The compiled model of an MJCF text. The same text gives the same model, which belongs to the process: environments share it, and
 * nobody deletes it. task: how errors call it.
 */
export function compileModel(text: string, task: string): MjModel {
  let model = models.get(text)
  if (!model) {
    try {
      model = engine().MjModel.from_xml_string(text)
    } catch (error) {
      throw new InputError(`task ${task}: model: ${(error as Error).message.trim().replace(/\s*\n\s*/g, ' ')}`)
    }
    models.set(text, model)
  }
  return model
}
