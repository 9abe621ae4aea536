/** The physics engine in a browser: the same wasm as in Node, loaded when the first task needs it. */
import { adoptEngine } from '../../trainer/tasks/mujoco/engine.ts'
import { get } from '../catalogue.ts'

let loading: Promise<void> | undefined

/** path: of the engine's wasm, from the page */
export function loadEngine(path: string): Promise<void> {
  loading ??= load(path).catch((error) => {
    loading = undefined
    throw error
  })
  return loading
}

async function load(path: string): Promise<void> {
  const [{ default: create }, module] = await Promise.all([
    import('@mujoco/mujoco'),
    // not every static host knows the type that streaming asks for
    get(path).then((answer) => answer.arrayBuffer().then((bytes) => WebAssembly.compile(bytes))),
  ])
  const engine = await create({
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      void WebAssembly.instantiate(module, imports).then(done)
      return {}
    },
  })
  adoptEngine(engine)
}
