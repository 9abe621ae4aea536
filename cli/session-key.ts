/** The key that a board was paired with, in a file of its own: nobody but the user reads it. */
import { randomBytes } from 'node:crypto'
import { Option } from 'commander'
import { InputError } from '../runtime-as/errors.ts'
import { KEY_BYTES } from '../runtime-as/kernel/assembly/device/protocol.ts'
import { readAs, requireOwn } from '../trainer/files/open.ts'
import { writeFile } from '../trainer/files/replace.ts'

const TITLE = 'bpd session key'
/** who may read and write it: its user */
const MODE = 0o600

export const keyOption = () =>
  new Option('--key <file>', 'key of the board, where it was paired with one (bpd boards --pair)')

/** Throws InputError for a file that is no such key, or that others may read. */
export function readSessionKey(path: string): Uint8Array {
  const text = Buffer.from(readAs(path, ['session-key']).bytes).toString('latin1')
  const hex = new RegExp(`^${TITLE}\n([0-9a-f]{${2 * KEY_BYTES}})\n$`).exec(text)?.[1]
  if (hex === undefined)
    throw new InputError(`${path}: expected '${TITLE}' and ${2 * KEY_BYTES} hexadecimal digits, a line each`)
  requireOwn(path)
  return Buffer.from(hex, 'hex')
}

/** A new key, written to the file first: one that only the board knew would lock its owner out. */
export async function writeSessionKey(path: string): Promise<Uint8Array> {
  const key = randomBytes(KEY_BYTES)
  await writeFile(path, `${TITLE}\n${key.toString('hex')}\n`, MODE)
  return key
}
