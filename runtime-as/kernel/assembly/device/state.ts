// The device's RAM. It lives at the address that the board's table gives (board.ts: STATE); these are offsets into it.
import { MAX_FRAME, RING_BYTES, STATS_BYTES } from './protocol'
import { STATE, STATE_BYTES } from './table'

/** the figures of STATS, in their order */
export const COUNTERS = 0
/** the slot that runs and its policy's core; 0: none */
export const RUNNING = COUNTERS + STATS_BYTES
export const RUNNING_CORE = RUNNING + 4
/** detail of the last refusal */
export const DETAIL = RUNNING_CORE + 4
/** the upload under way: its file's bytes (0: none) and CRC-32, how much is written, how much of the slot is erased */
export const UPLOAD_BYTES = DETAIL + 4
export const UPLOAD_CRC = UPLOAD_BYTES + 4
export const UPLOAD_WRITTEN = UPLOAD_CRC + 4
export const UPLOAD_ERASED = UPLOAD_WRITTEN + 4
/** STEPs left in which the running policy must be confirmed, 0: it is, or there is none to go back to */
export const TRIAL = UPLOAD_ERASED + 4
/**
 * the watch: periods until the failsafe, 0: none (u8), whether it holds the last action (u8); `millis` of the last good observation; how many are
 * missing to end the failsafe, 0: none is on
 */
export const WATCH_PERIODS = TRIAL + 4
export const WATCH_HOLD = WATCH_PERIODS + 1
export const LAST_GOOD = WATCH_PERIODS + 4
export const FRESH_LEFT = LAST_GOOD + 4
/** the pace: steps so far in the window and one more, 0: no step yet; `millis` of its first step */
export const PACE_COUNT = FRESH_LEFT + 4
export const PACE_BEGAN = PACE_COUNT + 4
/** CRC-32 of the image */
export const FIRMWARE = PACE_BEGAN + 4
/** entries ever put into the log since it was emptied */
export const LOGGED = FIRMWARE + 4
/** how many entries the running policy's log keeps */
export const LOG_KEPT = LOGGED + 4
/** ring between `receive` and `poll`: bytes ever put in and taken out */
export const PUT = LOG_KEPT + 4
export const TAKEN = PUT + 4
/** bytes of the frame so far; past MAX_FRAME or marked BROKEN it is dropped at its end */
export const FRAME_BYTES = TAKEN + 4
export const ESCAPED = FRAME_BYTES + 4
/** the last request's first word and CRC, and the bytes of its answer (0: none), which ANSWER_FRAME still holds */
export const LAST_HEAD = ESCAPED + 4
export const LAST_CRC = LAST_HEAD + 4
export const ANSWER_BYTES = LAST_CRC + 4
/** END END, ESC ESC_END, ESC ESC_ESC: the board sends from RAM */
export const MARKS = ANSWER_BYTES + 4
/** the session: its number, whether HELLO has told it, epoch and sequence of the last guarded request */
export const SESSION = MARKS + 8
export const SESSION_TOLD = SESSION + 4
export const EPOCH = SESSION_TOLD + 4
export const LAST_SEQUENCE = EPOCH + 4
/** line buffers: ring (a power of two), request, answer. Payloads are 4-byte aligned. */
export const RING = 192
export const FRAME = RING + RING_BYTES
export const FRAME_BUFFER = (MAX_FRAME + 7) & ~7
export const ANSWER_FRAME = FRAME + FRAME_BUFFER
/** the rest: what the running policy works in */
export const WORK = ANSWER_FRAME + FRAME_BUFFER

/** the board's table, and the state it names */
export let table: usize = 0
export let state: usize = 0

export function attach(at: usize): void {
  table = at
  state = load<u32>(at, STATE)
}

export function workMemory(): u32 {
  return load<u32>(table, STATE_BYTES) - WORK
}

/** to, from and bytes: multiples of 4 */
export function copy(to: usize, from: usize, bytes: usize): void {
  for (let k: usize = 0; k < bytes; k += 4) store<u32>(to + k, load<u32>(from + k))
}

/** Refuses with a detail: `return refuse(TOO_LARGE, bytes)`. */
export function refuse(status: u32, detail: u32): u32 {
  store<u32>(state, detail, DETAIL)
  return status
}

/** One more. */
export function count(counter: usize): void {
  store<u32>(state + counter, load<u32>(state + counter) + 1)
}
