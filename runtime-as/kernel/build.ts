/** Compiles runtime-as/kernel/assembly (kernel and device) to runtime-as/kernel/build/policy.wasm. `npm run build` runs it. */
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compile } from './compile.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))
await compile(folder, 'build/policy.wasm', [
  // boards use wasm addresses as native ones: no heap, no data segment, no memory of the module's own
  '--runtime=stub',
  '--importMemory',
  '--noExportMemory',
  '--noAssert',
  '--disable=bulk-memory',
  // shrinkLevel 2 takes a sixth of the bytes (1 % more than 1 does) and no time: what matters is inlined by hand
  '-O3',
  '--shrinkLevel=2',
  '--converge',
])
console.log(`runtime-as/kernel/build/policy.wasm: ${statSync(`${folder}build/policy.wasm`).size} bytes`)
