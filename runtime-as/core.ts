/** Writes the core: what a board runs in place, little-endian. SPEC.md draws it. */
import type { StoredLayer } from './arrange.ts'
import * as layout from './assembly/layout.ts'
import { contractHash, periodMicroseconds } from './contract.ts'
import { columnBytes } from './form.ts'
import type { Contract } from './network.ts'

const ACTIVATIONS = { none: layout.NONE, relu: layout.RELU, tanh: layout.TANH }

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
  const bytes = head + 12 * actions + bodies + 4 * goldens.length * (observations + actions)
  const view = new DataView(new ArrayBuffer(bytes))
  view.setUint32(layout.MAGIC, layout.CORE_MAGIC, true)
  view.setUint32(layout.CORE_BYTES, bytes, true)
  view.setUint16(layout.LAYERS, layers.length, true)
  view.setUint16(layout.OBSERVATIONS, observations, true)
  view.setUint16(layout.ACTIONS, actions, true)
  view.setUint16(layout.WIDEST, Math.max(0, ...layers.slice(0, -1).map(({ rows }) => rows)), true)
  view.setUint8(layout.SQUASH, contract.squash === 'tanh' ? layout.SQUASH_TANH : layout.SQUASH_CLIP)
  view.setUint16(layout.GOLDENS, goldens.length, true)
  view.setUint32(layout.PERIOD, periodMicroseconds(contract), true)
  view.setUint32(layout.CONTRACT_HASH, contractHash(contract), true)
  view.setUint32(layout.BOUNDS, head, true)

  const writer = { view, at: head }
  const { low, high, failsafe } = contract.action
  for (const bounds of [low, high, failsafe]) floats(writer, bounds)
  for (const [i, layer] of layers.entries()) writeLayer(writer, layout.HEADER + i * layout.DESCRIPTOR, layer)
  view.setUint32(layout.GOLDEN, writer.at, true)
  const golden = writer.at
  for (const observation of goldens) {
    floats(writer, observation)
    writer.at += 4 * actions
  }
  return { core: new Uint8Array(view.buffer), golden }
}

function bodyBytes({ form, rows, columns, lengths }: StoredLayer): number {
  if (form === 'dense') return 4 * rows * (columns + 1)
  const weights = lengths.reduce((sum, n) => sum + n, 0)
  return layout.RUN * runsOf(lengths).length + 4 * (rows + weights) + pad4(weights * columnBytes(columns))
}

const pad4 = (bytes: number): number => (bytes + 3) & ~3

function writeLayer(writer: Writer, descriptor: number, layer: StoredLayer): void {
  const { view } = writer
  const { form, rows, columns, activation } = layer
  view.setUint8(descriptor + layout.FORM, form === 'dense' ? layout.DENSE : layout.GROUPED)
  view.setUint8(descriptor + layout.ACTIVATION, ACTIVATIONS[activation])
  view.setUint8(descriptor + layout.VALUE_TYPE, layout.F32)
  view.setUint16(descriptor + layout.ROWS, rows, true)
  view.setUint16(descriptor + layout.COLUMNS, columns, true)
  if (form === 'dense') writeDense(writer, descriptor, layer)
  else writeGrouped(writer, descriptor, layer)
}

/** For every four rows 4 biases, then 4 weights a column; for each row left over its bias, then its weights. */
function writeDense(writer: Writer, descriptor: number, { rows, columns, weights, bias }: StoredLayer): void {
  writer.view.setUint32(descriptor + layout.VALUES_AT, writer.at, true)
  for (let row = 0; row < rows; ) {
    const together = rows - row >= 4 ? 4 : 1
    floats(writer, bias.subarray(row, row + together))
    for (let column = 0; column < columns; column++) {
      for (let k = 0; k < together; k++) float(writer, weights[(row + k) * columns + column])
    }
    row += together
  }
}

/** Runs; then per row its bias and its weights; then their columns, padded to a multiple of 4. */
function writeGrouped(writer: Writer, descriptor: number, { columns, weights, bias, lengths }: StoredLayer): void {
  const { view } = writer
  const size = columnBytes(columns)
  view.setUint8(descriptor + layout.COLUMN_TYPE, size === 1 ? layout.U8 : layout.U16)
  view.setUint32(descriptor + layout.RUNS_AT, writer.at, true)
  for (const { length, count } of runsOf(lengths)) {
    view.setUint16(writer.at, length, true)
    view.setUint16(writer.at + 2, count, true)
    writer.at += layout.RUN
  }
  view.setUint32(descriptor + layout.VALUES_AT, writer.at, true)
  const kept: number[] = []
  for (let at = 0; at < weights.length; at++) {
    if (at % columns === 0) float(writer, bias[at / columns])
    if (weights[at] === 0) continue
    float(writer, weights[at])
    kept.push(at % columns)
  }
  view.setUint32(descriptor + layout.COLUMNS_AT, writer.at, true)
  for (const [i, column] of kept.entries()) {
    if (size === 1) view.setUint8(writer.at + i, column)
    else view.setUint16(writer.at + 2 * i, column, true)
  }
  writer.at += pad4(kept.length * size)
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
