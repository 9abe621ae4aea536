/** Reading what the user named, and folders for what is written. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from '../runtime-as/errors.ts'
import { readAs } from '../trainer/files/open.ts'

/** A .bpd file, whose bytes are still to be checked. */
export const readPolicy = (path: string): Uint8Array => readAs(path, ['policy']).bytes

export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw new InputError(`${path}: cannot be made (${(error as NodeJS.ErrnoException).code})`)
  }
}

export const makeFolderOf = (file: string): void => makeFolder(dirname(file))
