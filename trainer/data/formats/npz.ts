/** NumPy arrays in a zip (np.savez, np.savez_compressed): read as streams, side by side, so that none is ever whole in memory. */
import { closeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { type Entry, fromFdPromise, type ZipFile } from 'yauzl'
import { InputError } from '../../../runtime-as/errors.ts'
import { notRead } from '../../files/access.ts'
import { brief } from '../../files/brief.ts'
import { openAs } from '../../files/open.ts'
import type { DataFormat } from '../format.ts'
import { arrayField, type Block, blockRows, damaged, type Field, type Log, requireSane } from '../log.ts'
import { requireEqualRows } from '../rows.ts'
import { type NpyHeader, npyHeaderBytes, readNpyHeader } from './npy.ts'
import { type Decode, decoderOf, type NumberType } from './numbers.ts'

const maxArrays = 1000
/** numbers of an array in column order, which cannot be read in pieces */
const maxWhole = 1 << 28

export const npzFormat: DataFormat = { name: 'NumPy arrays (npz)', kind: 'npz', open: openNpz }

interface Stored {
  entry: Entry
  header: NpyHeader
}

async function openNpz(path: string): Promise<Log> {
  const { descriptor, size } = openAs(path, 'npz')
  try {
    const zip = await fromFdPromise(descriptor, { autoClose: false })
    const arrays = await arraysIn(zip, path, size)
    const fields = [...arrays].map(([name, { header }]) => fieldOf(name, header))
    return {
      path,
      format: npzFormat.name,
      fields,
      inFolders: true,
      grouped: false,
      notes: [],
      blocks: (wanted) => blocks(path, zip, arrays, wanted),
      close: () => closeSync(descriptor),
    }
  } catch (error) {
    closeSync(descriptor)
    throw notRead(path, damaged(path, npzFormat.name, error))
  }
}

function fieldOf(name: string, { type, described, shape }: NpyHeader): Field {
  if (!type || !decoderOf(type)) return { name, columns: [name], unusable: `${described}, expected numbers` }
  if (shape.length === 0) return { name, columns: [name], unusable: 'a single number, expected a row of them or more' }
  return { ...arrayField(name, shape), rows: shape[0] }
}

async function arraysIn(zip: ZipFile, path: string, size: number): Promise<Map<string, Stored>> {
  if (zip.entryCount > maxArrays)
    throw new InputError(`${path}: holds ${zip.entryCount} files, expected at most ${maxArrays}`)
  const arrays = new Map<string, Stored>()
  let [packed, unpacked] = [0, 0]
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName.replace(/\.npy$/, '')
    const what = brief(name)
    if (arrays.has(name)) throw new InputError(`${path}: holds ${what} twice`)
    if (entry.isEncrypted() || ![0, 8].includes(entry.compressionMethod))
      throw new InputError(`${path}: ${what}: compression method ${entry.compressionMethod}, expected 0 or 8`)
    packed += entry.compressedSize
    unpacked += entry.uncompressedSize
    if (packed > size) throw new InputError(`${path}: its arrays lie on one another`)
    requireSane(path, what, unpacked, size)
    const stream = await StoredBytes.open(zip, entry)
    try {
      const header = await headerOf(stream)
      const { shape, type, bytes } = header
      const expected = shape.reduce((product, n) => product * n, type?.bytes ?? 0)
      if (type && expected + bytes !== entry.uncompressedSize)
        throw new Error(`${entry.uncompressedSize} bytes, expected ${expected + bytes} for shape (${shape.join(', ')})`)
      arrays.set(name, { entry, header })
    } catch (error) {
      throw damaged(path, `${npzFormat.name} in ${what}`, error)
    } finally {
      stream.destroy()
    }
  }
  return arrays
}

async function headerOf(stream: StoredBytes): Promise<NpyHeader> {
  const start = (await stream.take(12)).slice()
  const rest = await stream.take(npyHeaderBytes(start) - 12)
  return readNpyHeader(Buffer.concat([start, rest]))
}

async function* blocks(
  path: string,
  zip: ZipFile,
  arrays: ReadonlyMap<string, Stored>,
  wanted: readonly Field[],
): AsyncGenerator<Block> {
  const rows = requireEqualRows(path, wanted)
  const readers: ArrayRows[] = []
  try {
    for (const { name } of wanted) readers.push(await ArrayRows.open(zip, arrays.get(name)!, path))
    for (let first = 0; first < rows; first += blockRows) {
      const count = Math.min(blockRows, rows - first)
      const values: Float64Array[] = []
      for (const reader of readers) values.push(await reader.take(first, count))
      yield { first, count, values }
    }
    for (const reader of readers) await reader.end()
  } catch (error) {
    throw notRead(path, damaged(path, npzFormat.name, error))
  } finally {
    for (const reader of readers) reader.destroy()
  }
}

