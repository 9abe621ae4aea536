/** One checksum over all that a safetensors file of ours says: its metadata, the names and shapes of its tensors, their values. */
import { crc32 } from 'node:zlib'
import { InputError } from '../../runtime-as/errors.ts'

interface Described {
  dtype: string
  shape: readonly number[]
}

/** values: the CRC-32 of all tensors' bytes in their order. The metadata's own `checksum` is left out. */
export function sealOf(
  metadata: Record<string, string>,
  tensors: Iterable<readonly [string, Described]>,
  values: number,
): string {
  const { checksum: _, ...said } = metadata
  const shapes = Array.from(tensors, ([name, { dtype, shape }]) => [name, dtype, shape])
  return `${crc32(JSON.stringify([Object.entries(said), shapes]), values)}`
}

/** CRC-32 of bytes that follow those of `before`. */
export const crcOf = (values: ArrayBufferView, before = 0): number =>
  crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), before)

/** Throws InputError unless the file is as it was written. */
export function checkSeal(
  path: string,
  metadata: Record<string, string>,
  tensors: Iterable<readonly [string, Described]>,
  values: number,
): void {
  if (metadata.checksum !== sealOf(metadata, tensors, values))
    throw new InputError(
      `${path}: altered: metadata checksum: ${JSON.stringify(metadata.checksum ?? null)} is not the file's`,
    )
}
