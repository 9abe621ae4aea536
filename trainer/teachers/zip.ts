/** Files of a zip archive, whole and checked: sizes and CRC as the archive states them. */
import { crc32, inflateRawSync } from 'node:zlib'
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import { InputError } from '../../runtime-as/errors.ts'
import { brief } from '../files/brief.ts'

/** bytes that an archive may unpack to, with the archives in it; stored files are not unpacked, they are read where they lie */
const maxUnpacked = 32 << 20
/** PyTorch writes a file a tensor */
const maxFiles = 10_000

/** What is left of what archives may unpack to: one for an archive and those within it. */
export class Unpacking {
  left = maxUnpacked
}

export const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b

/** Gives the files that `wanted` accepts by their path. name: how errors call the archive. */
export async function readZip(
  bytes: Uint8Array,
  name: string,
  unpacking: Unpacking,
  wanted: (path: string) => boolean = () => true,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  try {
    const zip = await fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    if (zip.entryCount > maxFiles)
      throw new InputError(`${name}: holds ${zip.entryCount} files, expected at most ${maxFiles}`)
    let packed = 0
    for await (const entry of zip.eachEntry()) {
      const path = entry.fileName
      if (path.endsWith('/') || !wanted(path)) continue
      if (files.has(path)) throw new InputError(`${name}: holds ${brief(path)} twice`)
      packed += entry.compressedSize
      if (packed > bytes.length) throw new InputError(`${name}: its files lie on one another`)
      const content = await readEntry(zip, entry, bytes, { name, unpacking })
      if (crc32(content) !== entry.crc32)
        throw new InputError(`${name}: ${brief(path)} is altered: its CRC does not match`)
      files.set(path, content)
    }
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`${name}: not a zip archive, or damaged: ${(error as Error).message.slice(0, 200)}`)
  }
  return files
}

async function readEntry(
  zip: ZipFile,
  entry: Entry,
  archive: Uint8Array,
  { name, unpacking }: { name: string; unpacking: Unpacking },
): Promise<Uint8Array> {
  const { compressionMethod: method, compressedSize, uncompressedSize, fileName } = entry
  if (entry.isEncrypted()) throw new Error('a file in it is encrypted')
  // minimal: where the content begins
  const { fileDataStart: from } = await zip.readLocalFileHeaderPromise(entry, { minimal: true })
  const content = archive.subarray(from, from + compressedSize)
  if (method === 0) {
    if (compressedSize !== uncompressedSize) throw new Error('a stored file of two sizes')
    return content
  }
  if (method !== 8) throw new Error(`compression method ${method}`)
  unpacking.left -= uncompressedSize
  if (unpacking.left < 0) throw new InputError(`${name}: unpacks to more than ${maxUnpacked >> 20} MiB`)
  // one piece of the stated size, and an error where there would be more
  const size = Math.max(64, uncompressedSize)
  const unpacked = inflateRawSync(content, { maxOutputLength: size, chunkSize: size })
  if (unpacked.length !== uncompressedSize) throw new Error(`${brief(fileName)} is not as long as stated`)
  return unpacked
}
