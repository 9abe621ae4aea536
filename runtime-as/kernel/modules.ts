/** The modules that the assembly compiles to: which parts of the device each has. What is not in a module is not in its firmware. */
import { fileURLToPath } from 'node:url'
import { compile } from './compile.ts'

/** Parts that a module may go without; assembly/variant.d.ts says what each is. */
export interface Parts {
  signed: boolean
  keyed: boolean
  scrubbed: boolean
  speeds: boolean
}

/** Every module that is built, by name. policy: what boards have, and what runs policies on a host; small: no larger than before there were parts */
export const MODULES = {
  policy: { signed: false, keyed: true, scrubbed: true, speeds: true },
  signed: { signed: true, keyed: true, scrubbed: true, speeds: true },
  small: { signed: false, keyed: false, scrubbed: false, speeds: false },
} satisfies Record<string, Parts>

export type ModuleName = keyof typeof MODULES

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

/** The wasm of a device with these parts, also written to `output`: a path from this folder, or a whole one. */
export function compileDevice(parts: Parts, output: string): Promise<Uint8Array> {
  const uses = Object.entries(parts).flatMap(([part, has]) => ['--use', `${part.toUpperCase()}=${has ? 1 : 0}`])
  return compile(folder, output, [...OPTIONS, ...uses], parts.signed ? 'signed.ts' : 'index.ts')
}
