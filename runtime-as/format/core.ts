/** Writes the core: what a board runs in place, little-endian. SPEC.md draws it. */

import * as layout from '../kernel/assembly/layout.ts'
import type { StoredLayer } from './arrange.ts'
import { contractHash, periodMicroseconds } from './contract.ts'
import { columnBytes, VALUE_BYTES } from './form.ts'
import { type Contract, observationBounds } from './network.ts'

const ACTIVATIONS = { none: layout.NONE, relu: layout.RELU, tanh: layout.TANH }
const VALUES = { f32: layout.F32, f16: layout.F16, int8: layout.I8, 'int8-fixed': layout.I8_FIXED }

export const OUTSIDES = { clamp: layout.CLAMP, refuse: layout.REFUSE }

/** One core under construction. `at`: bytes written; parts follow one another without a gap. */
interface Writer {
  view: DataView
  at: number
}

/** The whole core with golden actions still 0, and where the golden vectors begin in it. */
export function writeCore(layers: StoredLayer[], contract: Contract, goldens: Float32Array[]) {
  const observations = layers[0].columns
  const actions = layers[layers.length - 1].rows
  const bodies = layers.reduce((sum, layer) => sum + bodyBytes(layer), 0)
  const head = layout.HEADER + layers.length * layout.DESCRIPTOR
  const bounds = observationBounds(contract)
  const bytes =
    head + 12 * actions + (bounds ? 8 * observations : 0) + bodies + 4 * goldens.length * (observations + actions)
  const view = new DataView(new ArrayBuffer(bytes))
  view.setUint32(layout.MAGIC, layout.CORE_MAGIC, true)
  view.setUint32(layout.CORE_BYTES, bytes, true)
  view.setUint16(layout.LAYERS, layers.length, true)
  view.setUint16(layout.OBSERVATIONS, observations, true)
  view.setUint16(layout.ACTIONS, actions, true)
  view.setUint16(layout.WIDEST, widest(layers), true)
  view.setUint8(layout.SQUASH, contract.squash === 'tanh' ? layout.SQUASH_TANH : layout.SQUASH_CLIP)
  view.setUint8(layout.OUTSIDE, bounds ? OUTSIDES[bounds.outside] : layout.UNBOUNDED)
  view.setUint16(layout.GOLDENS, goldens.length, true)
  view.setUint32(layout.PERIOD, periodMicroseconds(contract), true)
  view.setUint32(layout.CONTRACT_HASH, contractHash(contract), true)
  view.setUint32(layout.BOUNDS, head, true)

  const writer = { view, at: head }
  const { low, high, failsafe } = contract.action
  for (const part of [low, high, failsafe, bounds?.low ?? [], bounds?.high ?? []]) floats(writer, part)
  for (const [i, layer] of layers.entries()) writeLayer(writer, layout.HEADER + i * layout.DESCRIPTOR, layer)
  view.setUint32(layout.GOLDEN, writer.at, true)
  const golden = writer.at
  for (const observation of goldens) {
    floats(writer, observation)
    writer.at += 4 * actions
  }
  return { core: new Uint8Array(view.buffer), golden }
}

/** Rows of the widest hidden layer; in fixed point the observation takes work memory, too. */
function widest(layers: StoredLayer[]): number {
  const observations = layers[0].values === 'int8-fixed' ? layers[0].columns : 0
  return Math.max(observations, ...layers.slice(0, -1).map(({ rows }) => rows))
}

/** Weights that the file stores: all of a dense layer. */
const storedWeights = ({ form, rows, columns, lengths }: StoredLayer): number =>
  form === 'dense' ? rows * columns : lengths.reduce((sum, n) => sum + n, 0)

function bodyBytes(layer: StoredLayer): number {
  const { form, rows, columns, lengths, values, multipliers, heads, scale } = layer
  const weights = storedWeights(layer)
  const biases = values === 'f32' || values === 'f16' ? rows : 0
  const valueBytes = pad4(VALUE_BYTES[values] * (weights + biases))
  const ofRows = biases ? 0 : (multipliers?.length ?? 0) + rows + (heads && scale ? rows : 0)
  const indices = form === 'dense' ? 0 : layout.RUN * runsOf(lengths).length + pad4(weights * columnBytes(columns))
  return indices + 4 * ofRows + valueBytes
}

const pad4 = (bytes: number): number => (bytes + 3) & ~3

