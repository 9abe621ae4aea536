/** Policies that lie in an emulated board's flash before it starts. */
import { crc32 } from 'node:zlib'
import { InputError } from '../../runtime-as/errors.ts'
import { SLOT_CRC, SLOT_HEADER, SLOT_MAGIC_VALUE } from '../../runtime-as/kernel/assembly/device/protocol.ts'

/** where the file begins in a slot whose units of programming are at most 16 bytes */
const FILE_AT = 32

/** The bytes of a slot with this policy, as an installation would have left it, up to the policy's end. port: what messages call it */
export function slotWith(policy: Uint8Array, slotBytes: number, port: string): Uint8Array {
  if (policy.length > slotBytes - FILE_AT) {
    throw new InputError(`${port}: policy: ${policy.length} bytes, expected at most ${slotBytes - FILE_AT}`)
  }
  const slot = Buffer.alloc(FILE_AT + policy.length, 0xff)
  for (const [i, word] of [SLOT_MAGIC_VALUE, 1, policy.length, crc32(policy)].entries()) slot.writeUInt32LE(word, 4 * i)
  // of the header; and the mark that confirms, which repeats it
  for (const at of [SLOT_CRC, SLOT_HEADER]) slot.writeUInt32LE(crc32(slot.subarray(0, SLOT_CRC)), at)
  slot.set(policy, FILE_AT)
  return slot
}
