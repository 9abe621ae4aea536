/** Files of a zip archive, whole and checked: sizes and CRC as the archive states them. */
import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { fromBufferPromise } from 'yauzl'
import { InputError } from '../../runtime-as/errors.ts'

/** of all files together, unpacked: no teacher is near it, and no small file may unpack to more */
const maxBytes = 256 << 20

export const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b

/** Unpacks the files that `wanted` accepts by their path. name: how errors call the archive. */
export async function readZip(
  bytes: Uint8Array,
  name: string,
  wanted: (path: string) => boolean = () => true,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  let total = 0
  try {
    const zip = await fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    for await (const entry of zip.eachEntry()) {
      const path = entry.fileName
      if (path.endsWith('/') || !wanted(path)) continue
      if (files.has(path)) throw new InputError(`${name}: holds "${path}" twice`)
      total += entry.uncompressedSize
      if (total > maxBytes) throw new InputError(`${name}: unpacks to more than ${maxBytes >> 20} MiB`)
      const content = await buffer(await zip.openReadStreamPromise(entry))
      if (crc32(content) !== entry.crc32) throw new InputError(`${name}: "${path}" is altered: its CRC does not match`)
      files.set(path, content)
    }
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`${name}: not a zip archive, or damaged: ${(error as Error).message}`)
  }
  return files
}