function writeLayer(writer: Writer, descriptor: number, layer: StoredLayer): void {
  const { view } = writer
  const { form, rows, columns, activation, values } = layer
  const partAt = (field: number) => view.setUint32(descriptor + field, writer.at, true)
  view.setUint8(descriptor + layout.FORM, form === 'dense' ? layout.DENSE : layout.GROUPED)
  view.setUint8(descriptor + layout.ACTIVATION, ACTIVATIONS[activation])
  view.setUint8(descriptor + layout.VALUE_TYPE, VALUES[values])
  view.setUint16(descriptor + layout.ROWS, rows, true)
  view.setUint16(descriptor + layout.COLUMNS, columns, true)
  if (form === 'grouped') {
    view.setUint8(descriptor + layout.COLUMN_TYPE, columnBytes(columns) === 1 ? layout.U8 : layout.U16)
    partAt(layout.RUNS_AT)
    writeRuns(writer, layer)
  }
  if (values === 'int8' || values === 'int8-fixed') {
    partAt(layout.SCALES_AT)
    writeHeads(writer, layer)
  }
  partAt(layout.VALUES_AT)
  if (form === 'dense' && values === 'f32') writeDense(writer, layer)
  else writeRows(writer, layer)
  writer.at = pad4(writer.at)
  if (form === 'grouped') {
    partAt(layout.COLUMNS_AT)
    writeColumns(writer, layer)
    writer.at = pad4(writer.at)
  }
}

function writeRuns(writer: Writer, { lengths }: StoredLayer): void {
  for (const { length, count } of runsOf(lengths)) {
    writer.view.setUint16(writer.at, length, true)
    writer.view.setUint16(writer.at + 2, count, true)
    writer.at += layout.RUN
  }
}

/** int8: bias as a half and the upper half of the scale. Fixed point: multipliers of the first layer, heads, scales of the last. */
function writeHeads(writer: Writer, { values, rows, bias, scale, heads, multipliers }: StoredLayer): void {
  const { view } = writer
  floats(writer, multipliers ?? [])
  for (let row = 0; row < rows; row++, writer.at += 4) {
    if (heads) view.setInt32(writer.at, heads[row], true)
    else {
      view.setFloat32(writer.at, scale?.[row] ?? 0, true)
      view.setFloat16(writer.at, bias[row], true)
    }
  }
  if (values === 'int8-fixed') floats(writer, scale ?? [])
}

/** For every four rows 4 biases, then 4 weights a column; for each row left over its bias, then its weights. */
function writeDense(writer: Writer, { rows, columns, weights, bias }: StoredLayer): void {
  for (let row = 0; row < rows; ) {
    const together = rows - row >= 4 ? 4 : 1
    floats(writer, bias.subarray(row, row + together))
    for (let column = 0; column < columns; column++) {
      for (let k = 0; k < together; k++) float(writer, weights[(row + k) * columns + column])
    }
    row += together
  }
}

/** Row by row its bias, unless that is in its head, and its weights. */
function writeRows(writer: Writer, { form, columns, values, weights, bias }: StoredLayer): void {
  const { view } = writer
  const put = (value: number) => {
    if (values === 'f32') view.setFloat32(writer.at, value, true)
    else if (values === 'f16') view.setFloat16(writer.at, value, true)
    else view.setInt8(writer.at, value)
    writer.at += VALUE_BYTES[values]
  }
  for (const [at, weight] of weights.entries()) {
    if (at % columns === 0 && (values === 'f32' || values === 'f16')) put(bias[at / columns])
    if (form === 'dense' || weight !== 0) put(weight)
  }
}

function writeColumns(writer: Writer, { columns, weights }: StoredLayer): void {
  const size = columnBytes(columns)
  for (const [at, weight] of weights.entries()) {
    if (weight === 0) continue
    if (size === 1) writer.view.setUint8(writer.at, at % columns)
    else writer.view.setUint16(writer.at, at % columns, true)
    writer.at += size
  }
}

/** Neighbouring rows of equal length. */
function runsOf(lengths: Uint16Array): { length: number; count: number }[] {
  const runs: { length: number; count: number }[] = []
  for (const length of lengths) {
    const last = runs[runs.length - 1]
    if (last?.length === length) last.count++
    else runs.push({ length, count: 1 })
  }
  return runs
}

function float(writer: Writer, value: number): void {
  writer.view.setFloat32(writer.at, value, true)
  writer.at += 4
}

function floats(writer: Writer, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) float(writer, values[i])
}
