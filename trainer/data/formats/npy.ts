/** The header of a NumPy array (npy): type, order and shape (numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
import { brief } from '../../files/brief.ts'
import type { NumberType } from './numbers.ts'

export interface NpyHeader {
  /** undefined: objects, text, records */
  type: NumberType | undefined
  /** as the file says it */
  described: string
  columnMajor: boolean
  shape: number[]
  /** where the numbers begin */
  bytes: number
}

const longest = 65_536
const maxAxes = 8

/** Bytes of the header that begins with these 12. Throws Error with a reason. */
export function npyHeaderBytes(start: Uint8Array): number {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  if (start.length < 12 || view.getUint32(0) !== 0x934e554d || view.getUint16(4) !== 0x5059)
    throw new Error('not a NumPy array')
  const major = start[6]
  if (major < 1 || major > 3) throw new Error(`npy version ${major}, expected 1, 2 or 3`)
  const bytes = major === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true)
  if (bytes > longest || bytes < 12) throw new Error(`a header of ${bytes} bytes, expected at most ${longest}`)
  return bytes
}

/** head: the whole header. Throws Error with a reason. */
export function readNpyHeader(head: Uint8Array): NpyHeader {
  const text = Buffer.from(head.subarray(head[6] === 1 ? 10 : 12)).toString('latin1')
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1]
  const axes = /'shape':\s*\(([\d\s,L]{0,200})\)/.exec(text)?.[1]
  const described = /'descr':\s*('[^']{0,40}'|\[)/.exec(text)?.[1]
  if (order === undefined || axes === undefined || described === undefined)
    throw new Error('its header: expected descr, fortran_order and shape')
  const shape = axes
    .split(',')
    .map((axis) => axis.replace('L', '').trim())
    .filter((axis) => axis !== '')
    .map(Number)
  if (shape.length > maxAxes || !shape.every(Number.isSafeInteger))
    throw new Error(`shape (${axes.trim()}), expected at most ${maxAxes} sizes`)
  const [, sign, type, size] = /^'([<>|=])([fiub])(\d)'$/.exec(described) ?? []
  return {
    type: type === undefined ? undefined : { type, bytes: Number(size), bigEndian: sign === '>' },
    described:
      described === '[' ? 'records' : /O/.test(described) ? 'Python objects' : `dtype ${brief(described.slice(1, -1))}`,
    columnMajor: order === 'True',
    shape,
    bytes: head.length,
  }
}
