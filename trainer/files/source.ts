/** A file's bytes, in memory or on disk, read where they are wanted. */
import { readSync } from 'node:fs'

export interface Source {
  size: number
  /** fewer than `length` where the file ends */
  at(from: number, length: number): Uint8Array
}

export const sourceOf = (bytes: Uint8Array): Source => ({
  size: bytes.length,
  at: (from, length) => bytes.subarray(from, from + length),
})

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
