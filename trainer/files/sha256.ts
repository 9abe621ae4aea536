import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** In hexadecimal. */
export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

export const sha256OfFile = (path: string): string => sha256(readFileSync(path))
