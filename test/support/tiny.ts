/** The examples of SPEC.md: 4 observations, 2 hidden units (grouped), 1 action (dense). */
import { crc32 } from 'node:zlib'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import type { Contract, Network } from '../../runtime-as/format/network.ts'
import { CORE, CORE_BYTES_BE, TRAILER } from '../../runtime-as/kernel/assembly/layout.ts'

export const tinyNetwork: Network = {
  layers: [
    {
      inputs: 4,
      outputs: 2,
      activation: 'relu',
      weights: Float32Array.of(0, 0, 0, 1.5, 2, 0, -1, 0),
      bias: Float32Array.of(0.25, 0.5),
    },
    { inputs: 2, outputs: 1, activation: 'tanh', weights: Float32Array.of(-0.5, 0.75), bias: Float32Array.of(0.125) },
  ],
}

export const tinyContract: Contract = {
  task: 'tiny',
  observation: { names: ['a', 'b', 'c', 'd'] },
  action: { names: ['u'], low: [-2], high: [2], failsafe: [0] },
  squash: 'tanh',
  period: 0.05,
  provenance: {},
}

export const tinyFile = (contract = tinyContract, golden = [0.5, 2, -0.25, 0.5]): Uint8Array =>
  encodePolicy(tinyNetwork, contract, [Float32Array.from(golden)])

/** The same places, in whole numbers: 1.984375; 3.96875, -2; -0.6640625, 0.9921875. */
const tinyInt8Network: Network = {
  layers: [
    {
      ...tinyNetwork.layers[0],
      values: 'int8',
      weights: Float32Array.of(0, 0, 0, 127, 127, 0, -64, 0),
      scale: Float32Array.of(1 / 64, 1 / 32),
    },
    {
      ...tinyNetwork.layers[1],
      values: 'int8',
      weights: Float32Array.of(-85, 127),
      scale: Float32Array.of(1 / 128),
    },
  ],
}

export const tinyInt8File = (): Uint8Array =>
  encodePolicy(tinyInt8Network, tinyContract, [Float32Array.of(0.5, 2, -0.25, 0.5)])

/** The file with a CRC that fits: damage that only the other checks can find. */
export function resealed(file: Uint8Array): Uint8Array {
  if (file.length < 4) return file
  const crc = crc32(file.subarray(0, -4))
  new DataView(file.buffer, file.byteOffset, file.length).setUint32(file.length - 4, crc)
  return file
}

/** The tiny file with other bytes in place of its contract, its CRC made to fit. */
export function withContract(contract: Uint8Array): Uint8Array {
  const file = tinyFile()
  const from = CORE + new DataView(file.buffer).getUint32(CORE_BYTES_BE) + 9
  return resealed(Uint8Array.of(...file.subarray(0, from), ...contract, ...file.subarray(-TRAILER)))
}
