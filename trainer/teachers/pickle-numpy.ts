/** NumPy arrays and scalars in pickles, and the objects around them as plain records. */
import { brief } from '../files/brief.ts'
import type { Known, Stateful } from './pickle.ts'

/** of an array that is read: as many as a policy has observations */
const maxNumbers = 4096
/** of a matrix */
const maxMatrix = 1 << 20
const itemBytes: Record<string, number> = { f4: 4, f8: 8, i4: 4, i8: 8, u4: 4, u8: 8, b1: 1, O8: 8 }

class Dtype implements Stateful {
  readonly code: string
  #bigEndian = false

  constructor(code: unknown) {
    if (typeof code !== 'string' || !Object.hasOwn(itemBytes, code)) throw new Error(`dtype ${brief(code)}`)
    this.code = code
  }

  /** (version, byte order, …) */
  setState(state: unknown): void {
    this.#bigEndian = Array.isArray(state) && state[1] === '>'
  }

  /** Numbers out of bytes; only floats are ever asked for. */
  read(bytes: Uint8Array, count: number): Float64Array {
    if (this.#bigEndian) throw new Error('expected little-endian data')
    if (this.code !== 'f4' && this.code !== 'f8') throw new Error(`dtype ${this.code}, expected f4 or f8`)
    if (bytes.length !== count * itemBytes[this.code])
      throw new Error(`${bytes.length} bytes for ${count} numbers of ${this.code}`)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const item =
      this.code === 'f4' ? (i: number) => view.getFloat32(4 * i, true) : (i: number) => view.getFloat64(8 * i, true)
    return Float64Array.from({ length: count }, (_, i) => item(i))
  }
}

const isShape = (x: unknown): x is number[] =>
  Array.isArray(x) && x.length <= 4 && x.every((n) => Number.isSafeInteger(n) && n >= 0)

export class NumpyArray implements Stateful {
  shape: readonly number[] = []
  #dtype: Dtype | undefined
  #bytes: Uint8Array = new Uint8Array()
  #columnsFirst = false
  /** what an array of objects holds; else undefined */
  items: readonly unknown[] | undefined

  /** (version, shape, dtype, Fortran order, bytes) */
  setState(state: unknown): void {
    const [, shape, dtype, columnsFirst, bytes] = Array.isArray(state) ? state : []
    if (isShape(shape) && dtype instanceof Dtype && dtype.code === 'O8' && Array.isArray(bytes)) {
      this.shape = shape
      this.items = bytes
      return
    }
    this.#columnsFirst = columnsFirst === true
    if (!isShape(shape) || !(dtype instanceof Dtype) || !(bytes instanceof Uint8Array))
      throw new Error('numpy array: expected a shape, a number dtype and bytes')
    this.shape = shape
    this.#dtype = dtype
    this.#bytes = bytes
  }

  /** Numbers of an array with one axis. */
  vector(): Float64Array {
    if (this.shape.length !== 1 || !this.#dtype) throw new Error(`shape [${this.shape.join(', ')}], expected one axis`)
    if (this.shape[0] > maxNumbers) throw new Error(`${this.shape[0]} numbers, expected at most ${maxNumbers}`)
    return this.#dtype.read(this.#bytes, this.shape[0])
  }

  /** Numbers of an array with one or two axes, row-major. */
  numbers(): Float64Array {
    const [rows, columns = 1] = this.shape
    const count = rows * columns
    if (![1, 2].includes(this.shape.length) || !this.#dtype) throw new Error(`shape [${this.shape.join(', ')}]`)
    if (!(count <= maxMatrix)) throw new Error(`${count} numbers, expected at most ${maxMatrix}`)
    const values = this.#dtype.read(this.#bytes, count)
    if (!this.#columnsFirst) return values
    return values.map((_, i) => values[(i % columns) * rows + Math.floor(i / columns)])
  }
}

/** An object kept as its class name and attributes; nothing of the class is known here. */
export class PythonRecord implements Stateful {
  readonly className: string
  readonly attributes = new Map<unknown, unknown>()

  constructor(className: string) {
    this.className = className
  }

  setState(state: unknown): void {
    if (!(state instanceof Map)) throw new Error(`${this.className}: expected attributes`)
    for (const [key, value] of state) this.attributes.set(key, value)
  }
}

/** names, by the modules that have held them over the years */
const under = (modules: readonly string[], name: string, known: Known): [string, Known][] =>
  modules.map((module) => [`${module} ${name}`, known])

const multiarray = ['numpy.core.multiarray', 'numpy._core.multiarray']

export const numpyNames: [string, Known][] = [
  ['numpy dtype', { make: ([code]) => new Dtype(code) }],
  // only ever an argument of _reconstruct
  ['numpy ndarray', { make: () => new NumpyArray() }],
  ...under(multiarray, '_reconstruct', { make: () => new NumpyArray() }),
  ...under(multiarray, 'scalar', {
    make: ([dtype, bytes]) => {
      if (!(dtype instanceof Dtype) || !(bytes instanceof Uint8Array)) throw new Error('expected a dtype and bytes')
      // a scalar that is no float is kept as it is: nothing reads it
      return dtype.code === 'f4' || dtype.code === 'f8' ? dtype.read(bytes, 1)[0] : bytes
    },
  }),
  ...under(['numpy.core.numeric', 'numpy._core.numeric'], '_frombuffer', {
    make: ([bytes, dtype, shape]) => {
      const array = new NumpyArray()
      array.setState([1, shape, dtype, false, bytes])
      return array
    },
  }),
]

export const records = (names: readonly string[]): [string, Known][] =>
  names.map((name) => [name, { make: () => new PythonRecord(name) }])
