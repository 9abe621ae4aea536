/** The module of the smallest firmware, as text inside a module like the others (module.ts). Only tests need it. */
import { smallWasm } from './build/small-wasm.ts'

let compiled: WebAssembly.Module | undefined

/** The module, compiled once. */
export function smallModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(smallWasm), (character) => character.charCodeAt(0)))
  return compiled
}
