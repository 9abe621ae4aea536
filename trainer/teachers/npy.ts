/** One array of an .npz: its header, then its numbers, or a pickle of objects that is read as data. */
import { InputError } from '../../runtime-as/errors.ts'
import { brief } from '../files/brief.ts'
import { readPickle } from './pickle.ts'
import { PickleBudget } from './pickle-budget.ts'
import { NumpyArray, numpyNames } from './pickle-numpy.ts'

export interface NumpyFile {
  shape: readonly number[]
  /** row-major, float64. Throws InputError where they are none */
  numbers(): Float64Array
  /** of an array of arrays */
  objects?: readonly NumpyFile[]
}

const maxHeader = 65_536
const maxNumbers = 1 << 22
/** bytes that texts of old pickles may become */
const maxEncoded = 16 << 20

const items: Record<string, { bytes: number; read(view: DataView, at: number): number }> = {
  f4: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  f8: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  i4: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  i8: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
}

/** name: how errors call it. Throws InputError. */
export function readNpy(bytes: Uint8Array, name: string): NumpyFile {
  const refuse = (what: string): never => {
    throw new InputError(`${name}: ${what}`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 12 || Buffer.from(bytes.subarray(0, 6)).toString('latin1') !== '\x93NUMPY')
    return refuse('not a NumPy array')
  const long = view.getUint8(6) >= 2
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true)
  const from = long ? 12 : 10
  if (length > maxHeader || from + length > bytes.length) return refuse('not a NumPy array, or cut short')
  const header = Buffer.from(bytes.subarray(from, from + length)).toString('latin1')
  const type = /'descr': *'([<>|=])(\w+)'/.exec(header)
  const order = /'fortran_order': *(True|False)/.exec(header)?.[1]
  const sizes = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1]
  if (!type || order === undefined || sizes === undefined)
    return refuse('header: expected descr, fortran_order and shape')
  const shape = sizes
    .split(',')
    .map((size) => size.trim())
    .filter(Boolean)
    .map(Number)
  const count = shape.reduce((product, n) => product * n, 1)
  const data = bytes.subarray(from + length)
  const [, endian, code] = type
  if (code === 'O') return { shape, objects: objectsIn(data, name), numbers: () => refuse('objects, expected numbers') }
  return {
    shape,
    numbers() {
      const item = Object.hasOwn(items, code) && endian !== '>' ? items[code] : undefined
      if (!item) return refuse(`dtype ${brief(endian + code)}, expected little-endian floats or whole numbers`)
      if (!(count <= maxNumbers)) return refuse(`${count} numbers, expected at most ${maxNumbers}`)
      if (data.length !== count * item.bytes) return refuse(`${data.length} bytes for shape [${shape.join(', ')}]`)
      const numbers = new DataView(data.buffer, data.byteOffset, data.byteLength)
      const values = Float64Array.from({ length: count }, (_, i) => item.read(numbers, i * item.bytes))
      return order === 'True' ? rowMajor(values, shape) : values
    },
  }
}

/** Of columns that follow one another. */
function rowMajor(values: Float64Array, shape: readonly number[]): Float64Array {
  if (shape.length !== 2) return values
  const [rows, columns] = shape
  return values.map((_, i) => values[(i % columns) * rows + Math.floor(i / columns)])
}

/** Arrays in the pickle of an array of objects. */
function objectsIn(data: Uint8Array, name: string): NumpyFile[] {
  let left = maxEncoded
  // what Python 2 and pickle protocol 2 keep bytes as
  const encode = {
    make([text, coding]: readonly unknown[]) {
      if (typeof text !== 'string' || coding !== 'latin1') throw new Error('expected a text of latin1')
      left -= text.length
      if (left < 0) throw new Error(`more than ${maxEncoded} bytes of texts`)
      return new Uint8Array(Buffer.from(text, 'latin1'))
    },
  }
  const names = new Map([...numpyNames, ['_codecs encode', encode]])
  const { value } = readPickle(data, name, { budget: new PickleBudget(name), names })
  if (!(value instanceof NumpyArray) || !value.items) throw new InputError(`${name}: expected an array of arrays`)
  return value.items.map((array, i) => {
    if (!(array instanceof NumpyArray)) throw new InputError(`${name}: entry ${i}: expected an array`)
    const numbers = () => {
      try {
        return array.numbers()
      } catch (error) {
        throw new InputError(`${name}: entry ${i}: ${(error as Error).message}`)
      }
    }
    return { shape: array.shape, numbers }
  })
}
