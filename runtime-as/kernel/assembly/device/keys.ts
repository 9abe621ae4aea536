// The key of a board's sessions, and how often the board has started with it: two halves of flash, of which the newer whole one counts. A half:
// its header, then a mark for each start, each in program units of its own. A power cut leaves the key before or the one after it, and no
// start has the number of one that was used before.
import { fill } from '../bytes'
import { crc32 } from '../crc'
import { erase, program } from './board'
import {
  BAD_FLASH,
  BAD_LENGTH,
  KEYS_CRC,
  KEYS_GENERATION,
  KEYS_HEADER,
  KEYS_KEY,
  KEYS_MAGIC,
  KEYS_MAGIC_VALUE,
  KEYS_STARTS,
  KEY_BYTES,
  NO_KEYS,
  OK,
  TOO_SOON,
} from './protocol'
import { unitFrom } from './slot'
import { FRAME, refuse, state, table } from './state'
import { KEYS_A, KEYS_B, KEYS_BYTES, PROGRAM_BYTES } from './table'
import { spend } from './upload'

function whole(half: usize): bool {
  return load<u32>(half, KEYS_MAGIC) == KEYS_MAGIC_VALUE && load<u32>(half, KEYS_CRC) == crc32(half, KEYS_CRC)
}

/** The newer whole half, 0: none. */
function current(): usize {
  const a: usize = load<u32>(table, KEYS_A)
  const b: usize = load<u32>(table, KEYS_B)
  if (!a) return 0
  const aWhole = whole(a)
  if (!whole(b)) return aWhole ? a : 0
  return aWhole && <i32>(load<u32>(a, KEYS_GENERATION) - load<u32>(b, KEYS_GENERATION)) > 0 ? a : b
}

/** Whether all words of [from, end) are this one. */
function holds(from: usize, end: usize, word: u32): bool {
  for (; from < end; from += 4) if (load<u32>(from) != word) return false
  return true
}

/** Whether this board has flash for a key. */
export function hasPlace(): bool {
  return load<u32>(table, KEYS_A) != 0
}

/** Address of the key's 32 bytes, 0: the board has none. */
export function key(): usize {
  const half = current()
  return half && !holds(half + KEYS_KEY, half + KEYS_KEY + KEY_BYTES, 0) ? half + KEYS_KEY : 0
}

/** The first unit of a half that holds no mark; KEYS_BYTES: none is left. */
function free(half: usize): u32 {
  const unit = load<u32>(table, PROGRAM_BYTES)
  const bytes = load<u32>(table, KEYS_BYTES)
  let at = unitFrom(KEYS_HEADER)
  while (at < bytes && !holds(half + at, half + at + unit, ~0)) at += unit
  return at
}

/** The number of the last start that a half counts. */
function starts(half: usize): u32 {
  return load<u32>(half, KEYS_STARTS) + (free(half) - unitFrom(KEYS_HEADER)) / load<u32>(table, PROGRAM_BYTES)
}

/**
 * Writes key and number of starts to the half that does not count, which counts from then on. from: of the key, 32 bytes. Whether flash holds it.
 * Uses FRAME as its buffer.
 */
function write(from: usize, started: u32): bool {
  const half = current()
  const isFirst = <u32>half == load<u32>(table, KEYS_A)
  const other: usize = isFirst ? load<u32>(table, KEYS_B) : load<u32>(table, KEYS_A)
  const header = state + FRAME
  // backwards: a payload lies in the buffer itself, before where it goes
  for (let k: usize = KEY_BYTES; k > 0; ) store<u8>(header + KEYS_KEY + --k, load<u8>(from + k))
  store<u32>(header, KEYS_MAGIC_VALUE, KEYS_MAGIC)
  store<u32>(header, half ? load<u32>(half, KEYS_GENERATION) + 1 : 1, KEYS_GENERATION)
  store<u32>(header, started, KEYS_STARTS)
  store<u32>(header, crc32(header, KEYS_CRC), KEYS_CRC)
  const units = unitFrom(KEYS_HEADER)
  fill(header + KEYS_HEADER, header + units, 0xff)
  erase(other, load<u32>(table, KEYS_BYTES))
  program(other, header, units)
  return current() == other
}

/** Counts a start of a board with a key: its number, 0: flash does not take it, and no session may begin. Uses FRAME as its buffer. */
export function countStart(): u32 {
  const half = current()
  const unit = load<u32>(table, PROGRAM_BYTES)
  const bytes = load<u32>(table, KEYS_BYTES)
  for (let at = free(half); at < bytes; at += unit) {
    fill(state + FRAME, state + FRAME + unit, 0)
    program(half + at, state + FRAME, unit)
    if (holds(half + at, half + at + unit, 0)) return starts(half)
  }
  const next = starts(half) + 1
  return write(half + KEYS_KEY, next) ? next : 0
}

/** payload: the key, 32 bytes, all 0: the board has none from now on */
export function pair(payload: usize, length: u32): u32 {
  if (!hasPlace()) return refuse(NO_KEYS, 0)
  if (length != KEY_BYTES) return refuse(BAD_LENGTH, KEY_BYTES)
  // pairing erases, as uploads do
  const wait = spend()
  if (wait) return refuse(TOO_SOON, wait)
  const half = current()
  if (!write(payload, half ? starts(half) : 0)) return refuse(BAD_FLASH, <u32>half)
  // the key before is not kept
  if (half) erase(half, load<u32>(table, KEYS_BYTES))
  return OK
}
