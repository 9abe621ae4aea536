// One slot of flash: its header, in program units of its own; a mark, in one more; the file.
import { crc32 } from '../crc'
import { SLOT_CRC, SLOT_FILE_BYTES, SLOT_GENERATION, SLOT_HEADER, SLOT_MAGIC, SLOT_MAGIC_VALUE } from './protocol'
import { table } from './state'
import { PROGRAM_BYTES, SLOT_BYTES } from './table'

/** The first program unit's start in a slot that is not before `bytes`. */
export function unitFrom(bytes: u32): u32 {
  const unit = load<u32>(table, PROGRAM_BYTES)
  return (bytes + unit - 1) & ~(unit - 1)
}

/** Where the mark stands in a slot. */
export function markAt(): u32 {
  return unitFrom(SLOT_HEADER)
}

/** Where the file begins in a slot: 16-byte aligned, at a program unit's start. */
export function fileAt(): u32 {
  return unitFrom((markAt() + 4 + 15) & ~15)
}

/** Bytes of the largest file that a slot holds. */
export function capacity(): u32 {
  return load<u32>(table, SLOT_BYTES) - fileAt()
}

/** The generation in a slot's header, 0: no valid header. */
export function generation(slot: usize): u32 {
  if (load<u32>(slot, SLOT_MAGIC) != SLOT_MAGIC_VALUE || load<u32>(slot, SLOT_CRC) != crc32(slot, SLOT_CRC)) return 0
  return load<u32>(slot, SLOT_FILE_BYTES) <= capacity() ? load<u32>(slot, SLOT_GENERATION) : 0
}

/** Whether the policy in a slot was confirmed: its mark repeats the header's CRC-32. */
export function confirmed(slot: usize): bool {
  return generation(slot) != 0 && load<u32>(slot + markAt()) == load<u32>(slot, SLOT_CRC)
}
