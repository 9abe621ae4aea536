// The device's RAM. It lives at the address that the board's table gives (board.ts: STATE); these are offsets into it.
import { BLAKE_BYTES } from '../blake2s'
import { MAX_FRAME, RING_BYTES, STATS_BYTES, STAT_MENDED } from './protocol'
import { STATE, STATE_BYTES, TABLE_BYTES } from './table'

/** the figures of STATS, in their order */
export const COUNTERS = 0
/**
 * From here on for KEPT_BYTES: what is there three times, each copy KEPT_BYTES after the one before. Written by `keep` alone, read as any word; `mend` makes the
 * three equal again by majority, at each `poll`. Where the module is not SCRUBBED it is there once.
 */
export const KEPT = COUNTERS + STATS_BYTES
/** the slot that runs and its policy's core; 0: none. What is used most comes first: a small offset is a byte less of the module, each time */
export const RUNNING = KEPT
export const RUNNING_CORE = RUNNING + 4
/** of what runs (scrub.ts): bytes from its core on that say how it is laid out, their sum, that of its runs of rows, that of the file, and its bytes */
export const BONES = RUNNING_CORE + 4
export const BONES_SUM = BONES + 4
export const RUNS_SUM = BONES_SUM + 4
export const FILE_SUM = RUNS_SUM + 4
export const FILE_BYTES = FILE_SUM + 4
/** address and sum of the second copy of its bounds, and how many numbers an action has */
export const SECOND = FILE_BYTES + 4
export const SECOND_SUM = SECOND + 4
export const SECOND_ACTIONS = SECOND_SUM + 4
/** the last fault found, 0: none since start */
export const FAULT = SECOND_ACTIONS + 4
/** the upload under way: its file's bytes (0: none) and CRC-32, how much is written, how much of the slot is erased */
export const UPLOAD_BYTES = FAULT + 4
export const UPLOAD_CRC = UPLOAD_BYTES + 4
export const UPLOAD_WRITTEN = UPLOAD_CRC + 4
export const UPLOAD_ERASED = UPLOAD_WRITTEN + 4
/** how many uploads may still be begun in vain, less one for each that may not be; `millis` of when the last one came back */
export const SPENT = UPLOAD_ERASED + 4
export const SPENT_AT = SPENT + 4
/** STEPs left in which the running policy must be confirmed, 0: it is, or there is none to go back to; `millis` of when the trial began */
export const TRIAL = SPENT_AT + 4
export const TRIAL_BEGAN = TRIAL + 4
/**
 * the watch: periods until the failsafe, 0: none (u8), what it does (u8); `millis` of the last good observation; how many are
 * missing to end the failsafe, 0: none is on, LATCHED: it must be released
 */
export const WATCH_PERIODS = TRIAL_BEGAN + 4
export const WATCH_FLAGS = WATCH_PERIODS + 1
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
/** 1: the line may have another speed than its own */
export const SPEED_SET = LOG_KEPT + 4
/** END END, ESC ESC_END, ESC ESC_ESC: the board sends from RAM */
export const MARKS = SPEED_SET + 4 * SPEEDS
/** the session: its number, epoch and sequence of the last guarded request, whether HELLO has told it */
export const SESSION = MARKS + 8
export const EPOCH = SESSION + 4
export const LAST_SEQUENCE = EPOCH + 4
export const SESSION_TOLD = LAST_SEQUENCE + 4
/** of KEYS_ in protocol.ts; the number of this start; the digest after the session's own key, kept for each message */
export const KEYS = SESSION_TOLD + 4
export const STARTS = KEYS + 4
export const SESSION_KEY = STARTS + 4
/** the board's table, where it is mended too */
const TABLE = SESSION_KEY + 32 * KEYED
export const KEPT_BYTES = TABLE + TABLE_BYTES * SCRUBBED - KEPT
/** the scrub of the file: where it stands and the sum so far, `millis` of its last share */
export const SCRUB_AT = KEPT + (1 + 2 * SCRUBBED) * KEPT_BYTES
export const SCRUB_SUM = SCRUB_AT + 4
export const SCRUB_LAST = SCRUB_SUM + 4
/** bytes ever put into the ring when the line last made sense, and `millis` then */
export const HEARD = SCRUB_LAST + 4
export const HEARD_AT = HEARD + 4 * SPEEDS
/** detail of the last refusal */
export const DETAIL = HEARD_AT + 4 * SPEEDS
/** ring between `receive` and `poll`: bytes ever put in and taken out */
export const PUT = DETAIL + 4
export const TAKEN = PUT + 4
/** bytes of the frame so far; past MAX_FRAME or marked BROKEN it is dropped at its end */
export const FRAME_BYTES = TAKEN + 4
export const ESCAPED = FRAME_BYTES + 4
/** the last request's first word and last two (its CRC, or its tag), and the bytes of its answer (0: none), which ANSWER_FRAME still holds */
export const LAST_HEAD = ESCAPED + 4
export const LAST_SEAL = LAST_HEAD + 4
export const ANSWER_BYTES = LAST_SEAL + 8
/** two words of a tag; the hash in work */
export const TAG_WORDS = ANSWER_BYTES + 4
export const HASH = TAG_WORDS + 8
/** line buffers: ring (a power of two), request, answer. Payloads are 4-byte aligned. */
export const RING = (HASH + BLAKE_BYTES * KEYED + 7) & ~7
export const FRAME = RING + RING_BYTES
export const FRAME_BUFFER = (MAX_FRAME + 7) & ~7
export const ANSWER_FRAME = FRAME + FRAME_BUFFER
/** the rest: what the running policy works in */
export const WORK = ANSWER_FRAME + FRAME_BUFFER

/** the board's table, as the state keeps it if it does, and the state */
export let table: usize = 0
export let state: usize = 0

export function attach(at: usize): void {
  state = load<u32>(at, STATE)
  table = SCRUBBED ? state + TABLE : at
  if (!SCRUBBED) return
  for (let k: usize = 0; k < <usize>TABLE_BYTES; k += 4) keep(TABLE + k, load<u32>(at + k))
}

/** Writes a word that is kept, three times where it is mended. */
export function keep(offset: usize, value: u32): void {
  store<u32>(state + offset, value)
  if (!SCRUBBED) return
  store<u32>(state + offset, value, KEPT_BYTES)
  store<u32>(state + offset, value, 2 * KEPT_BYTES)
}

/** Where one of three copies differs, two of three bits are right. */
export function mend(): void {
  if (!SCRUBBED) return
  for (let offset: usize = KEPT; offset < <usize>(KEPT + KEPT_BYTES); offset += 4) {
    const at = state + offset
    const a = load<u32>(at)
    const b = load<u32>(at, KEPT_BYTES)
    const c = load<u32>(at, 2 * KEPT_BYTES)
    if (!((a ^ b) | (a ^ c))) continue
    keep(offset, (a & b) | (a & c) | (b & c))
    count(STAT_MENDED)
  }
}

export function workMemory(): u32 {
  return load<u32>(table, STATE_BYTES) - WORK
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
