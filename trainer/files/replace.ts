/** Files appear by rename: a reader, or a crash in between, sees the old file or the new one, never half of one. */
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs'
import { NotWritten, notWritten, writing } from './access.ts'
import { thisOwner } from './owner.ts'

/** Between a file's name and the name of the process that writes it: the file while it is half-written. */
export const PART = '.part-'

const parts = new Set<string>()
process.on('exit', () => {
  for (const part of parts) rmSync(part, { force: true })
})

/** What is refused where a file is to appear, and something is there: to rename over a device or a pipe would take it away. */
export const refusedThere = (path: string, there: Stats): string | undefined =>
  there.isFile()
    ? undefined
    : `${path}: ${there.isDirectory() ? 'a folder' : 'not a file'}, expected the name of a file to write`

/**
 * Calls `write` with the descriptor of a new file beside `path`, which takes its place once `write` is done, unless it answers false.
 * Throws FailedError where the system does not let it, or something else than a file is there: what was there still is then. mode: who may read
 * it, as the umask leaves it
 */
export async function replaceFile(path: string, write: (descriptor: number) => unknown, mode = 0o666): Promise<void> {
  const there = writing(path, () => statSync(path, { throwIfNoEntry: false }))
  const refused = there && refusedThere(path, there)
  if (refused) throw new NotWritten(refused)
  const part = `${path}${PART}${thisOwner()}`
  const descriptor = writing(path, () => openSync(part, 'w', mode))
  parts.add(part)
  let open = true
  try {
    const keep = (await write(descriptor)) !== false
    fsyncSync(descriptor)
    open = false
    closeSync(descriptor)
    if (keep) renameSync(part, path)
    else rmSync(part, { force: true })
  } catch (error) {
    if (open) closeSync(descriptor)
    rmSync(part, { force: true })
    throw notWritten(path, error)
  } finally {
    parts.delete(part)
  }
}

export const writeFile = (path: string, content: Uint8Array | string, mode?: number): Promise<void> =>
  replaceFile(path, (descriptor) => writeAll(descriptor, Buffer.from(content), 0), mode)

/** All of `bytes` at `position` of the file. */
export function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at, position + at)
}

/** One more line of a log. Throws FailedError. */
export const appendLine = (path: string, line: string): void => writing(path, () => appendFileSync(path, `${line}\n`))
