/** Frames of the line protocol (PROTOCOL.md): sealed and opened here, delimited by serialport's SLIP streams. */
import { crc32 } from 'node:zlib'
import { SlipDecoder, SlipEncoder } from '@serialport/parser-slip-encoder'
import {
  ANSWER,
  CRC_BYTES,
  MAX_FRAME,
  MIN_FRAME,
  PAYLOAD,
  RESULT,
  SEQUENCE,
  STEP,
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

/** Control frames are understood only by an end that runs the same contract. */
const mix = (type: number, contract: number): number => ((type & ~ANSWER) === STEP ? contract : 0)

/** A frame's bytes before SLIP. contract: hash that control frames are sealed with */
export function sealFrame({ type, status, sequence, payload }: Frame, contract: number): Uint8Array {
  const bytes = new Uint8Array(PAYLOAD + payload.length + CRC_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint8(TYPE, type)
  view.setUint8(RESULT, status)
  view.setUint16(SEQUENCE, sequence, true)
  bytes.set(payload, PAYLOAD)
  const end = bytes.length - CRC_BYTES
  view.setUint32(end, crc32(bytes.subarray(0, end)) ^ mix(type, contract), true)
  return bytes
}

/** The frame in bytes that arrived between two ENDs, or undefined: garbage, altered, or sealed with another contract. */
export function openFrame(bytes: Uint8Array, contract: number): Frame | undefined {
  if (bytes.length < MIN_FRAME || bytes.length > MAX_FRAME) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const type = view.getUint8(TYPE)
  const end = bytes.length - CRC_BYTES
  const crc = (crc32(bytes.subarray(0, end)) ^ mix(type, contract)) >>> 0
  if (crc !== view.getUint32(end, true)) return undefined
  const sequence = view.getUint16(SEQUENCE, true)
  return { type, status: view.getUint8(RESULT), sequence, payload: bytes.slice(PAYLOAD, end) }
}

/** Frames in, line bytes out. An END also leads each frame, which ends whatever garbage stood before it. */
export const frameEncoder = (): SlipEncoder => new SlipEncoder({ bluetoothQuirk: true })

/** Line bytes in, one `data` event a frame out, wherever the line cuts them. */
export const frameDecoder = (): SlipDecoder => new SlipDecoder({ readableObjectMode: true })
