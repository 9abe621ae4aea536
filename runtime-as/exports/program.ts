/** A policy as code is written from it: every number that the file holds, row by row, and nothing of how it holds them. */

import { InputError } from '../errors.ts'
import { periodMicroseconds } from '../format/contract.ts'
import { type DecodedPolicy, decodePolicy } from '../format/decode.ts'
import { policyIn } from '../format/envelope.ts'
import {
  type Activation,
  type Layer,
  type ObservationBounds,
  observationBounds,
  type ValueType,
} from '../format/network.ts'
import type { Golden } from '../format/unpack.ts'
import { loadPolicy } from '../kernel/policy.ts'

/**
 * a = bias, or 0 with a scale; then a = a + weight * x[column] for each term, in ascending column order; with a scale, bias + scale * a. In fixed
 * point: a = head, then the same in whole numbers (SPEC.md).
 */
export interface Row {
  bias: number
  /** fixed point only */
  head?: number
  /** int8 weights: they are whole numbers */
  scale?: number
  terms: { column: number; weight: number }[]
}

export interface ProgramLayer {
  inputs: number
  activation: Activation
  /** how the file stores its weights */
  values: ValueType
  rows: Row[]
}

export interface Program {
  task: string
  observations: string[]
  actions: string[]
  layers: ProgramLayer[]
  squash: 'tanh' | 'clip'
  /** f32, one an action */
  low: number[]
  high: number[]
  failsafe: number[]
  goldens: Golden[]
  /** microseconds */
  period: number
  /** the .bpd file that all this is read from, without an envelope */
  file: Uint8Array
  /** hash of the contract */
  contract: number
  /** CRC-32 of the file, and its bytes */
  crc: number
  fileBytes: number
  /** that are not 0 */
  weights: number
  provenance: Record<string, unknown>
  /** fixed point: what the observations are multiplied by, f32 */
  multipliers?: number[]
  /** of the observations, f32; absent: there are none */
  bounds?: ObservationBounds
}

/** Code is some twenty bytes a weight: what is larger is better run from its file. */
const MAX_TERMS = 1 << 20

/** The program of a .bpd file, out of its envelope where it is signed, after its golden vectors were reproduced here. name: what messages call the file. */
export function readProgram(given: Uint8Array, name = 'policy'): Program {
  const file = policyIn(given, name)
  loadPolicy(file, name)
  const decoded = decodePolicy(file, name)
  const { contract, network, goldens } = decoded
  const { names, low, high, failsafe } = contract.action
  const layers = network.layers.map((layer, i) => programLayer(layer, decoded.layers[i]))
  const terms = layers.reduce((sum, { rows }) => rows.reduce((n, row) => n + row.terms.length, sum), 0)
  if (terms > MAX_TERMS) {
    throw new InputError(`${name}: ${terms} weights, expected at most ${MAX_TERMS} to write code from`)
  }
  const bounds = observationBounds(contract)
  return {
    ...(bounds && { bounds: boundsOf(bounds) }),
    task: contract.task,
    observations: contract.observation.names,
    actions: names,
    layers,
    goldens,
    file,
    squash: contract.squash,
    low: low.map(Math.fround),
    high: high.map(Math.fround),
    failsafe: failsafe.map(Math.fround),
    period: periodMicroseconds(contract),
    contract: decoded.contractHash,
    crc: new DataView(file.buffer, file.byteOffset + file.length - 4).getUint32(0),
    fileBytes: decoded.fileBytes,
    weights: decoded.weights,
    provenance: contract.provenance,
    ...(network.layers[0].multipliers && { multipliers: [...network.layers[0].multipliers] }),
  }
}

/** Throws InputError for a policy in whole numbers. form: what cannot say them */
export function requireFloats(program: Program, form: string, name: string): void {
  if (!program.multipliers) return
  throw new InputError(`${name}: values: int8-fixed, expected f32, f16, int8 or mixed to write ${form} from`)
}

/** Of bounds that are 0 and -0 the kernel takes -0 for a number below. */
function boundsOf({ low, high, outside }: ObservationBounds): ObservationBounds {
  const highest = high.map(Math.fround)
  return { low: low.map((x, i) => Math.min(Math.fround(x), highest[i])), high: highest, outside }
}

/** Dense layers multiply their zeros too, which an infinite input turns into NaN. */
function programLayer(
  { inputs, outputs, activation, weights, bias, scale, heads }: Layer,
  { form, values }: DecodedPolicy['layers'][0],
) {
  const rows = Array.from({ length: outputs }, (_, row): Row => {
    const terms: Row['terms'] = []
    for (let column = 0; column < inputs; column++) {
      const weight = weights[row * inputs + column]
      if (form === 'dense' || weight !== 0) terms.push({ column, weight })
    }
    return { bias: bias[row], terms, ...(scale && { scale: scale[row] }), ...(heads && { head: heads[row] }) }
  })
  return { inputs, activation, values, rows }
}

/** Scale and middle of an action that comes from [-1, 1], formed as the kernel forms them: from halves, which cannot overflow. */
export function squashScale(low: number, high: number): { middle: number; half: number } {
  const halfLow = Math.fround(0.5 * low)
  const halfHigh = Math.fround(0.5 * high)
  return { middle: Math.fround(halfLow + halfHigh), half: Math.fround(halfHigh - halfLow) }
}

/** What is summed side by side: `count` neighbouring rows, the terms of all in the order of their columns. */
export interface Block {
  /** number of the first row in its layer */
  first: number
  rows: Row[]
  /** a column that any of the rows reads, and who multiplies it by what */
  columns: { column: number; uses: { row: number; weight: number }[] }[]
}

/**
 * Rows in blocks of `size`, so that an input is read once a block and not once a weight. The terms of one row keep their order, and no row
 * touches another's sum: the bits are those of row after row.
 */
export function blocks({ inputs, rows }: ProgramLayer, size: number): Block[] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => {
    const block = rows.slice(i * size, (i + 1) * size)
    const uses: { row: number; weight: number }[][] = Array.from({ length: inputs }, () => [])
    for (const [row, { terms }] of block.entries()) {
      for (const { column, weight } of terms) uses[column].push({ row, weight })
    }
    const columns = uses.map((list, column) => ({ column, uses: list })).filter((column) => column.uses.length > 0)
    return { first: i * size, rows: block, columns }
  })
}

/** tanh of assembly/tanh.ts: lowest power of x^2 first. A test holds what is generated from them to the kernel, bit for bit. */
export const TANH_LIMIT = Math.fround(9.01)
export const TANH_NUMERATOR = [1, 0.1338333597210577, 3.498229365306233e-3, 2.0648577378709445e-5, 1.340209117424589e-8]
export const TANH_DENOMINATOR = [
  1, 0.4671665733907456, 2.5887293464343396e-2, 3.289781681268197e-4, 7.797506502171277e-7,
]
