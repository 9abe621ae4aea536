/** Loads the MuJoCo engine in Node: compiled once, one instance a thread. */
import { readFile } from 'node:fs/promises'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import { adoptEngine, type MainModule } from './engine.ts'

let loading: Promise<MainModule> | undefined

/** Loads the engine (about 0.2 s, once). */
export function loadEngine(): Promise<MainModule> {
  loading ??= load()
  return loading
}

async function load(): Promise<MainModule> {
  const { default: create } = await import('@mujoco/mujoco')
  const module = await compiledEngine()
  const loaded = await create({
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      void WebAssembly.instantiate(module, imports).then(done)
      return {}
    },
  })
  adoptEngine(loaded)
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
