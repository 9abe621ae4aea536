// The last steps, to be read after an incident: a ring in what the running policy leaves of its work memory. A self-test needs that memory
// too, so it empties the ring.
import { copy } from '../bytes'
import { workBytes } from '../golden'
import { ACTIONS } from '../layout'
import { millis } from './board'
import {
  BAD_LENGTH,
  LOG_ACTION,
  LOG_CYCLES,
  LOG_CRC,
  LOG_ENTRIES,
  LOG_MILLIS,
  MAX_PAYLOAD,
  NO_POLICY,
  OK,
} from './protocol'
import { secondBytes } from './scrub'
import { LOGGED, LOG_KEPT, RUNNING_CORE, WORK, keep, refuse, state, workMemory } from './state'

/** Bytes of an entry. */
function entryBytes(core: usize): u32 {
  return LOG_ACTION + ((<u32>load<u16>(core, ACTIONS)) << 2)
}

/** A policy begins to run: how many entries there is room for. */
export function measureLog(core: usize): void {
  const room = (workMemory() - workBytes(core) - secondBytes(core)) / entryBytes(core)
  keep(LOG_KEPT, room < <u32>LOG_ENTRIES ? room : LOG_ENTRIES)
}

function entry(core: usize, number: u32): usize {
  return state + WORK + workBytes(core) + secondBytes(core) + (number % load<u32>(state, LOG_KEPT)) * entryBytes(core)
}

/** crc: of the request; answer: cycles u32, action f32[actions] */
export function record(core: usize, crc: u32, answer: usize): void {
  if (!load<u32>(state, LOG_KEPT)) return
  const number = load<u32>(state, LOGGED)
  const at = entry(core, number)
  store<u32>(at, crc, LOG_CRC)
  store<u32>(at, millis(), LOG_MILLIS)
  copy(at + LOG_CYCLES, answer, entryBytes(core) - LOG_CYCLES)
  // where numbers would wrap, the log begins anew
  keep(LOGGED, number + 1)
}

/** payload: number u32 of the first entry wanted; out: number u32 of the first that follows, entries. The detail is the bytes written. */
export function log(payload: usize, length: u32, out: usize): u32 {
  const core: usize = load<u32>(state, RUNNING_CORE)
  if (length != 4) return refuse(BAD_LENGTH, 4)
  if (!core) return refuse(NO_POLICY, 0)
  const logged = load<u32>(state, LOGGED)
  const kept = load<u32>(state, LOG_KEPT)
  let number = load<u32>(payload)
  if (logged > kept && number < logged - kept) number = logged - kept
  store<u32>(out, number)
  const bytes = entryBytes(core)
  let written: u32 = 4
  for (; number < logged && written + bytes <= <u32>MAX_PAYLOAD; number++, written += bytes)
    copy(out + written, entry(core, number), bytes)
  return refuse(OK, written)
}
