/**
 * HDF5 by h5wasm: the C library as WebAssembly, which reads the file in pieces from disk. What it cannot read it reports by a status that its
 * JavaScript layer drops, so numbers are taken from the module itself.
 */
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { brief } from '../../files/brief.ts'
import { blockRows, requireSane, short } from '../log.ts'
import { type Decode, decoderOf } from './numbers.ts'

type Library = typeof import('h5wasm/node')
type Module = Awaited<Library['ready']>

/** of groups within one another, and of all that is looked at */
const maxDepth = 6
const maxObjects = 500_000
/** numbers of filters up to this one are in every library: gzip, shuffle, checksums */
const builtIn = 255
/** bytes that are read at once: a chunk, where it is larger than a block, or it would be unpacked once for every block */
const maxRead = 256 << 20

export interface ArrayIn {
  path: string
  shape: readonly number[]
  /** bytes of a number; 0: no numbers */
  bytes: number
  /** undefined: no numbers */
  decode?: Decode
  /** how it is packed, where that cannot be read: a filter that the library does not have, chunks too large to unpack */
  packedBy?: string
  /** rows that are packed together */
  chunkRows: number
}

export class Hdf5File {
  readonly path: string
  readonly size: number
  readonly #module: Module
  readonly #file: InstanceType<Library['File']>
  #objects = 0

  private constructor(path: string, size: number, library: Library, module: Module) {
    this.path = path
    this.size = size
    this.#module = module
    this.#file = this.try(() => new library.File(path, 'r'))
  }

  /** Throws InputError where it is no HDF5 file that can be read. */
  static async open(path: string, size: number): Promise<Hdf5File> {
    const library = await load(path)
    const module = await library.ready
    // else it prints ten lines on stderr and goes on
    module.activate_throwing_error_handler()
    return new Hdf5File(path, size, library, module)
  }

