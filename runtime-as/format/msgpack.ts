/**
 * The msgpack of a contract: written and read by msgpackr, after a walk over the bytes has shown that they are exactly one value made
 * of maps with text keys, lists, text, numbers, booleans and nil. msgpackr knows more (extensions, records, binary) and trusts lengths.
 */
import { Packr } from 'msgpackr'
import { InputError } from '../errors.ts'
import { MAX_DEPTH } from './json.ts'

const packr = new Packr({ useRecords: false, variableMapSize: true })

export const packMsgpack = (value: unknown): Uint8Array => Uint8Array.from(packr.pack(value))

/** The value in `bytes`. Throws InputError, beginning with `at`, for anything else than one whole plain value. */
export function unpackMsgpack(bytes: Uint8Array, at: string): unknown {
  const walk = new Walk(bytes)
  if (!walk.value(MAX_DEPTH + 2) || walk.at !== bytes.length) {
    throw new InputError(`${at}: expected msgpack of plain maps, lists, text and numbers, and nothing after it`)
  }
  try {
    return packr.unpack(bytes)
  } catch {
    throw new InputError(`${at}: expected msgpack that msgpackr can read`)
  }
}

const NIL = 0xc0
const FALSE = 0xc2
const FLOAT_32 = 0xca
const INT_64 = 0xd3
const TEXT_8 = 0xd9
const TEXT_32 = 0xdb
const LIST_16 = 0xdc
const MAP_32 = 0xdf
/** bytes after the tags 0xca..0xd3: two floats, four unsigned and four signed integers */
const NUMBER_BYTES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8]

/** Steps over values; every method says whether it could. Every item is at least a byte, so no count takes longer than the bytes last. */
class Walk {
  at = 0
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  value(depth: number): boolean {
    if (depth === 0 || this.at >= this.bytes.length) return false
    const tag = this.bytes[this.at++]
    if (tag < 0x80 || tag >= 0xe0) return true
    if (tag < 0x90) return this.items(tag & 15, depth, true)
    if (tag < 0xa0) return this.items(tag & 15, depth, false)
    if (tag < NIL) return this.skip(tag & 31)
    if (tag === NIL || tag === FALSE || tag === FALSE + 1) return true
    if (tag >= FLOAT_32 && tag <= INT_64) return this.skip(NUMBER_BYTES[tag - FLOAT_32])
    if (tag >= TEXT_8 && tag <= TEXT_32) return this.skip(this.uint(1 << (tag - TEXT_8)))
    if (tag >= LIST_16 && tag <= MAP_32) return this.items(this.uint(tag & 1 ? 4 : 2), depth, tag > LIST_16 + 1)
    return false
  }

  items(count: number, depth: number, keyed: boolean): boolean {
    for (let i = 0; i < count; i++) if ((keyed && !this.key()) || !this.value(depth - 1)) return false
    return true
  }

  key(): boolean {
    const tag = this.bytes[this.at]
    return ((tag >= 0xa0 && tag < NIL) || (tag >= TEXT_8 && tag <= TEXT_32)) && this.value(1)
  }

  /** A big-endian length; past the end it reads as infinite, which no item and no text can satisfy. */
  uint(size: number): number {
    if (this.at + size > this.bytes.length) return Number.POSITIVE_INFINITY
    let value = 0
    for (let i = 0; i < size; i++) value = value * 256 + this.bytes[this.at++]
    return value
  }

  skip(count: number): boolean {
    this.at += count
    return this.at <= this.bytes.length
  }
}
