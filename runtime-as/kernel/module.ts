/** Where the compiled kernel comes from. The one file beside it that needs Node: a browser build puts its own in this place. */
import { readFileSync } from 'node:fs'
import { FailedError } from '../errors.ts'

let compiled: WebAssembly.Module | undefined

/** The kernel of build/policy.wasm, compiled once. Throws FailedError where it has not been built. */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readBuild())
  return compiled
}

function readBuild(): Uint8Array<ArrayBuffer> {
  try {
    return readFileSync(new URL('./build/policy.wasm', import.meta.url))
  } catch {
    throw new FailedError(
      'runtime-as/kernel/build/policy.wasm: cannot be read, expected the kernel that `npm run build` makes',
    )
  }
}
