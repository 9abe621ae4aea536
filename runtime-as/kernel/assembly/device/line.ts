import { crc32 } from '../crc'
import { send } from './board'
import {
  CRC_BYTES,
  END,
  ESC,
  ESC_END,
  ESC_ESC,
  MAX_FRAME,
  MIN_FRAME,
  RING_BYTES,
  STAT_DROPPED,
  STAT_MENDED,
  STAT_OVERRUNS,
} from './protocol'
import { ESCAPED, FRAME, FRAME_BYTES, MARKS, PUT, RING, TAKEN, count, keep, state } from './state'

/** The bytes END END, ESC ESC_END, ESC ESC_ESC, to send from. */
export function prepareMarks(): void {
  keep(MARKS, END | (END << 8) | (ESC << 16) | (ESC_END << 24))
  keep(MARKS + 4, ESC | (ESC_ESC << 8))
}

/** Puts bytes from the line into the ring. Touches nothing that `nextFrame` writes but the ring, so an interrupt may call it. */
export function put(bytes: usize, length: u32): void {
  for (const end = bytes + length; bytes < end; bytes++) {
    const at = load<u32>(state, PUT)
    if (at - load<u32>(state, TAKEN) >= <u32>RING_BYTES) {
      count(STAT_OVERRUNS)
      continue
    }
    store<u8>(state + RING + (at & (RING_BYTES - 1)), load<u8>(bytes))
    store<u32>(state, at + 1, PUT)
  }
}

/**
 * Takes bytes from the ring until a frame is whole in FRAME. Its length in bytes, 0: none yet. SLIP marks frames by a byte that stands
 * nowhere else, so after any garbage the next frame is found again.
 */
export function nextFrame(): u32 {
  let at = load<u32>(state, TAKEN)
  // more than the ring holds cannot be in it: one of the two was altered
  if (SCRUBBED && load<u32>(state, PUT) - at > <u32>RING_BYTES) {
    at = load<u32>(state, PUT)
    store<u32>(state, at, TAKEN)
    count(STAT_MENDED)
  }
  while (at != load<u32>(state, PUT)) {
    let byte: u32 = load<u8>(state + RING + (at & (RING_BYTES - 1)))
    store<u32>(state, ++at, TAKEN)
    const length = load<u32>(state, FRAME_BYTES)
    const escaped = load<u32>(state, ESCAPED)
    if (byte == END) {
      store<u32>(state, 0, FRAME_BYTES)
      store<u32>(state, 0, ESCAPED)
      if (length >= <u32>MIN_FRAME && length <= <u32>MAX_FRAME && !escaped) return length
      if (length) count(STAT_DROPPED)
      continue
    }
    if (!escaped && byte == ESC) {
      store<u32>(state, 1, ESCAPED)
      continue
    }
    if (escaped) {
      store<u32>(state, 0, ESCAPED)
      // an escape that means nothing makes the frame too long, which drops it
      if (byte == ESC_END) byte = END
      else if (byte == ESC_ESC) byte = ESC
      else store<u32>(state, MAX_FRAME, FRAME_BYTES)
    }
    const room = load<u32>(state, FRAME_BYTES)
    if (room < <u32>MAX_FRAME) store<u8>(state + FRAME + room, <u8>byte)
    if (room <= <u32>MAX_FRAME) store<u32>(state, room + 1, FRAME_BYTES)
  }
  return 0
}

/** Appends the CRC-32, mixed with `mix`, to the `length` bytes of an answer. The length with it. */
export function seal(frame: usize, length: u32, mix: u32): u32 {
  let crc = crc32(frame, length) ^ mix
  for (const end = length + CRC_BYTES; length < end; length++, crc >>>= 8) store<u8>(frame + length, <u8>crc)
  return length
}

/**
 * Sends the sealed answer: END twice, the bytes with END and ESC escaped, END. Twice, because decoders such as serialport's take one
 * END for data when the garbage before it ended in ESC.
 */
export function sendAnswer(frame: usize, length: u32): void {
  send(state + MARKS, 2)
  let from = frame
  const end = from + length
  for (let at = from; at < end; at++) {
    const byte = load<u8>(at)
    if (byte != END && byte != ESC) continue
    if (at > from) send(from, <u32>(at - from))
    send(state + MARKS + (byte == END ? 2 : 4), 2)
    from = at + 1
  }
  if (end > from) send(from, <u32>(end - from))
  send(state + MARKS, 1)
}
