// A board that is locked to a key runs no policy that the key has not signed, and takes none with a lower counter than the last one
// confirmed. Of firmware with signatures.
import { copy, fill, same } from '../bytes'
import { isKey, nameKey, VERIFY_BYTES, verify } from '../ed25519/verify'
import {
  ENVELOPE_COUNTER,
  ENVELOPE_FILE_BYTES,
  ENVELOPE_HEADER,
  ENVELOPE_KEY,
  ENVELOPE_KIND,
  ENVELOPE_KIND_VALUE,
  ENVELOPE_MAGIC,
  ENVELOPE_MAGIC_VALUE,
  ENVELOPE_ZERO,
  SIGNATURE_BYTES,
} from '../envelope'
import {
  BAD_ENVELOPE,
  BAD_KEY,
  BAD_LENGTH,
  BAD_SIGNATURE,
  KEY_BYTES,
  LOCKED,
  LOCK_BYTES,
  LOCK_COUNTER,
  LOCK_KEY,
  LOCK_POLICY_KEY,
  NOT_CONFIRMED,
  NOT_SIGNED,
  NO_MEMORY,
  NO_VAULT,
  OK,
  OLD_COUNTER,
  OTHER_KEY,
  SIGNS_BUILT_IN,
  SIGNS_KNOWN,
  SIGNS_LOCKED,
  SIGNS_POLICY,
  SLOT_FILE_BYTES,
} from './protocol'
import { copyBounds } from './scrub'
import { confirmed, fileAt } from './slot'
import { LOGGED, RUNNING, WORK, keep, refuse, state, workMemory } from './state'
import { builtIn, hasRoom, keepCounter, leastCounter, lockVault, lockedKey, vaultBytes } from './vault'

/** in the work memory, behind what `verify` needs: a signature, and a key's SHA-512 */
const SIGNATURE = (VERIFY_BYTES + 7) & ~7
const NAME = SIGNATURE + SIGNATURE_BYTES
const NEEDED = NAME + 64

/** file: at least 4 bytes */
export function isEnvelope(file: usize): bool {
  return load<u32>(file, ENVELOPE_MAGIC) == ENVELOPE_MAGIC_VALUE
}

/** Where the .bpd file begins in what a slot holds. */
export function policyAt(file: usize): usize {
  return isEnvelope(file) ? file + ENVELOPE_HEADER : file
}

/** OK, or why this board must not run what a slot holds, before it is looked into any further. Uses the work memory. */
export function admitted(file: usize, bytes: u32): u32 {
  const key = lockedKey()
  if (bytes < 4 || !isEnvelope(file)) return key ? refuse(NOT_SIGNED, 0) : OK
  if (bytes <= <u32>(ENVELOPE_HEADER + SIGNATURE_BYTES)) return refuse(BAD_ENVELOPE, bytes)
  if (
    load<u32>(file, ENVELOPE_KIND) != ENVELOPE_KIND_VALUE ||
    load<u32>(file, ENVELOPE_FILE_BYTES) != bytes - (ENVELOPE_HEADER + SIGNATURE_BYTES) ||
    // nor 2^32 - 1: its CRC-32 is the same, so that in the vault it would look as erased flash does
    load<u32>(file, ENVELOPE_COUNTER) + 1 < 2 ||
    load<u64>(file, ENVELOPE_ZERO) != 0
  ) {
    return refuse(BAD_ENVELOPE, bytes)
  }
  return key ? signedBy(key, file, bytes) : OK
}

/** The same of an envelope, for a key that the board may be locked to only later. */
function signedBy(key: usize, file: usize, bytes: u32): u32 {
  const work = state + WORK
  keep(LOGGED, 0)
  if (workMemory() < <u32>NEEDED) return refuse(NO_MEMORY, NEEDED)
  const status = judged(key, file, bytes, work)
  // it worked where the running policy's bounds are kept
  copyBounds()
  return status
}

