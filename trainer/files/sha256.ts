import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'

/** bytes */
const PIECE = 1 << 20

/** In hexadecimal. */
export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

/** In pieces: transitions may be more than Node reads at once. */
export function sha256OfFile(path: string): string {
  const hash = createHash('sha256')
  const piece = new Uint8Array(PIECE)
  const file = openSync(path, 'r')
  try {
    for (let count = readSync(file, piece); count > 0; count = readSync(file, piece)) {
      hash.update(piece.subarray(0, count))
    }
  } finally {
    closeSync(file)
  }
  return hash.digest('hex')
}
