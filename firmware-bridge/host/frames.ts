/** Frames of the line protocol (PROTOCOL.md): sealed, put on the line in SLIP, found again on it, opened. */
import { crc32 } from 'node:zlib'
import {
  CRC_BYTES,
  END,
  ESC,
  ESC_END,
  ESC_ESC,
  MAX_FRAME,
  MAX_PAYLOAD,
  MIN_FRAME,
  PAYLOAD,
  RESULT,
  SEQUENCE,
  TAG_BYTES,
  TYPE,
} from '../../runtime-as/kernel/assembly/device/protocol.ts'

export interface Frame {
  /** a request's type; its answer has bit 7 set */
  type: number
  /** 0 in requests and in answers that went well */
  status: number
  /** 0..65535, the same in a request and its answer */
  sequence: number
  payload: Uint8Array
}

/** A frame's bytes before SLIP, sealed with a tag. */
export function joined({ type, status, sequence, payload }: Frame, tag: Uint8Array): Uint8Array {
  return Uint8Array.of(type, status, sequence & 0xff, sequence >>> 8, ...payload, ...tag)
}

/** A frame that ends in a tag, and the tag, which is to be compared; undefined: too short or too long for one. */
export function openTagged(bytes: Uint8Array): { frame: Frame; tag: Uint8Array } | undefined {
  const end = bytes.length - TAG_BYTES
  if (end < PAYLOAD || bytes.length > MAX_FRAME) return undefined
  const sequence = bytes[SEQUENCE] | (bytes[SEQUENCE + 1] << 8)
  const frame = { type: bytes[TYPE], status: bytes[RESULT], sequence, payload: bytes.slice(PAYLOAD, end) }
  return { frame, tag: bytes.slice(end) }
}

/** A frame's bytes before SLIP. mix: what its CRC-32 is mixed with, of a STEP the contract's hash, of an answer `sealOf` its request; else 0 */
export function sealFrame({ type, status, sequence, payload }: Frame, mix: number): Uint8Array {
  const bytes = new Uint8Array(PAYLOAD + payload.length + CRC_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint8(TYPE, type)
  view.setUint8(RESULT, status)
  view.setUint16(SEQUENCE, sequence, true)
  bytes.set(payload, PAYLOAD)
  const end = bytes.length - CRC_BYTES
  view.setUint32(end, crc32(bytes.subarray(0, end)) ^ mix, true)
  return bytes
}

/** The frame in bytes that arrived between two ENDs, or undefined: garbage, altered, or sealed with another `mix`. */
export function openFrame(bytes: Uint8Array, mix: number): Frame | undefined {
  if (bytes.length < MIN_FRAME || bytes.length > PAYLOAD + MAX_PAYLOAD + CRC_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = bytes.length - CRC_BYTES
  if ((crc32(bytes.subarray(0, end)) ^ mix) >>> 0 !== view.getUint32(end, true)) return undefined
  const sequence = view.getUint16(SEQUENCE, true)
  return {
    type: view.getUint8(TYPE),
    status: view.getUint8(RESULT),
    sequence,
    payload: bytes.slice(PAYLOAD, end),
  }
}

/** The CRC-32 field of a sealed frame. */
export const sealOf = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(bytes.length - CRC_BYTES, true)

/** Bytes of a frame as they go over the line. An END also leads them, which ends whatever garbage stood before. */
export function encodeFrame(frame: Uint8Array): Uint8Array {
  const line = new Uint8Array(2 * frame.length + 2)
  let at = 0
  line[at++] = END
  for (const byte of frame) {
    if (byte === END || byte === ESC) line[at++] = ESC
    line[at++] = byte === END ? ESC_END : byte === ESC ? ESC_ESC : byte
  }
  line[at++] = END
  return line.subarray(0, at)
}

/**
 * Finds frames among the bytes of a line, wherever it cuts them. Time is linear in the bytes, and memory one frame, whatever comes. take: gets each frame
 * as it ends, undefined: one that is too long, or has an ESC that escapes nothing
 */
export class FrameDecoder {
  readonly #take: (frame: Uint8Array | undefined) => void
  readonly #frame = new Uint8Array(MAX_FRAME)
  #length = 0
  #escaped = false
  /** too long or badly escaped: nothing of it counts up to its END */
  #broken = false

  constructor(take: (frame: Uint8Array | undefined) => void) {
    this.#take = take
  }

  write(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === END) this.#end()
      else if (this.#escaped) this.#unescape(byte)
      else if (byte === ESC) this.#escaped = true
      else this.#put(byte)
    }
  }

  #unescape(byte: number): void {
    this.#escaped = false
    if (byte === ESC_END) this.#put(END)
    else if (byte === ESC_ESC) this.#put(ESC)
    else this.#broken = true
  }

  #put(byte: number): void {
    if (this.#length === MAX_FRAME) this.#broken = true
    else this.#frame[this.#length++] = byte
  }

  #end(): void {
    const broken = this.#broken || this.#escaped
    const length = this.#length
    this.#length = 0
    this.#escaped = false
    this.#broken = false
    if (broken) this.#take(undefined)
    // two ENDs in a row hold no frame
    else if (length > 0) this.#take(this.#frame.slice(0, length))
  }
}

/** u32 of a payload, little-endian whatever this host is. */
export function words(...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length))
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, true)
  return new Uint8Array(view.buffer)
}
