/** Bits that flip in an emulated board: in the policy that runs, or in what the device keeps in RAM. */
import { SLOT_FILE_BYTES, STATS_BYTES } from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { TABLE_BYTES } from '../../runtime-as/kernel/assembly/device/table.ts'
import { CORE } from '../../runtime-as/kernel/assembly/layout.ts'

/** A board's memories, each with the address of its first byte. */
export interface Memories {
  flash: Uint8Array
  flashAt: number
  ram: Uint8Array
  ramAt: number
}

/** flash: of the file that runs; ram: of what the device keeps three times */
export type Memory = 'flash' | 'ram'

/** byte: from the start of the file, or of the kept words */
export interface Flip {
  memory: Memory
  byte: number
  bit: number
}

/** offsets from the device's kept words (device/state.ts): the slot that runs, and its policy's core */
const [RUNNING, RUNNING_CORE] = [0, 4]

/**
 * Flips one bit of a policy without an envelope. share: 0 up to 1, which one. Throws Error where the device has not started, or, in flash, where it runs no policy.
 */
export function flipBit(memories: Memories, memory: Memory, share: number): Flip {
  const { flash, flashAt, ram, ramAt } = memories
  const view = new DataView(ram.buffer, ram.byteOffset, ram.length)
  const { kept, bytes: keptBytes } = keptIn(view, ramAt)
  if (memory === 'ram') return flipped(ram, { memory, from: kept, bytes: keptBytes, share })
  const core = view.getUint32(kept + RUNNING_CORE, true)
  if (core === 0) throw new Error('the board runs no policy')
  const slot = view.getUint32(kept + RUNNING, true) - flashAt
  const bytes = new DataView(flash.buffer, flash.byteOffset).getUint32(slot + SLOT_FILE_BYTES, true)
  return flipped(flash, { memory, from: core - CORE - flashAt, bytes, share })
}

function flipped(
  bytes: Uint8Array,
  { memory, from, bytes: count, share }: { memory: Memory; from: number; bytes: number; share: number },
): Flip {
  const place = Math.floor(share * 8 * count)
  const [byte, bit] = [place >> 3, place & 7]
  bytes[from + byte] ^= 1 << bit
  return { memory, byte, bit }
}

/** Where in RAM the kept words begin, and the bytes of one of their three copies: each ends with the board's table, which begins with the state's address. */
function keptIn(ram: DataView, ramAt: number): { kept: number; bytes: number } {
  for (let state = 0; state + STATS_BYTES + TABLE_BYTES <= ram.byteLength; state += 8) {
    const kept = state + STATS_BYTES
    const names = (at: number) => at + 4 <= ram.byteLength && ram.getUint32(at, true) === ramAt + state
    if (ramAt + state === 0) continue
    for (let bytes = TABLE_BYTES; bytes < 1024; bytes += 4)
      if ([1, 2, 3].every((copy) => names(kept + copy * bytes - TABLE_BYTES))) return { kept, bytes }
  }
  throw new Error('the device has not started')
}