/** Whether each number of that type is one of 32 bits too: half the memory. Times and episode numbers are mostly of others. */
const fitsFloat32 = ({ type, bytes }: NumberType): boolean => bytes < 4 || (type === 'f' && bytes === 4)

/** Rows of one array, in order. */
class ArrayRows {
  readonly #stream: StoredBytes
  readonly #decode: Decode
  readonly #rowBytes: number
  readonly #values: Float64Array
  /** all numbers, row-major, of an array that is stored column by column */
  #whole: Float32Array | Float64Array | undefined

  private constructor(stream: StoredBytes, { shape, type }: NpyHeader) {
    const width = shape[1] ?? 1
    this.#stream = stream
    this.#decode = decoderOf(type!)!
    this.#rowBytes = width * type!.bytes
    this.#values = new Float64Array(blockRows * width)
  }

  static async open(zip: ZipFile, { entry, header }: Stored, path: string): Promise<ArrayRows> {
    const stream = await StoredBytes.open(zip, entry)
    await stream.take(header.bytes)
    const rows = new ArrayRows(stream, header)
    if (header.columnMajor && header.shape.length === 2) await rows.#turn(header, path, entry.fileName)
    return rows
  }

  async #turn({ shape: [count, width], type }: NpyHeader, path: string, name: string): Promise<void> {
    if (count * width > maxWhole)
      throw new InputError(
        `${path}: ${brief(name)}: in column order (Fortran), expected at most ${maxWhole} numbers of it`,
      )
    const whole = fitsFloat32(type!) ? new Float32Array(count * width) : new Float64Array(count * width)
    this.#whole = whole
    const piece = new Float64Array(blockRows)
    for (let column = 0; column < width; column++)
      for (let first = 0; first < count; first += blockRows) {
        const n = Math.min(blockRows, count - first)
        this.#decode(await this.#stream.take(n * type!.bytes), n, piece)
        for (let i = 0; i < n; i++) whole[(first + i) * width + column] = piece[i]
      }
  }

  async take(first: number, count: number): Promise<Float64Array> {
    const values = this.#values
    const width = values.length / blockRows
    if (this.#whole) values.set(this.#whole.subarray(first * width, (first + count) * width))
    else this.#decode(await this.#stream.take(count * this.#rowBytes), count * width, values)
    return values
  }

  end = (): Promise<void> => this.#stream.end()
  destroy = (): void => this.#stream.destroy()
}

/** Bytes of a file in the zip, unpacked, as many as are wanted at a time. */
class StoredBytes {
  readonly #entry: Entry
  readonly #stream: NodeJS.ReadableStream & { destroy(): void }
  readonly #chunks: AsyncIterator<Buffer>
  #left: Buffer = Buffer.alloc(0)
  #taken = Buffer.alloc(0)
  #crc = 0

  private constructor(entry: Entry, stream: NodeJS.ReadableStream & { destroy(): void }) {
    this.#entry = entry
    this.#stream = stream
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  static async open(zip: ZipFile, entry: Entry): Promise<StoredBytes> {
    return new StoredBytes(entry, await zip.openReadStreamPromise(entry))
  }

  /** Overwritten by the next call. */
  async take(count: number): Promise<Uint8Array> {
    if (this.#taken.length < count) this.#taken = Buffer.alloc(count)
    for (let there = 0; ; ) {
      const part = this.#left.subarray(0, count - there)
      this.#taken.set(part, there)
      this.#left = this.#left.subarray(part.length)
      there += part.length
      if (there === count) return this.#taken.subarray(0, count)
      const { done, value } = await this.#chunks.next()
      if (done) throw new Error(`${brief(this.#entry.fileName)} is cut short`)
      this.#crc = crc32(value, this.#crc)
      this.#left = value
    }
  }

  /** Throws Error unless this was all, and is as the zip says. */
  async end(): Promise<void> {
    const { done } = await this.#chunks.next()
    const { fileName, crc32: expected } = this.#entry
    if (!done || this.#left.length > 0) throw new Error(`${brief(fileName)} is longer than it says`)
    if (this.#crc !== expected) throw new Error(`${brief(fileName)} is altered: its CRC does not match`)
  }

  destroy(): void {
    this.#stream.destroy()
  }
}
