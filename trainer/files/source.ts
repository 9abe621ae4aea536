/** A file's bytes, in memory or on disk, read where they are wanted. */

export interface Source {
  size: number
  /** fewer than `length` where the file ends */
  at(from: number, length: number): Uint8Array
}

export const sourceOf = (bytes: Uint8Array): Source => ({
  size: bytes.length,
  at: (from, length) => bytes.subarray(from, from + length),
})
