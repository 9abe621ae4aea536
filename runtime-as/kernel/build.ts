/**
 * Compiles runtime-as/kernel/assembly to build/policy.wasm (kernel and device), build/signed.wasm (the same with signatures) and build/small.wasm (with the least of
 * parts), and each to a module that holds it as text; with names, only those. `npm run build` runs it.
 */
import { fileURLToPath } from 'node:url'
import { writeWhole } from './compile.ts'
import { compileDevice, MODULES } from './modules.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))

const wanted = process.argv.slice(2)
for (const [name, parts] of Object.entries(MODULES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const wasm = await compileDevice(parts, `build/${name}.wasm`)
  const text = Buffer.from(wasm).toString('base64')
  writeWhole(
    `${folder}build/${name}-wasm.ts`,
    `/** ${name}.wasm in base64 */\nexport const ${name}Wasm =\n  '${text}'\n`,
  )
  console.log(`runtime-as/kernel/build/${name}.wasm: ${wasm.length} bytes`)
}
