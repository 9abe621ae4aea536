/** Numbers as files of arrays store them, of any type and byte order, as f64. */
import { halfAt } from '../../../runtime-as/format/half.ts'

/** type: f, i, u or b (of one byte), as NumPy calls them */
export interface NumberType {
  type: string
  bytes: number
  bigEndian: boolean
}

/** `into` takes `count` numbers that begin at the bytes' start. */
export type Decode = (bytes: Uint8Array, count: number, into: Float64Array) => void

/** undefined: no numbers, or of a size that nobody writes */
export function decoderOf({ type, bytes: size, bigEndian }: NumberType): Decode | undefined {
  const arrayOf = arrays[`${type}${size}`]
  if (!arrayOf) return undefined
  // typed arrays need their bytes aligned; one copy, as what is freed at every block does not go back to the system
  let own = new Uint8Array()
  return (bytes, count, into) => {
    if (own.length < count * size) own = new Uint8Array(count * size)
    own.set(bytes.subarray(0, count * size))
    if (bigEndian && size > 1) swap[size](Buffer.from(own.buffer, 0, count * size))
    const numbers = arrayOf(own.buffer, count)
    for (let i = 0; i < count; i++) into[i] = Number(numbers[i])
  }
}

const arrays: Record<string, ((buffer: ArrayBuffer, count: number) => ArrayLike<number | bigint>) | undefined> = {
  f2: (buffer, count) => {
    const view = new DataView(buffer)
    return Float32Array.from({ length: count }, (_, i) => halfAt(view, 2 * i))
  },
  f4: (buffer) => new Float32Array(buffer),
  f8: (buffer) => new Float64Array(buffer),
  i1: (buffer) => new Int8Array(buffer),
  i2: (buffer) => new Int16Array(buffer),
  i4: (buffer) => new Int32Array(buffer),
  i8: (buffer) => new BigInt64Array(buffer),
  u1: (buffer) => new Uint8Array(buffer),
  u2: (buffer) => new Uint16Array(buffer),
  u4: (buffer) => new Uint32Array(buffer),
  u8: (buffer) => new BigUint64Array(buffer),
  b1: (buffer) => new Uint8Array(buffer),
}

const swap: Record<number, (bytes: Buffer) => void> = {
  2: (bytes) => bytes.swap16(),
  4: (bytes) => bytes.swap32(),
  8: (bytes) => bytes.swap64(),
}
