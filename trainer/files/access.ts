/** What the system answers about a file, as one line that names it: refused where it was to be read, failed where it was to be written. */
import { readFileSync, statSync } from 'node:fs'
import { FailedError, InputError } from '../../runtime-as/errors.ts'

/** The system's code for an error of its own (ENOENT, ENOSPC); undefined for any other error. */
function codeOf(error: unknown): string | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException
  return syscall !== undefined || code === 'ERR_FS_FILE_TOO_LARGE' ? code : undefined
}

/** What is thrown for an error of the system on reading `path`; any other error stays as it is. */
export function notRead(path: string, error: unknown): unknown {
  const code = codeOf(error)
  return code === undefined ? error : new InputError(`${path}: cannot be read (${code})`)
}

/** What `work` gives, which reads `path`. Throws InputError where the system does not let it. */
export function reading<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw notRead(path, error)
  }
}

/** Whether it is a pipe in the file system, not one that a shell has opened for this process. */
export const isNamedPipe = (path: string): boolean =>
  !/^\/(dev\/fd|proc)\//.test(path) && statSync(path, { throwIfNoEntry: false })?.isFIFO() === true

/** The bytes of a file that the user named. Throws InputError. */
export const readNamed = (path: string): Uint8Array => reading(path, () => readFileSync(path))

/** The same, undefined where there is no such file. */
export function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw notRead(path, error)
  }
}

/** The machine does not let a file be written: it says nothing of what the file is for. */
export class NotWritten extends FailedError {}

/** What is thrown for an error of the system on writing `path`; any other error stays as it is. */
export function notWritten(path: string, error: unknown, what: 'written' | 'made' = 'written'): unknown {
  const code = codeOf(error)
  return code === undefined ? error : new NotWritten(`${path}: cannot be ${what} (${code})`)
}

/** What `work` gives, which writes `path`. Throws FailedError where the system does not let it: a full disk, a folder in its place. */
export function writing<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw notWritten(path, error)
  }
}
