// The session: from the board's start to its next. What changes or moves something (a guarded request) is sealed with the session's number, and
// counts up in it: a frame of another session, one that comes again and one that was overtaken mean nothing.
import { crc32 } from '../crc'
import { cycles } from './board'
import { contract } from './commands'
import { CRC_BYTES, GUARDED, INFO_EPOCH, INFO_SEQUENCE, INFO_SESSION, STEP } from './protocol'
import { EPOCH, FRAME, LAST_SEQUENCE, SESSION, SESSION_TOLD, keep, state, table } from './state'
import { SEED } from './table'

export function guarded(type: u32): bool {
  return type < 32 && ((GUARDED >>> type) & 1) != 0
}

/** HELLO tells the session. Its number is settled when it is first asked for: when that is, no start repeats. out: of INFO_BYTES */
export function tell(out: usize): void {
  if (!load<u32>(state, SESSION_TOLD)) {
    keep(SESSION_TOLD, 1)
    keep(SESSION, load<u32>(table, SEED) ^ cycles())
  }
  store<u32>(out, load<u32>(state, SESSION), INFO_SESSION)
  store<u32>(out, load<u32>(state, EPOCH), INFO_EPOCH)
  store<u16>(out, load<u16>(state, LAST_SEQUENCE), INFO_SEQUENCE)
}

/** Whether a request with this sequence would be newer than the last guarded one, which half of all are. */
export function newer(sequence: u32): bool {
  return ((sequence - load<u32>(state, LAST_SEQUENCE) - 1) & 0xffff) < 0x7fff
}

/** The epoch that a sequence belongs to: this one, or the next or the last where it has wrapped in between. */
export function epochOf(sequence: u32): u32 {
  const epoch = load<u32>(state, EPOCH)
  const last = load<u32>(state, LAST_SEQUENCE)
  if (newer(sequence)) return sequence < last ? epoch + 1 : epoch
  return sequence > last ? epoch - 1 : epoch
}

/** A guarded request has been taken: no other with this sequence, or one before it, will be. */
export function advance(sequence: u32): void {
  keep(EPOCH, epochOf(sequence))
  keep(LAST_SEQUENCE, sequence)
}

/** What the CRC-32 of the frame in FRAME should be. */
export function sealOf(length: u32, type: u32, sequence: u32): u32 {
  let seal = crc32(state + FRAME, length - CRC_BYTES)
  if (guarded(type)) seal ^= load<u32>(state, SESSION) ^ epochOf(sequence)
  // a host with another contract is not understood
  return type == STEP ? seal ^ contract() : seal
}
