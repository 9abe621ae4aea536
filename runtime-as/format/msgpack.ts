/**
 * The msgpack of a contract: written by msgpackr, and read here, because msgpackr takes more than SPEC.md allows: extensions, records,
 * binary, keys that come twice, text that is no UTF-8, lengths that it trusts.
 */
import { Packr } from 'msgpackr'
import { InputError } from '../errors.ts'
import { MAX_DEPTH } from './json.ts'

const packr = new Packr({ useRecords: false, variableMapSize: true })

export const packMsgpack = (value: unknown): Uint8Array => Uint8Array.from(packr.pack(value))

/** The value in `bytes`. Throws InputError, beginning with `at`, for anything else than one whole plain value. */
export function unpackMsgpack(bytes: Uint8Array, at: string): unknown {
  const reader = new Reader(bytes, at)
  const value = reader.value(MAX_DEPTH + 2)
  if (reader.at !== bytes.length) reader.refuse('nothing after the value')
  return value
}

const NIL = 0xc0
const FALSE = 0xc2
const TRUE = 0xc3
const FLOAT_32 = 0xca
const INT_64 = 0xd3
const TEXT_8 = 0xd9
const TEXT_32 = 0xdb
const LIST_16 = 0xdc
const MAP_32 = 0xdf

/** tags 0xca..0xd3 */
const NUMBERS: [bytes: number, read: (view: DataView, at: number) => number | bigint][] = [
  [4, (view, at) => view.getFloat32(at)],
  [8, (view, at) => view.getFloat64(at)],
  [1, (view, at) => view.getUint8(at)],
  [2, (view, at) => view.getUint16(at)],
  [4, (view, at) => view.getUint32(at)],
  [8, (view, at) => view.getBigUint64(at)],
  [1, (view, at) => view.getInt8(at)],
  [2, (view, at) => view.getInt16(at)],
  [4, (view, at) => view.getInt32(at)],
  [8, (view, at) => view.getBigInt64(at)],
]

/** Every item is at least a byte, so no count takes longer than the bytes last. */
class Reader {
  at = 0
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #name: string
  // a mark at the beginning is a character like others
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#name = name
  }

  refuse(expected: string): never {
    throw new InputError(`${this.#name}: msgpack, byte ${this.at}: expected ${expected}`)
  }

  value(depth: number): unknown {
    if (depth === 0) this.refuse('less nesting')
    const tag = this.#bytes[this.#take(1)]
    if (tag < 0x80) return tag
    if (tag >= 0xe0) return tag - 256
    if (tag < 0x90) return this.#map(tag & 15, depth)
    if (tag < 0xa0) return this.#list(tag & 15, depth)
    if (tag < NIL) return this.#text(tag & 31)
    if (tag === NIL) return null
    if (tag === FALSE || tag === TRUE) return tag === TRUE
    if (tag >= FLOAT_32 && tag <= INT_64) return this.#number(tag)
    if (tag >= TEXT_8 && tag <= TEXT_32) return this.#text(this.#length(1 << (tag - TEXT_8)))
    if (tag < LIST_16 || tag > MAP_32) this.refuse('a map, list, text, number, boolean or nil')
    const count = this.#length(tag & 1 ? 4 : 2)
    return tag > LIST_16 + 1 ? this.#map(count, depth) : this.#list(count, depth)
  }

  #map(count: number, depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = {}
    for (let i = 0; i < count; i++) {
      const key = this.#key()
      if (key === '__proto__' || Object.hasOwn(map, key)) this.refuse(`keys that differ, none of them __proto__`)
      map[key] = this.value(depth - 1)
    }
    return map
  }

  #key(): string {
    const tag = this.#bytes[this.at]
    const isText = (tag >= 0xa0 && tag < NIL) || (tag >= TEXT_8 && tag <= TEXT_32)
    return isText ? (this.value(1) as string) : this.refuse('a key that is text')
  }

  #list(count: number, depth: number): unknown[] {
    const list: unknown[] = []
    for (let i = 0; i < count; i++) list.push(this.value(depth - 1))
    return list
  }

  #text(length: number): string {
    const from = this.#take(length)
    try {
      return this.#utf8.decode(this.#bytes.subarray(from, this.at))
    } catch {
      return this.refuse('text in UTF-8')
    }
  }

  /** Whole numbers of every width that a double holds exactly. */
  #number(tag: number): number {
    const [bytes, read] = NUMBERS[tag - FLOAT_32]
    const value = read(this.#view, this.#take(bytes))
    if (typeof value === 'number') return value
    return Number.isSafeInteger(Number(value))
      ? Number(value)
      : this.refuse('whole numbers from -(2^53 - 1) to 2^53 - 1')
  }

  /** Big-endian. */
  #length(size: number): number {
    const from = this.#take(size)
    let value = 0
    for (let i = 0; i < size; i++) value = value * 256 + this.#bytes[from + i]
    return value
  }

  /** Where the next bytes begin. */
  #take(count: number): number {
    if (count > this.#bytes.length - this.at) this.refuse(`${count} bytes more`)
    this.at += count
    return this.at - count
  }
}
