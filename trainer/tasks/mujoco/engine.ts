/** The MuJoCo engine: one WebAssembly instance a thread. Who loads it hands it over: load-engine.ts in Node, the page in a browser. */
import type { MainModule, MjModel } from '@mujoco/mujoco'
import { InputError } from '../../../runtime-as/errors.ts'
import type { ModelFiles } from './model-files.ts'

export type { MainModule, MjData, MjModel } from '@mujoco/mujoco'

let loaded: MainModule | undefined
const models = new Map<string | ModelFiles, MjModel>()

/** From now on tasks run on this one. */
export function adoptEngine(engine: MainModule): void {
  loaded = engine
}

/** The engine; one must have been adopted. */
export function engine(): MainModule {
  if (!loaded) throw new InputError('the MuJoCo engine is not loaded: await prepareTask(name) before createTask(name)')
  return loaded
}

/**
 * The compiled model of an MJCF text, or of a file with those that it names. The same one gives the same model, which belongs to the process:
 * environments share it, and nobody deletes it. task: how errors call it.
 */
export function compileModel(source: string | ModelFiles, task: string): MjModel {
  let model = models.get(source)
  if (!model) {
    try {
      model = typeof source === 'string' ? engine().MjModel.from_xml_string(source) : compileFiles(source)
    } catch (error) {
      throw new InputError(`task ${task}: model: ${(error as Error).message.trim().replace(/\s*\n\s*/g, ' ')}`)
    }
    models.set(source, model)
  }
  return model
}

function compileFiles({ path, files }: ModelFiles): MjModel {
  const { MjVFS, MjModel } = engine()
  const virtual = new MjVFS()
  try {
    for (const [name, bytes] of files) virtual.addBuffer(name, bytes)
    return MjModel.from_xml_path(path, virtual)
  } finally {
    virtual.delete()
  }
}
