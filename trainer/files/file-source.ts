/** A file's bytes on disk. By itself, as a browser has no `node:fs` and tells files apart too. */
import { readSync } from 'node:fs'
import type { Source } from './source.ts'

export const fileSource = (descriptor: number, size: number): Source => ({
  size,
  at(from, length) {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - from)))
    let done = 0
    while (done < bytes.length) {
      const n = readSync(descriptor, bytes, done, bytes.length - done, from + done)
      if (n === 0) break
      done += n
    }
    return bytes.subarray(0, done)
  },
})
