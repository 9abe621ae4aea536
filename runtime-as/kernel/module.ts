/** The compiled kernel. It travels as text inside a module, so that Node, a browser and a bundler find it without a file to read. */
import { policyWasm } from './build/policy-wasm.ts'

let compiled: WebAssembly.Module | undefined

/** The kernel, compiled once. */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(policyWasm), (character) => character.charCodeAt(0)))
  return compiled
}
