// The session: from the board's start to its next. What changes or moves something (a guarded request) is sealed with the session's number, and
// counts up in it: a frame of another session, one that comes again and one that was overtaken mean nothing. On a board with a key the seal
// is a tag (tag.ts), which only who has the key can make.
import { copy, wordBefore } from '../bytes'
import { crc32 } from '../crc'
import { cycles } from './board'
import { contract } from './commands'
import { countStart, hasPlace, key } from './keys'
import {
  CRC_BYTES,
  GUARDED,
  INFO_KEYED,
  INFO_SESSION,
  INFO_STARTS,
  INFO_TAG,
  KEYS_KNOWN,
  KEYS_PAIRED,
  KEYS_WORN,
  LOCK,
  PAYLOAD,
  STEP,
  TAG_BYTES,
} from './protocol'
import { EPOCH, FRAME, KEYS, LAST_SEQUENCE, SESSION, SESSION_TOLD, STARTS, keep, state, table } from './state'
import { SEED } from './table'
import { deriveKey, tag, tagEquals } from './tag'

export function guarded(type: u32): bool {
  return type < 32 && (((SIGNED ? GUARDED : GUARDED & ~(1 << LOCK)) >>> type) & 1) != 0
}

/** Whether requests of this type end in a tag, and not in a CRC-32. */
export function tagged(type: u32): bool {
  return KEYED != 0 && (load<u32>(state, KEYS) & KEYS_PAIRED) != 0 && guarded(type)
}

/** At the board's start, and where its key changes: the next HELLO begins a session. Until then none is open. */
export function closeSession(): void {
  keep(SESSION_TOLD, 0)
  keep(EPOCH, 0)
  keep(LAST_SEQUENCE, 0)
  if (KEYED) keep(KEYS, (hasPlace() ? KEYS_KNOWN : 0) | (key() ? KEYS_PAIRED : 0))
}

/** The session's number is settled when it is first asked for: when that is, no start repeats. Uses FRAME as its buffer. */
export function openSession(): void {
  if (load<u32>(state, SESSION_TOLD)) return
  keep(SESSION_TOLD, 1)
  keep(SESSION, load<u32>(table, SEED) ^ cycles())
  if (!KEYED || !(load<u32>(state, KEYS) & KEYS_PAIRED)) return
  const started = countStart()
  keep(STARTS, started)
  if (started) deriveKey(key())
  else keep(KEYS, load<u32>(state, KEYS) | KEYS_WORN)
}

/** HELLO tells the session, over what follows it. out: of INFO_BYTES, zeroed */
export function tell(out: usize): void {
  // number, epoch and sequence, in this order in both
  copy(out + INFO_SESSION, state + SESSION, 12)
  if (!KEYED) return
  store<u8>(out, load<u8>(state, KEYS), INFO_KEYED)
  if (load<u32>(state, KEYS) & KEYS_PAIRED) store<u32>(out, load<u32>(state, STARTS), INFO_STARTS)
}

/** The answer to HELLO says that it comes from who has the key. frame: the answer, without its seal; number: of the request */
export function tagHello(frame: usize, number: u32): void {
  if (!KEYED || (load<u32>(state, KEYS) & (KEYS_PAIRED | KEYS_WORN)) != <u32>KEYS_PAIRED) return
  tag(frame, PAYLOAD + INFO_TAG, number, 0, frame + PAYLOAD + INFO_TAG)
}

/** Whether a request with this sequence would be newer than the last guarded one, which half of all are. */
export function newer(sequence: u32): bool {
  return ((sequence - load<u32>(state, LAST_SEQUENCE) - 1) & 0xffff) < 0x7fff
}

/** The epoch that a sequence belongs to: this one, or the next or the last where it has wrapped in between. */
function epochOf(sequence: u32): u32 {
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

/** Whether the frame of `length` bytes in FRAME is sealed as a request of this type should be. */
export function opens(length: u32, type: u32, sequence: u32): bool {
  const frame = state + FRAME
  let seal: u32 = 0
  if (guarded(type)) {
    if (!load<u32>(state, SESSION_TOLD)) return false
    // a host with another contract is not understood
    const hash = type == STEP ? contract() : 0
    const epoch = epochOf(sequence)
    if (tagged(type)) {
      if (length < <u32>(PAYLOAD + TAG_BYTES) || load<u32>(state, KEYS) & KEYS_WORN) return false
      return tagEquals(frame, length - TAG_BYTES, epoch, hash)
    }
    seal = load<u32>(state, SESSION) ^ epoch ^ hash
  }
  return (crc32(frame, length - CRC_BYTES) ^ seal) == wordBefore(frame + length)
}
