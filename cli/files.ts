/** Reading what the user named, and folders for what is written. */
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { InputError } from '../runtime-as/errors.ts'

export function readInput(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new InputError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** A .bpd file, whose bytes are still to be checked. */
export function readPolicy(path: string): Uint8Array {
  if (isTeacherFile(path)) throw new InputError(`${path}: a teacher, expected a .bpd policy as "bpd distill" makes it`)
  return readInput(path)
}

export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw new InputError(`${path}: cannot be made (${(error as NodeJS.ErrnoException).code})`)
  }
}

export const makeFolderOf = (file: string): void => makeFolder(dirname(file))

export const isTeacherFile = (path: string): boolean => extname(path) === '.safetensors'
