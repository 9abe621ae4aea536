/** Tensors of ONNX files, in the file or beside it. */
import { brief } from '../../files/brief.ts'
import { limits, type Numbers } from '../graph/graph.ts'
import { bfloat16, float16 } from '../half.ts'
import type { Message } from './protobuf.ts'

export interface Constant {
  shape: readonly number[]
  /** row-major; whole numbers of every type as float64 */
  values: Numbers
  /** of a type of whole numbers, where division cuts */
  whole: boolean
}

/** Bytes of a file beside the model, by the name that the model gives it. Throws InputError. */
export type External = (location: string, offset: number, length: number) => Uint8Array

interface Type {
  bytes: number
  whole: boolean
  read(view: DataView, at: number): number
  /** field of a TensorProto where such numbers lie when they are no raw bytes */
  field: 4 | 5 | 7 | 10 | 11
}

/** by TensorProto.DataType */
const types: Record<number, Type> = {
  1: { bytes: 4, whole: false, field: 4, read: (view, at) => view.getFloat32(at, true) },
  2: { bytes: 1, whole: true, field: 5, read: (view, at) => view.getUint8(at) },
  3: { bytes: 1, whole: true, field: 5, read: (view, at) => view.getInt8(at) },
  4: { bytes: 2, whole: true, field: 5, read: (view, at) => view.getUint16(at, true) },
  5: { bytes: 2, whole: true, field: 5, read: (view, at) => view.getInt16(at, true) },
  6: { bytes: 4, whole: true, field: 5, read: (view, at) => view.getInt32(at, true) },
  7: { bytes: 8, whole: true, field: 7, read: (view, at) => Number(view.getBigInt64(at, true)) },
  9: { bytes: 1, whole: true, field: 5, read: (view, at) => view.getUint8(at) },
  10: { bytes: 2, whole: false, field: 5, read: (view, at) => float16(view.getUint16(at, true)) },
  11: { bytes: 8, whole: false, field: 10, read: (view, at) => view.getFloat64(at, true) },
  12: { bytes: 4, whole: true, field: 11, read: (view, at) => view.getUint32(at, true) },
  13: { bytes: 8, whole: true, field: 11, read: (view, at) => Number(view.getBigUint64(at, true)) },
  16: { bytes: 2, whole: false, field: 5, read: (view, at) => bfloat16(view.getUint16(at, true)) },
}

/** Throws InputError. */
export function readTensor(tensor: Message, external: External): Constant {
  const name = tensor.text(8)
  const refuse = (what: string): never => tensor.budget.refuse(`tensor ${brief(name)}: ${what}`)
  const shape = tensor.ints(1)
  const count = shape.reduce((product, n) => product * n, 1)
  if (!shape.every((n) => n >= 0) || shape.length > 8 || !(count <= limits.numbers))
    refuse(`shape [${shape.slice(0, 8).join(', ')}], expected at most ${limits.numbers} numbers`)
  const code = tensor.int(2) ?? 0
  const type = types[code] ?? refuse(`data type ${code}, expected floats or whole numbers`)
  const { whole } = type
  const isExternal = tensor.int(14) === 1
  if (tensor.has(9) || isExternal) {
    const bytes = isExternal ? readExternal(tensor, count * type.bytes, external) : tensor.bytes(9).at(-1)!
    if (bytes.length !== count * type.bytes) refuse(`${bytes.length} bytes for shape [${shape.join(', ')}]`)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const values = code === 1 ? new Float32Array(count) : new Float64Array(count)
    for (let i = 0; i < count; i++) values[i] = type.read(view, i * type.bytes)
    return { shape, values, whole }
  }
  const values = numbersIn(tensor, type, code)
  if (values.length !== count) refuse(`${values.length} numbers for shape [${shape.join(', ')}]`)
  return { shape, values, whole }
}

/** As the fields of their types hold them. */
function numbersIn(tensor: Message, { field }: Type, code: number): Numbers {
  if (field === 4) return Float32Array.from(tensor.floats(4, 4))
  if (field === 10) return tensor.floats(10, 8)
  // 16 bits each
  const decode = code === 10 ? float16 : code === 16 ? bfloat16 : (x: number) => x
  return Float64Array.from(tensor.ints(field), decode)
}

function readExternal(tensor: Message, bytes: number, external: External): Uint8Array {
  const said = new Map(tensor.messages(13).map((entry) => [entry.text(1), entry.text(2)]))
  const whole = (key: string, otherwise: number): number => {
    const value = Number(said.get(key) ?? otherwise)
    if (!Number.isSafeInteger(value) || value < 0)
      tensor.budget.refuse(`external data: ${key}: expected a whole number`)
    return value
  }
  return external(said.get('location') ?? '', whole('offset', 0), whole('length', bytes))
}
