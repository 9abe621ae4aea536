/** A .bpd file, taken apart and checked: what `inspect`, the bridge and the readable reference work on. */

import { InputError } from '../errors.ts'
import * as layout from '../kernel/assembly/layout.ts'
import { MAX_DENSE_WEIGHTS } from './check-network.ts'
import { checkContract, checkWithin, contractHash, periodMicroseconds } from './contract.ts'
import { OUTSIDES } from './core.ts'
import { openEnvelope, policyIn } from './envelope.ts'
import type { Form } from './form.ts'
import { unpackMsgpack } from './msgpack.ts'
import { type Contract, type Network, observationBounds, type ValueType, weightCount } from './network.ts'
import { type Golden, unpackGoldens, unpackLayer } from './unpack.ts'
import { checkFile } from './validation.ts'

/** One layer as the file stores it. */
export interface LayerInfo {
  form: Form
  values: ValueType
  /** outputs */
  rows: number
  /** inputs */
  columns: number
  /** weights that are not 0 */
  weights: number
  /** rows that read at least one input and, in hidden layers, are read by the next layer */
  liveUnits: number
}

/** All that a .bpd file says. */
export interface DecodedPolicy {
  contract: Contract
  /** CRC-32 of the contract without its provenance, as the core carries it */
  contractHash: number
  /** as stored: hidden units in the file's order */
  network: Network
  /** how each layer is stored, first to last */
  layers: LayerInfo[]
  /** observations and the actions that every loader recomputes, 1..16 */
  goldens: Golden[]
  /** length of the file, in bytes */
  fileBytes: number
  /** what a board reads to run the policy, in bytes */
  coreBytes: number
  /** weights that are not 0, in all layers; biases are not counted */
  weights: number
  /** of a signed policy: what its envelope says, which nobody has verified here (`verifyPolicy` of bpd/board does) */
  signature?: { keyId: string; counter: number }
}

/** A key "contract" of 8 characters: its tag and the text. */
const CONTRACT_KEY = '\xa8contract'

/**
 * Takes a .bpd file apart, also one in a signed envelope. Any bytes whatsoever decode or throw InputError with name, field and what was expected. Whether the golden
 * vectors are reproduced is for `loadPolicy` to find out.
 *
 * @param bytes of the whole file
 * @param name what messages call it
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { decodePolicy } from 'bpd'
 *
 * const { contract, weights, layers } = decodePolicy(readFileSync('student.bpd'))
 * console.log(`${contract.task}: ${weights} weights in ${layers.length} layers, an action every ${contract.period} s`)
 */
export function decodePolicy(bytes: Uint8Array, name = 'policy'): DecodedPolicy {
  const { contract, core } = openPolicy(bytes, name)
  const envelope = openEnvelope(bytes, name)
  const count = core.getUint16(layout.LAYERS, true)
  const sizes = Array.from({ length: count }, (_, i) => layout.HEADER + i * layout.DESCRIPTOR)
  const dense = sizes.reduce(
    (sum, at) => sum + core.getUint16(at + layout.ROWS, true) * core.getUint16(at + layout.COLUMNS, true),
    0,
  )
  if (dense > MAX_DENSE_WEIGHTS) {
    throw new InputError(`${name}: layers: ${dense} dense weights, expected at most ${MAX_DENSE_WEIGHTS}`)
  }
  const stored = sizes.map((_, i) => unpackLayer(core, i))
  for (const [i, { form, zeros }] of stored.entries()) {
    if (form === 'grouped' && zeros > 0) {
      throw new InputError(`${name}: layers[${i}]: a stored weight is 0, expected zeros to be left out`)
    }
  }
  const network = { layers: stored.map(({ layer }) => layer) }
  return {
    contract,
    contractHash: core.getUint32(layout.CONTRACT_HASH, true),
    network,
    layers: stored.map(({ form, layer }, i) => ({
      form,
      values: layer.values ?? 'f32',
      rows: layer.outputs,
      columns: layer.inputs,
      weights: weightCount({ layers: [layer] }),
      liveUnits: liveUnits(network, i),
    })),
    goldens: unpackGoldens(core),
    fileBytes: bytes.length,
    coreBytes: core.byteLength,
    weights: weightCount(network),
    ...(envelope && { signature: { keyId: envelope.keyId, counter: envelope.counter } }),
  }
}

