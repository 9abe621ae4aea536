/** Reading what the user named. */
import { readAs } from '../trainer/files/open.ts'

/** A .bpd file, whose bytes are still to be checked. */
export const readPolicy = (path: string): Uint8Array => readAs(path, ['policy']).bytes
