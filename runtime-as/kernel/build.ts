/** Compiles runtime-as/kernel/assembly (kernel and device) to runtime-as/kernel/build/policy.wasm. `npm run build` runs it. */
import { mkdirSync, renameSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('.', import.meta.url))
mkdirSync(`${root}build`, { recursive: true })
const { error, stderr } = await asc.main([
  'assembly/index.ts',
  ...['--outFile', 'build/policy.wasm.new', '--baseDir', root],
  // boards use wasm addresses as native ones: no heap, no data segment, no memory of the module's own
  ...['--runtime', 'stub', '--importMemory', '--noExportMemory', '--noAssert', '--disable', 'bulk-memory'],
  // shrinkLevel 2 takes a sixth of the bytes (1 % more than 1 does) and no time: what matters is inlined by hand
  ...['-O3', '--shrinkLevel', '2', '--converge'],
])
if (error) {
  process.stderr.write(`${stderr.toString()}${error.message}\n`)
  process.exit(1)
}
renameSync(`${root}build/policy.wasm.new`, `${root}build/policy.wasm`)
console.log(`runtime-as/kernel/build/policy.wasm: ${statSync(`${root}build/policy.wasm`).size} bytes`)
