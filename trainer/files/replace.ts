/** Files appear by rename: a reader, or a crash in between, sees the old file or the new one, never half of one. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { InputError } from '../../runtime-as/errors.ts'

const parts = new Set<string>()
process.on('exit', () => {
  for (const part of parts) rmSync(part, { force: true })
})

/** Calls `write` with the descriptor of a new file beside `path`, which takes its place once `write` is done, unless it answers false. */
export async function replaceFile(path: string, write: (descriptor: number) => unknown): Promise<void> {
  const part = `${path}.part-${process.pid}`
  let descriptor: number
  try {
    descriptor = openSync(part, 'w')
  } catch (error) {
    throw new InputError(`${path}: cannot be written (${(error as NodeJS.ErrnoException).code})`)
  }
  parts.add(part)
  try {
    const keep = (await write(descriptor)) !== false
    fsyncSync(descriptor)
    closeSync(descriptor)
    if (keep) renameSync(part, path)
    else rmSync(part, { force: true })
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  } finally {
    parts.delete(part)
  }
}

export const writeFile = (path: string, content: Uint8Array | string): Promise<void> =>
  replaceFile(path, (descriptor) => writeAll(descriptor, Buffer.from(content), 0))

/** All of `bytes` at `position` of the file. */
export function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at, position + at)
}
