/** The module of firmware that knows signatures, as text inside a module like the other (module.ts). Only boards in this process and tests need it. */
import { signedWasm } from './build/signed-wasm.ts'

let compiled: WebAssembly.Module | undefined

/** The module, compiled once. */
export function signedModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(signedWasm), (character) => character.charCodeAt(0)))
  return compiled
}
