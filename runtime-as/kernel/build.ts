/**
 * Compiles runtime-as/kernel/assembly to build/policy.wasm (kernel and device) and build/signed.wasm (the same with signatures), and each to a module that holds it as
 * text. `npm run build` runs it.
 */
import { fileURLToPath } from 'node:url'
import { compile, writeWhole } from './compile.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))
const OPTIONS = [
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
]

/** name: of the files and of the constant that holds the text */
async function build(name: string, constant: string, entry: string, signed: 0 | 1, keyed: 0 | 1): Promise<void> {
  const wasm = await compile(
    folder,
    `build/${name}.wasm`,
    [...OPTIONS, '--use', `SIGNED=${signed}`, '--use', `KEYED=${keyed}`],
    entry,
  )
  const text = Buffer.from(wasm).toString('base64')
  writeWhole(
    `${folder}build/${name}-wasm.ts`,
    `/** ${name}.wasm in base64 */\nexport const ${constant} =\n  '${text}'\n`,
  )
  console.log(`runtime-as/kernel/build/${name}.wasm: ${wasm.length} bytes`)
}

await build('policy', 'policyWasm', 'index.ts', 0, 1)
await build('signed', 'signedWasm', 'signed.ts', 1, 1)