  /** What `work` gives; what the library throws, as one line. */
  try<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (error instanceof InputError || error instanceof FailedError) throw error
      throw new InputError(`${this.path}: not an HDF5 file, or damaged: ${short(reasonIn(error))}`)
    }
  }

  /** Names of what is in a group, and which of it are groups. */
  children(group: string): { name: string; isGroup: boolean }[] {
    return this.try(() => {
      const { H5G_GROUP, H5G_DATASET } = this.#module
      const names = this.#module.get_names(this.#file.file_id, group, false)
      this.#objects += names.length
      if (this.#objects > maxObjects)
        throw new InputError(`${this.path}: more than ${maxObjects} groups and arrays, expected fewer`)
      return names.flatMap((name) => {
        const type = this.#module.get_type(this.#file.file_id, below(group, name))
        return type === H5G_GROUP || type === H5G_DATASET ? [{ name, isGroup: type === H5G_GROUP }] : []
      })
    })
  }

  /** Paths of the arrays in a group and in those below, from the group on. */
  arraysBelow(group: string, depth = 0): string[] {
    if (depth > maxDepth) throw new InputError(`${this.path}: groups more than ${maxDepth} deep in one another`)
    return this.children(group).flatMap(({ name, isGroup }) =>
      isGroup ? this.arraysBelow(below(group, name), depth + 1).map((path) => `${name}/${path}`) : [name],
    )
  }

  isArray(path: string): boolean {
    return this.try(() => this.#module.get_type(this.#file.file_id, path) === this.#module.H5G_DATASET)
  }

  array(path: string): ArrayIn {
    return this.try(() => {
      const { type, size, signed, shape, chunks, enum_type, vlen, virtual_sources } = this.#module.get_dataset_metadata(
        this.#file.file_id,
        path,
      )
      const { H5T_INTEGER, H5T_FLOAT, H5T_ENUM } = this.#module.H5T_class_t
      const of = type === H5T_ENUM.value ? enum_type?.type : type
      const letter = of === H5T_INTEGER.value ? (signed ? 'i' : 'u') : of === H5T_FLOAT.value ? 'f' : ''
      const readable = shape !== null && !vlen && !virtual_sources?.length
      // the library gives numbers of either order as little-endian
      const decode = readable ? decoderOf({ type: letter, bytes: size, bigEndian: false }) : undefined
      const filters = chunks ? this.#module.get_dataset_filters(this.#file.file_id, path) : []
      const foreign = filters.find(({ id }) => id > builtIn)
      return {
        path,
        shape: shape ?? [],
        bytes: decode ? size : 0,
        decode,
        packedBy: foreign ? `${short(foreign.name)} (filter ${foreign.id})` : tooLarge(chunks, size),
        chunkRows: chunks?.[0] ?? 1,
      }
    })
  }

  /** Numbers of rows `first` … of an array, (count, …), row-major, into `into`. */
  readInto(array: ArrayIn, first: number, count: number, into: Float64Array): void {
    this.try(() => {
      const { path, shape, bytes, decode } = array
      const counts = [count, ...shape.slice(1)]
      const numbers = counts.reduce((product, n) => product * n, 1)
      if (numbers === 0) return
      const at = this.#module._malloc(numbers * bytes)
      if (at === 0) throw new FailedError(`${this.path}: ${numbers * bytes} bytes at once: no memory for them`)
      try {
        const zeros = counts.map((_, axis) => (axis === 0 ? BigInt(first) : 0n))
        const ones = counts.map(() => 1n)
        const status = this.#module.get_dataset_data(
          this.#file.file_id,
          path,
          counts.map(BigInt),
          zeros,
          ones,
          BigInt(at),
        )
        if (status < 0) throw new Error(`${path} cannot be read`)
        // taken anew: the memory may have grown
        decode!(this.#module.HEAPU8.subarray(at, at + numbers * bytes), numbers, into)
      } finally {
        this.#module._free(at)
      }
    })
  }

  close(): void {
    this.try(() => this.#file.close())
  }
}

/** In words, of chunks that cannot be unpacked in the memory that reading may take. */
function tooLarge(chunks: readonly number[] | null, size: number): string | undefined {
  const bytes = (chunks ?? []).reduce((product, n) => product * n, size)
  return chunks && bytes > maxRead ? `chunks of ${bytes} bytes` : undefined
}

/** Rows of one array in order, read in pieces of its own: its chunks. */
export class ArrayReader {
  readonly #file: Hdf5File
  readonly #array: ArrayIn
  readonly width: number
  readonly #rows: number
  readonly #step: number
  #piece = new Float64Array()
  #from = 0
  #there = 0

  constructor(file: Hdf5File, array: ArrayIn) {
    const { shape, bytes, chunkRows } = array
    this.#file = file
    this.#array = array
    this.#rows = shape[0]
    this.width = shape.slice(1).reduce((product, n) => product * n, 1)
    requireSane(file.path, brief(array.path), this.#rows * this.width * bytes, file.size)
    const rowBytes = Math.max(1, this.width * 8)
    const chunks = Math.max(1, Math.floor(blockRows / chunkRows))
    this.#step = Math.max(1, Math.min(chunks * chunkRows, Math.floor(maxRead / rowBytes), this.#rows))
  }

  /** Copies rows `first` … into `into`, (count, width). */
  copy(first: number, count: number, into: Float64Array): void {
    const { width } = this
    for (let done = 0; done < count; ) {
      const row = first + done
      if (row < this.#from || row >= this.#from + this.#there) this.#load(row)
      const n = Math.min(count - done, this.#from + this.#there - row)
      const at = (row - this.#from) * width
      into.set(this.#piece.subarray(at, at + n * width), done * width)
      done += n
    }
  }

  #load(row: number): void {
    this.#from = row - (row % this.#step)
    this.#there = Math.min(this.#step, this.#rows - this.#from)
    if (this.#piece.length === 0) this.#piece = new Float64Array(this.#step * this.width)
    this.#file.readInto(this.#array, this.#from, this.#there, this.#piece)
  }
}

export const below = (group: string, name: string): string => (group === '/' ? `/${name}` : `${group}/${name}`)

/** The library prints a stack of ten; its last line says most. */
function reasonIn(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const lines = [...text.matchAll(/#\d+: .*? in \w+\(\): (.*)/g)].map(([, reason]) => reason)
  return lines.at(-1) ?? text.split('\n', 1)[0]
}

async function load(path: string): Promise<Library> {
  const { error } = console
  // taken by the library for what it has to say of texts in the file, which is no business of stderr
  console.error = (...words) => {
    if (!/^warning: /.test(String(words[0]))) error(...words)
  }
  try {
    const library = await import('h5wasm/node')
    await library.ready
    return library
  } catch {
    throw new FailedError(`${path}: an HDF5 file, expected the package h5wasm to read it: npm install h5wasm`)
  } finally {
    console.error = error
  }
}
