/** Compiles runtime-as/kernel/assembly (kernel and device) to build/policy.wasm, and to a module that holds it as text. `npm run build` runs it. */
import { fileURLToPath } from 'node:url'
import { compile, writeWhole } from './compile.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))
const wasm = await compile(folder, 'build/policy.wasm', [
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
const text = Buffer.from(wasm).toString('base64')
writeWhole(`${folder}build/policy-wasm.ts`, `/** policy.wasm in base64 */\nexport const policyWasm =\n  '${text}'\n`)
console.log(`runtime-as/kernel/build/policy.wasm: ${wasm.length} bytes`)
