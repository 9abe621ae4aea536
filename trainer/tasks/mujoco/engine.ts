/** The MuJoCo engine: one WebAssembly instance a thread, loaded when the first task asks for it and never before. */
import { readFile } from 'node:fs/promises'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import type { MainModule, MjModel } from '@mujoco/mujoco'
import { InputError } from '../../../runtime-as/errors.ts'
import type { ModelFiles } from './model-files.ts'

export type { MainModule, MjData, MjModel } from '@mujoco/mujoco'

let loading: Promise<MainModule> | undefined
let loaded: MainModule | undefined
const models = new Map<string | ModelFiles, MjModel>()

/** Loads the engine (about 0.2 s, once). */
export function loadEngine(): Promise<MainModule> {
  loading ??= load()
  return loading
}

async function load(): Promise<MainModule> {
  const { default: create } = await import('@mujoco/mujoco')
  const module = await compiledEngine()
  loaded = await create({
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      void WebAssembly.instantiate(module, imports).then(done)
      return {}
    },
  })
  return loaded
}

/** Compiled once and handed to every worker thread that is started later: half the memory of an engine of its own. */
async function compiledEngine(): Promise<WebAssembly.Module> {
  const key = 'bpd: @mujoco/mujoco'
  const shared = getEnvironmentData(key)
  if (shared instanceof WebAssembly.Module) return shared
  const module = await WebAssembly.compile(await readFile(new URL(import.meta.resolve('@mujoco/mujoco/mujoco.wasm'))))
  setEnvironmentData(key, module as unknown as Parameters<typeof setEnvironmentData>[1])
  return module
}

/** The engine; `loadEngine` must have been awaited. */
export function engine(): MainModule {
  if (!loaded) throw new Error('the MuJoCo engine is not loaded: await prepareTask(name) before createTask(name)')
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