/** The checked contract and a view of the core, of a .bpd file by itself or in a signed envelope. Throws InputError unless both are sound and agree. */
export function openPolicy(given: Uint8Array, name: string): { contract: Contract; core: DataView } {
  const bytes = policyIn(given, name)
  checkFile(bytes, name)
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const coreBytes = file.getUint32(layout.CORE_BYTES_BE)
  const core = new DataView(bytes.buffer, bytes.byteOffset + layout.CORE, coreBytes)
  const key = layout.CORE + coreBytes
  const from = key + CONTRACT_KEY.length
  const to = bytes.length - layout.TRAILER
  if (String.fromCharCode(...bytes.subarray(key, Math.min(from, to))) !== CONTRACT_KEY) {
    throw new InputError(`${name}: contract: expected right behind the core`)
  }
  const contract = checkContract(unpackMsgpack(bytes.subarray(from, to), `${name}: contract`), name)
  checkAgreement(contract, core, name)
  return { contract, core }
}

/** The core repeats what a board needs of the contract: both must say the same. */
function checkAgreement(contract: Contract, core: DataView, name: string): void {
  const { low, high, failsafe } = contract.action
  const agree = (field: string, inCore: number, inContract: number) => {
    if (!Object.is(inCore, inContract)) {
      throw new InputError(`${name}: contract.${field}: ${inContract}, expected ${inCore} as in the core`)
    }
  }
  agree('observation.names', core.getUint16(layout.OBSERVATIONS, true), contract.observation.names.length)
  agree('action.names', core.getUint16(layout.ACTIONS, true), contract.action.names.length)
  let at = core.getUint32(layout.BOUNDS, true)
  const bounds = observationBounds(contract)
  const outside = bounds ? OUTSIDES[bounds.outside] : layout.UNBOUNDED
  agree('observation.outside (0 no bounds, 1 clamp, 2 refuse)', core.getUint8(layout.OUTSIDE), outside)
  const inOrder = { 'action.low': low, 'action.high': high, 'action.failsafe': failsafe }
  const ofObservation = bounds && { 'observation.low': bounds.low, 'observation.high': bounds.high }
  for (const [field, values] of Object.entries({ ...inOrder, ...ofObservation })) {
    for (const value of values) {
      agree(field, core.getFloat32(at, true), Math.fround(value))
      at += 4
    }
  }
  const squash = contract.squash === 'tanh' ? layout.SQUASH_TANH : layout.SQUASH_CLIP
  agree('squash (1 tanh, 0 clip)', core.getUint8(layout.SQUASH), squash)
  agree('period in microseconds', core.getUint32(layout.PERIOD, true), periodMicroseconds(contract))
  agree('(hash)', core.getUint32(layout.CONTRACT_HASH, true), contractHash(contract))
  for (const [i, { observation }] of unpackGoldens(core).entries()) {
    checkWithin(contract, observation, `${name}: golden[${i}]`)
  }
}

function liveUnits({ layers }: Network, i: number): number {
  const { inputs, outputs, weights } = layers[i]
  const next = layers[i + 1]
  const used = new Uint8Array(outputs)
  for (let at = 0; at < weights.length; at++) if (weights[at] !== 0) used[(at / inputs) | 0] = 1
  if (next === undefined) return used.reduce((n, flag) => n + flag, 0)
  const read = new Uint8Array(outputs)
  for (let at = 0; at < next.weights.length; at++) if (next.weights[at] !== 0) read[at % outputs] = 1
  return used.reduce((n, flag, row) => n + (flag & read[row]), 0)
}
