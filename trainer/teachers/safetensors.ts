/**
 * safetensors: 8 bytes little-endian header length, a JSON header, raw little-endian data (huggingface.co/docs/safetensors).
 * Written with the header padded to 8 bytes and tensors back to back in the given order, so that the same tensors give the same bytes.
 */
import { InputError } from '../../runtime-as/errors.ts'
import { brief } from '../files/brief.ts'
import { parseJson } from '../files/json.ts'
import { HEADER_BUDGET, MAX_HEADER } from '../files/safetensors-facts.ts'
import { bfloat16, float16 } from './half.ts'

export interface Tensor {
  dtype: 'F32' | 'F64'
  shape: number[]
  values: Float32Array | Float64Array
}

export interface Tensors {
  tensors: Map<string, Tensor>
  metadata: Record<string, string>
}

/** types that are read, and bytes of a number */
const elementBytes = { F32: 4, F64: 8, F16: 2, BF16: 2 } as const
type Stored = keyof typeof elementBytes
const isStored = (x: unknown): x is Stored => typeof x === 'string' && Object.hasOwn(elementBytes, x)
const maxAxes = 8

interface Entry {
  dtype: Stored
  shape: number[]
  data_offsets: [number, number]
}

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x)
const isIndex = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0

function checkEntry(name: string, tensor: string, entry: unknown): Entry {
  const refuse = (what: string): never => {
    throw new InputError(`${name}: tensor ${brief(tensor)}: ${what}`)
  }
  if (!isRecord(entry)) return refuse('expected an object with dtype, shape and data_offsets')
  const { dtype, shape, data_offsets: offsets } = entry
  if (!isStored(dtype)) return refuse(`dtype ${brief(dtype)}, expected ${Object.keys(elementBytes).join(' or ')}`)
  if (!Array.isArray(shape) || shape.length > maxAxes || !shape.every(isIndex))
    return refuse(`shape: expected a list of at most ${maxAxes} sizes`)
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isIndex))
    return refuse('data_offsets: expected [begin, end]')
  return entry as unknown as Entry
}

/** Where a tensor lies in its file. */
export interface Place {
  dtype: Stored
  shape: number[]
  from: number
  bytes: number
}

/** Bytes of the JSON header of a file of `size` bytes that begins with `start`. */
export function headerLength(start: Uint8Array, size: number, name: string): number {
  if (size < 10) throw new InputError(`${name}: not a safetensors file: only ${size} bytes`)
  const headerBytes = Number(new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true))
  if (headerBytes > MAX_HEADER || headerBytes > size - 8)
    throw new InputError(`${name}: not a safetensors file, or cut short: its header would be ${headerBytes} bytes long`)
  return headerBytes
}

/** What a file of `size` bytes says of itself; `bytes`: its beginning, the whole header at least. */
export function readLayout(
  bytes: Uint8Array,
  size: number,
  name: string,
): { places: Map<string, Place>; metadata: Record<string, string> } {
  const headerBytes = headerLength(bytes, size, name)
  let header: unknown
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + headerBytes))
    header = parseJson(text, HEADER_BUDGET)
  } catch (error) {
    const reason = error instanceof TypeError ? 'not UTF-8' : (error as Error).message
    throw new InputError(`${name}: not a safetensors file, or damaged: its header: ${reason}`)
  }
  if (!isRecord(header)) throw new InputError(`${name}: not a safetensors file: its header is not a JSON object`)
  const metadata: Record<string, string> = {}
  const places = new Map<string, Place>()
  const available = size - 8 - headerBytes
  for (const [key, value] of Object.entries(header)) {
    if (key === '__metadata__') {
      if (!isRecord(value) || !Object.values(value).every((v) => typeof v === 'string'))
        throw new InputError(`${name}: __metadata__: expected strings`)
      Object.assign(metadata, value)
      continue
    }
    const { dtype, shape, data_offsets } = checkEntry(name, key, value)
    const [begin, end] = data_offsets
    const expected = elementBytes[dtype] * shape.reduce((product, n) => product * n, 1)
    if (end - begin !== expected)
      throw new InputError(
        `${name}: tensor ${brief(key)}: ${end - begin} bytes for shape [${shape.join(', ')}] of ${dtype}`,
      )
    if (end > available)
      throw new InputError(
        `${name}: tensor ${brief(key)} ends at byte ${end}, but the file is cut short after ${available}`,
      )
    places.set(key, { dtype, shape, from: 8 + headerBytes + begin, bytes: expected })
  }
  checkPlaces(places, 8 + headerBytes, size, name)
  return { places, metadata }
}

/** Every byte behind the header belongs to one tensor. */
function checkPlaces(places: ReadonlyMap<string, Place>, start: number, size: number, name: string): void {
  let end = start
  // a tensor without numbers lies before the one that begins at its place
  for (const [key, { from, bytes }] of [...places].sort(([, a], [, b]) => a.from - b.from || a.bytes - b.bytes)) {
    if (from < end)
      throw new InputError(`${name}: tensor ${brief(key)}: lies on another, expected each to have its own bytes`)
    if (from > end)
      throw new InputError(`${name}: tensor ${brief(key)}: ${from - end} bytes before it belong to no tensor`)
    end += bytes
  }
  if (end < size) throw new InputError(`${name}: ${size - end} bytes at the end belong to no tensor`)
}

/** Numbers of 16 bits are float32 here, which has all of them. name: how errors call the file. */
export function readSafetensors(bytes: Uint8Array, name: string): Tensors {
  const { places, metadata } = readLayout(bytes, bytes.length, name)
  const tensors = new Map<string, Tensor>()
  for (const [key, { dtype, shape, from, bytes: size }] of places) {
    // typed arrays are little-endian on every machine that Node supports for this project, as the file is
    const data = new Uint8Array(bytes.subarray(from, from + size)).buffer
    if (dtype === 'F64') tensors.set(key, { dtype, shape, values: new Float64Array(data) })
    else tensors.set(key, { dtype: 'F32', shape, values: float32Of[dtype](data) })
  }
  return { tensors, metadata }
}

const float32Of = {
  F32: (data: ArrayBuffer) => new Float32Array(data),
  F16: (data: ArrayBuffer) => Float32Array.from(new Uint16Array(data), float16),
  BF16: (data: ArrayBuffer) => Float32Array.from(new Uint16Array(data), bfloat16),
}

export function writeSafetensors({ tensors, metadata }: Tensors): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata }
  let offset = 0
  for (const [name, { dtype, shape, values }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + values.byteLength] }
    offset += values.byteLength
  }
  const text = JSON.stringify(header)
  const json = new TextEncoder().encode(text + ' '.repeat((8 - (new TextEncoder().encode(text).length % 8)) % 8))
  if (json.length > MAX_HEADER) throw new Error(`a safetensors header of ${json.length} bytes, which no reader takes`)
  const bytes = new Uint8Array(8 + json.length + offset)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  let at = 8 + json.length
  for (const { values } of tensors.values()) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at)
    at += values.byteLength
  }
  return bytes
}