function judged(key: usize, file: usize, bytes: u32, work: usize): u32 {
  nameKey(work + NAME, key, work)
  if (!same(work + NAME, file + ENVELOPE_KEY, 8)) return refuse(OTHER_KEY, load<u32>(file, ENVELOPE_KEY))
  const message = bytes - SIGNATURE_BYTES
  // it may stand at any address
  for (let k: u32 = 0; k < <u32>SIGNATURE_BYTES; k++) store<u8>(work + SIGNATURE + k, load<u8>(file + message + k))
  return verify(work + SIGNATURE, key, file, message, work) ? OK : refuse(BAD_SIGNATURE, 0)
}

/** OK, or that the counter of an admitted file is too low to be installed now. */
export function newEnough(file: usize): u32 {
  const least = leastCounter()
  return lockedKey() && load<u32>(file, ENVELOPE_COUNTER) < least ? refuse(OLD_COUNTER, least) : OK
}

/** Whether a slot's counter, once it is confirmed, could be kept. */
export function countable(slot: usize): u32 {
  return !rises(slot) || hasRoom() ? OK : refuse(NO_VAULT, vaultBytes)
}

function rises(slot: usize): bool {
  return lockedKey() != 0 && load<u32>(slot + fileAt(), ENVELOPE_COUNTER) > leastCounter()
}

/** Keeps the counter of a confirmed slot that runs: none below it from now on. Also at start, where the power went before it was kept. Uses FRAME. */
export function keepCounterOf(slot: usize): u32 {
  return rises(slot) ? keepCounter(lockedKey(), load<u32>(slot + fileAt(), ENVELOPE_COUNTER)) : OK
}

/** payload: none, to ask, or a public key, to lock the board to for good; out: LOCK_BYTES */
export function lock(payload: usize, length: u32, out: usize): u32 {
  const status: u32 = length == 0 ? OK : length == KEY_BYTES ? lockTo(payload) : refuse(BAD_LENGTH, KEY_BYTES)
  if (status != OK) return status
  fill(out, out + LOCK_BYTES, 0)
  const key = lockedKey()
  if (key) {
    if (workMemory() < <u32>NEEDED) return refuse(NO_MEMORY, NEEDED)
    keep(LOGGED, 0)
    nameKey(state + WORK + NAME, key, state + WORK)
    copy(out + LOCK_KEY, state + WORK + NAME, 8)
    store<u32>(out, leastCounter(), LOCK_COUNTER)
    copyBounds()
  }
  const file = running()
  if (file && isEnvelope(file)) {
    copy(out + LOCK_POLICY_KEY, file + ENVELOPE_KEY, 8)
    store<u32>(out, load<u32>(file, ENVELOPE_COUNTER), LOCK_POLICY_KEY + 8)
  }
  return OK
}

/** What the running slot holds, 0: none runs. */
function running(): usize {
  const slot: usize = load<u32>(state, RUNNING)
  return slot ? slot + fileAt() : 0
}

/** A board never loses its policy by being locked: what runs must be confirmed, and signed by the key. Nor is it locked to what nobody can sign for. */
function lockTo(key: usize): u32 {
  const slot: usize = load<u32>(state, RUNNING)
  if (lockedKey()) return refuse(LOCKED, 0)
  let counter: u32 = 0
  if (slot) {
    const file = slot + fileAt()
    if (!confirmed(slot)) return refuse(NOT_CONFIRMED, 0)
    if (!isEnvelope(file)) return refuse(NOT_SIGNED, 0)
    const status = signedBy(key, file, load<u32>(slot, SLOT_FILE_BYTES))
    if (status != OK) return status
    counter = load<u32>(file, ENVELOPE_COUNTER)
  } else {
    // nothing runs whose signature would show that there is such a key
    if (workMemory() < <u32>NEEDED) return refuse(NO_MEMORY, NEEDED)
    if (!isKey(key, state + WORK)) return refuse(BAD_KEY, 0)
  }
  return lockVault(key, counter)
}

/** What HELLO says of signatures. */
export function signs(): u32 {
  const file = running()
  let bits: u32 = SIGNS_KNOWN
  if (lockedKey()) bits |= SIGNS_LOCKED
  if (builtIn) bits |= SIGNS_BUILT_IN
  if (file && isEnvelope(file)) bits |= SIGNS_POLICY
  return bits
}
