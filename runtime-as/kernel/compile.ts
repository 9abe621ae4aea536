/** Compiles an assembly folder: AssemblyScript that is plain TypeScript to every other tool. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import asc from 'assemblyscript/asc'

/**
 * The wasm of `assembly/<entry>` in this folder, also written to `output`, a path from the folder. A decorator on a function is no TypeScript, so that one that
 * is to be compiled into its callers is marked by a comment, and the compiler alone is told of it.
 */
export async function compile(
  folder: string,
  output: string,
  options: readonly string[],
  entry = 'index.ts',
): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined
  const { error, stderr } = await asc.main(
    [`assembly/${entry}`, '--outFile', output, '--baseDir', folder, ...options],
    {
      readFile: (name, base) => readText(resolve(base, name))?.replaceAll('/* @inline */', '@inline') ?? null,
      writeFile: (_, contents) => {
        wasm = contents as Uint8Array
      },
    },
  )
  if (error || !wasm) throw new Error(`${stderr.toString()}${error?.message ?? `no ${output}`}`)
  writeWhole(resolve(folder, output), wasm)
  return wasm
}

/** What is built is there whole or not at all. */
export function writeWhole(path: string, content: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.partial`, content)
  renameSync(`${path}.partial`, path)
}

/** Undefined: there is no such file, and the compiler looks on. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
