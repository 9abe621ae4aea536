/** Files appear by rename: a reader, or a crash in between, sees the old file or the new one, never half of one. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { InputError } from './errors.ts'

/** Calls `write` with the descriptor of a new file beside `path`, which takes its place when `write` returns. */
export function replaceFile(path: string, write: (descriptor: number) => void): void {
  const part = `${path}.part-${process.pid}`
  let descriptor: number
  try {
    descriptor = openSync(part, 'w')
  } catch (error) {
    throw new InputError(`${path}: cannot be written (${(error as NodeJS.ErrnoException).code})`)
  }
  try {
    write(descriptor)
    fsyncSync(descriptor)
    closeSync(descriptor)
    renameSync(part, path)
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
}

export const writeFile = (path: string, content: Uint8Array | string): void =>
  replaceFile(path, (descriptor) => writeFileSync(descriptor, content))
