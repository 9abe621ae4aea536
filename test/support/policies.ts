import { crc32 } from 'node:zlib'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import { CORE, CORE_BYTES_BE, GOLDEN, OBSERVATIONS } from '../../runtime-as/kernel/assembly/layout.ts'
import { contractFor, observationsFor, randomNetwork } from './networks.ts'

/** A .bpd file of a random sparse network; same arguments, same bytes. sizes: observations, hidden widths, actions */
export function policyFile(sizes: number[], seed: number, { density = 0.2, task = 'test' } = {}): Uint8Array {
  const network = randomNetwork(sizes, density, { seed })
  return encodePolicy(network, { ...contractFor(network), task }, observationsFor(network, 3, seed))
}

/** The same network in a file whose contract asks for an action every so many seconds. */
export function withPeriod(file: Uint8Array, period: number): Uint8Array {
  const { network, contract, goldens } = decodePolicy(file)
  const observed = goldens.map(({ observation }) => observation)
  return encodePolicy(network, { ...contract, period }, observed)
}

/** The same file with the CRC that its bytes now have. */
export function resealed(file: Uint8Array): Uint8Array {
  const copy = file.slice()
  new DataView(copy.buffer).setUint32(copy.length - 4, crc32(copy.subarray(0, -4)))
  return copy
}

/** The same policy, its first golden action altered by one bit, under a right CRC: only running it can tell. */
export function withAlteredGolden(file: Uint8Array): Uint8Array {
  const copy = file.slice()
  const view = new DataView(copy.buffer)
  const core = CORE
  const action = core + view.getUint32(core + GOLDEN, true) + 4 * view.getUint16(core + OBSERVATIONS, true)
  if (action >= core + view.getUint32(CORE_BYTES_BE)) throw new Error('no golden vector')
  copy[action] ^= 1
  return resealed(copy)
}

/** Bits of an action, for comparisons that tell -0 from 0. */
export const bits = (action: Float32Array): number[] => [...new Uint32Array(action.buffer.slice(0))]
