// The vault: flash that keeps the key that the board is locked to, and the counter that no policy may be below. It has two parts, or one where
// flash is erased in large blocks. A part: its lock, twice, so that no flipped bit opens the board; counters, each in units of its own, the last
// one counts. Where a part is full the other one is begun, and only then does it stop counting: what is locked stays so wherever the power goes.
// Of firmware with signatures.
import { copy, fill, same } from '../bytes'
import { crc32 } from '../crc'
import { erase, program } from './board'
import {
  BAD_FLASH,
  COUNTER_BYTES,
  KEY_BYTES,
  NO_VAULT,
  OK,
  VAULT_COUNTER,
  VAULT_CRC,
  VAULT_KEY,
  VAULT_LOCK,
  VAULT_MAGIC,
  VAULT_MAGIC_VALUE,
} from './protocol'
import { FRAME, refuse, state, table } from './state'
import { ERASE_BYTES, PROGRAM_BYTES, SIGNED_KEY, SIGNED_VAULT, SIGNED_VAULT_BYTES, TABLE_BYTES } from './table'

let vault: usize = 0
export let vaultBytes: u32 = 0
/** of the firmware itself, 0: none */
export let builtIn: usize = 0

/** table: as `start` got it */
export function openVault(table: usize): void {
  vault = load<u32>(table, TABLE_BYTES + SIGNED_VAULT)
  vaultBytes = load<u32>(table, TABLE_BYTES + SIGNED_VAULT_BYTES)
  builtIn = load<u32>(table, TABLE_BYTES + SIGNED_KEY)
}

function units(bytes: u32): u32 {
  const unit = load<u32>(table, PROGRAM_BYTES)
  return (bytes + unit - 1) & ~(unit - 1)
}

function partBytes(): u32 {
  const block = load<u32>(table, ERASE_BYTES)
  return vaultBytes < 2 * block ? vaultBytes : (vaultBytes / 2 / block) * block
}

/** A part's lock that is whole and, where the firmware has a key, of that key; 0: none. */
function lockIn(part: usize): usize {
  for (let copies = 0; copies < 2; copies++, part += units(VAULT_LOCK)) {
    if (load<u32>(part, VAULT_MAGIC) != VAULT_MAGIC_VALUE || load<u32>(part, VAULT_CRC) != crc32(part, VAULT_CRC))
      continue
    if (!builtIn || same(part + VAULT_KEY, builtIn, KEY_BYTES)) return part
  }
  return 0
}

/** The end of a part's counters: where the next one goes, or the part's own end. */
function endOf(part: usize): usize {
  let at = part + 2 * units(VAULT_LOCK)
  const end = part + partBytes()
  const bytes = units(COUNTER_BYTES)
  // one that was torn is passed over; what is erased ends them
  while (at + bytes <= end && (load<u32>(at) & load<u32>(at, 4)) != 0xffffffff) at += bytes
  return at
}

/** The highest counter in a part with this lock. */
function highest(part: usize, lock: usize): u32 {
  let counter = load<u32>(lock, VAULT_COUNTER)
  const end = endOf(part)
  for (let at = part + 2 * units(VAULT_LOCK); at < end; at += units(COUNTER_BYTES)) {
    const next = load<u32>(at)
    if (next > counter && crc32(at, 4) == load<u32>(at, 4)) counter = next
  }
  return counter
}

/** The part that counts, 0: none. */
function current(): usize {
  if (!vault) return 0
  const first = lockIn(vault)
  const other = vault + partBytes()
  if (vaultBytes < 2 * partBytes()) return first ? vault : 0
  const second = lockIn(other)
  if (!first || !second) return first ? vault : second ? other : 0
  return highest(other, second) > highest(vault, first) ? other : vault
}

/** The 32 bytes of the public key that the board is locked to, 0: it is not. */
export function lockedKey(): usize {
  if (builtIn) return builtIn
  const part = current()
  return part ? lockIn(part) + VAULT_KEY : 0
}

/** No policy may be signed with a counter below this one. */
export function leastCounter(): u32 {
  const part = current()
  return part ? highest(part, lockIn(part)) : 0
}

/** Programs the first `bytes` of FRAME, and what remains of their last program unit as erased. */
function programFrame(address: usize, bytes: u32): void {
  const frame = state + FRAME
  fill(frame + bytes, frame + units(bytes), 0xff)
  program(address, frame, units(bytes))
}

/** Whether the vault, locked or not, can take one more counter. */
export function hasRoom(): bool {
  const part = current()
  return vault != 0 && (!part || vaultBytes >= 2 * partBytes() || endOf(part) < part + partBytes())
}

/** Keeps a counter that is higher than the one that is kept, for this key. Uses FRAME as its buffer. */
export function keepCounter(key: usize, counter: u32): u32 {
  if (!hasRoom()) return refuse(NO_VAULT, vaultBytes)
  const part = current()
  if (!part) return writeLock(vault, key, counter)
  const at = endOf(part)
  if (at + units(COUNTER_BYTES) > part + partBytes()) {
    return writeLock(part == vault ? vault + partBytes() : vault, lockIn(part) + VAULT_KEY, counter)
  }
  store<u32>(state + FRAME, counter)
  store<u32>(state + FRAME, crc32(state + FRAME, 4), 4)
  programFrame(at, COUNTER_BYTES)
  return leastCounter() == counter ? OK : refuse(BAD_FLASH, <u32>at)
}

/**
 * Erases a part that does not count, and locks it with this key and counter: it counts then. Uses FRAME as its buffer, in which the key may lie
 * where the lock has it.
 */
function writeLock(part: usize, key: usize, counter: u32): u32 {
  const block = load<u32>(table, ERASE_BYTES)
  for (let at = part; at < part + partBytes(); at += block) erase(at, block)
  const lock = state + FRAME
  copy(lock + VAULT_KEY, key, KEY_BYTES)
  store<u32>(lock, VAULT_MAGIC_VALUE, VAULT_MAGIC)
  store<u32>(lock, counter, VAULT_COUNTER)
  store<u32>(lock, crc32(lock, VAULT_CRC), VAULT_CRC)
  programFrame(part, VAULT_LOCK)
  programFrame(part + units(VAULT_LOCK), VAULT_LOCK)
  const written = same(part, lock, VAULT_LOCK) && same(part + units(VAULT_LOCK), lock, VAULT_LOCK)
  return written ? OK : refuse(BAD_FLASH, <u32>part)
}

/** Locks a board that is not locked. key: 4-byte aligned */
export function lockVault(key: usize, counter: u32): u32 {
  if (!vault || partBytes() < 2 * units(VAULT_LOCK) + units(COUNTER_BYTES)) return refuse(NO_VAULT, vaultBytes)
  return writeLock(vault, key, counter)
}
