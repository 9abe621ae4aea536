/** All actions of a run in 32 bits: equal where every bit of every action was, in Node and in a browser. */
import { crc32 } from '../../runtime-as/kernel/kernel.ts'

/** The fingerprint of the actions so far and one more: the CRC-32 of the one before and the action's bytes, little-endian. */
export function withAction(fingerprint: number, action: Float32Array): number {
  const bytes = new Uint8Array(4 + action.byteLength)
  new DataView(bytes.buffer).setUint32(0, fingerprint, true)
  bytes.set(new Uint8Array(action.buffer, action.byteOffset, action.byteLength), 4)
  return crc32(bytes)
}
