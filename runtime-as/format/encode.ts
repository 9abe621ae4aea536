/** A network and its contract become a .bpd file. SPEC.md gives every byte. */

import { InputError } from '../errors.ts'
import { CORE, CORE_BYTES_BE, MAX_FILE, MAX_GOLDENS, TRAILER, VERSION } from '../kernel/assembly/layout.ts'
import { crc32, newKernel, reserve } from '../kernel/kernel.ts'
import { arrange } from './arrange.ts'
import { checkNetwork, checkNumbers } from './check-network.ts'
import { checkContract, checkWithin } from './contract.ts'
import { writeCore } from './core.ts'
import { packMsgpack } from './msgpack.ts'
import type { Contract, Network } from './network.ts'
import { checkFile } from './validation.ts'

const ascii = (text: string): number[] => [...new TextEncoder().encode(text)]

/**
 * The .bpd file of a network. Same arguments, same bytes. Throws InputError for a network, contract or observations that cannot be a file.
 *
 * @param network its first layer has an input for each observation, its last an output for each action; all finite
 * @param contract names, bounds, failsafe and period; `squash` agrees with the last layer's activation
 * @param golden 1..16 observations, each of shape (observations) in their units, whose actions every loader will recompute; choose ones from
 * real operation
 *
 * @example
 * import { encodePolicy, loadPolicy } from 'bpd'
 *
 * const layer = { inputs: 2, outputs: 1, weights: Float32Array.of(-0.5, -0.25), bias: Float32Array.of(0) }
 * const bytes = encodePolicy(
 *   { layers: [{ ...layer, activation: 'none' }] },
 *   {
 *     task: 'balance',
 *     observation: { names: ['angle [rad]', 'rate [rad/s]'] },
 *     action: { names: ['torque [N m]'], low: [-1], high: [1], failsafe: [0] },
 *     squash: 'clip',
 *     period: 0.01,
 *     provenance: {},
 *   },
 *   [Float32Array.of(0.1, 0)],
 * )
 * console.log(loadPolicy(bytes).step([0.5, 0])) // => Float32Array(1) [ -0.25 ]
 */
export function encodePolicy(network: Network, contract: Contract, golden: Float32Array[]): Uint8Array {
  const checked = checkContract(contract, 'policy')
  checkNetwork(network, checked, 'policy')
  const observations = network.layers[0].inputs
  if (!Array.isArray(golden) || golden.length < 1 || golden.length > MAX_GOLDENS) {
    throw new InputError(`policy: golden: expected 1..${MAX_GOLDENS} observations`)
  }
  for (const [i, observation] of golden.entries()) {
    checkNumbers(observation, observations, `policy: golden[${i}]`)
    checkWithin(checked, observation, `policy: golden[${i}]`)
  }

  const { core, golden: at } = writeCore(arrange(network), checked, golden)
  if (core.length > MAX_FILE) throw new InputError(`policy: ${core.length} bytes, expected at most ${MAX_FILE}`)
  writeGoldenActions(core, at, golden.length, observations, checked.action.names.length)
  const file = assemble(core, packMsgpack(checked))
  checkFile(file, 'policy')
  return file
}

/** Runs the kernel on each golden observation, in a copy of the core, and puts the action behind it. */
function writeGoldenActions(core: Uint8Array, at: number, count: number, observations: number, actions: number): void {
  const kernel = newKernel(core.length)
  new Uint8Array(kernel.memory.buffer).set(core)
  const scratch = core.length
  reserve(kernel, scratch + kernel.workBytes(0))
  for (let i = 0; i < count; i++) {
    const action = at + 4 * observations
    kernel.forward(0, at, action, scratch)
    core.set(new Uint8Array(kernel.memory.buffer, action, 4 * actions), action)
    at = action + 4 * actions
  }
}

/** The prefix that puts the core at offset 16, the core, the contract, and the CRC-32 of all bytes before it. */
function assemble(core: Uint8Array, contract: Uint8Array): Uint8Array {
  const key = Uint8Array.of(0xa8, ...ascii('contract'))
  const file = new Uint8Array(CORE + core.length + key.length + contract.length + TRAILER)
  const view = new DataView(file.buffer)
  file.set([0x84, 0xa3, ...ascii('bpd'), VERSION, 0xa4, ...ascii('core'), 0xc6])
  view.setUint32(CORE_BYTES_BE, core.length)
  file.set(core, CORE)
  file.set(key, CORE + core.length)
  file.set(contract, CORE + core.length + key.length)
  file.set([0xa3, ...ascii('crc'), 0xce], file.length - TRAILER)
  view.setUint32(file.length - 4, crc32(file.subarray(0, -4)))
  return file
}
