/** Reads the layers and golden vectors of a core that `validate` has found sound. */
import * as layout from '../kernel/assembly/layout.ts'
import { type Form, VALUE_BYTES } from './form.ts'
import { halfAt } from './half.ts'
import { type Activation, type Layer, VALUE_TYPES } from './network.ts'

const ACTIVATIONS: Activation[] = ['none', 'relu', 'tanh']

export interface StoredForm {
  layer: Layer
  form: Form
  /** weights that the file stores and that are 0: in dense layers that is what pruned ones are, in grouped ones it is a mistake */
  zeros: number
}

/** An observation and the action that every loader recomputes, to the last bit. */
export interface Golden {
  /** shape (observations) */
  observation: Float32Array
  /** shape (actions) */
  action: Float32Array
}

/** Layer `i`, with zeros where the file stores nothing. */
export function unpackLayer(core: DataView, i: number): StoredForm {
  const descriptor = layout.HEADER + i * layout.DESCRIPTOR
  const outputs = core.getUint16(descriptor + layout.ROWS, true)
  const inputs = core.getUint16(descriptor + layout.COLUMNS, true)
  const activation = ACTIVATIONS[core.getUint8(descriptor + layout.ACTIVATION)]
  const values = VALUE_TYPES[core.getUint8(descriptor + layout.VALUE_TYPE)]
  const weights = new Float32Array(outputs * inputs)
  const layer: Layer = { inputs, outputs, activation, weights, bias: new Float32Array(outputs) }
  if (values !== 'f32') layer.values = values
  if (values === 'int8') unpackHeads(core, descriptor, layer)
  if (values === 'int8-fixed') unpackFixed(core, i, layer)
  const form = core.getUint8(descriptor + layout.FORM) === layout.DENSE ? 'dense' : 'grouped'
  if (form === 'dense' && values === 'f32')
    unpackDense(core, core.getUint32(descriptor + layout.VALUES_AT, true), layer)
  else return { layer, form, zeros: unpackRows(core, descriptor, layer) }
  return { layer, form, zeros: weights.reduce((n, weight) => n + (weight === 0 ? 1 : 0), 0) }
}

function unpackDense(core: DataView, at: number, { inputs, outputs, weights, bias }: Layer): void {
  for (let row = 0; row < outputs; ) {
    const together = outputs - row >= 4 ? 4 : 1
    for (let k = 0; k < together; k++, at += 4) bias[row + k] = core.getFloat32(at, true)
    for (let column = 0; column < inputs; column++) {
      for (let k = 0; k < together; k++, at += 4) weights[(row + k) * inputs + column] = core.getFloat32(at, true)
    }
    row += together
  }
}

function unpackHeads(core: DataView, descriptor: number, layer: Layer): void {
  const at = core.getUint32(descriptor + layout.SCALES_AT, true)
  const word = new DataView(new ArrayBuffer(4))
  layer.scale = Float32Array.from(layer.bias, (_, row) => {
    layer.bias[row] = halfAt(core, at + 4 * row)
    word.setUint32(0, core.getUint32(at + 4 * row, true) & 0xffff0000)
    return word.getFloat32(0)
  })
}

function unpackFixed(core: DataView, i: number, layer: Layer): void {
  let at = core.getUint32(layout.HEADER + i * layout.DESCRIPTOR + layout.SCALES_AT, true)
  const words = (count: number, read: (at: number) => number) => {
    at += 4 * count
    return Array.from({ length: count }, (_, k) => read(at - 4 * (count - k)))
  }
  const floats = (count: number) => Float32Array.from(words(count, (word) => core.getFloat32(word, true)))
  if (i === 0) layer.multipliers = floats(layer.inputs)
  layer.heads = Int32Array.from(words(layer.outputs, (word) => core.getInt32(word, true)))
  if (i === core.getUint16(layout.LAYERS, true) - 1) layer.scale = floats(layer.outputs)
}

/** Rows one after another, grouped or not. Returns how many stored weights are 0. */
function unpackRows(core: DataView, descriptor: number, { inputs, outputs, weights, bias, values }: Layer): number {
  const columnBytes = core.getUint8(descriptor + layout.COLUMN_TYPE)
  let run = core.getUint32(descriptor + layout.RUNS_AT, true)
  let value = core.getUint32(descriptor + layout.VALUES_AT, true)
  let column = core.getUint32(descriptor + layout.COLUMNS_AT, true)
  const next = () => {
    const at = value
    value += VALUE_BYTES[values ?? 'f32']
    if (values === 'f16') return halfAt(core, at)
    return values === undefined ? core.getFloat32(at, true) : core.getInt8(at)
  }
  const nextColumn = (k: number) => {
    column += columnBytes
    if (columnBytes === 0) return k
    return columnBytes === 1 ? core.getUint8(column - 1) : core.getUint16(column - 2, true)
  }
  let zeros = 0
  for (let row = 0; row < outputs; run += layout.RUN) {
    const length = columnBytes ? core.getUint16(run, true) : inputs
    for (const end = columnBytes ? row + core.getUint16(run + 2, true) : outputs; row < end; row++) {
      if (values === undefined || values === 'f16') bias[row] = next()
      for (let k = 0; k < length; k++) {
        const weight = next()
        weights[row * inputs + nextColumn(k)] = weight
        if (weight === 0) zeros++
      }
    }
  }
  return zeros
}

export function unpackGoldens(core: DataView): Golden[] {
  const observations = core.getUint16(layout.OBSERVATIONS, true)
  const actions = core.getUint16(layout.ACTIONS, true)
  const golden = core.getUint32(layout.GOLDEN, true)
  const floats = (at: number, count: number) =>
    Float32Array.from({ length: count }, (_, i) => core.getFloat32(at + 4 * i, true))
  return Array.from({ length: core.getUint16(layout.GOLDENS, true) }, (_, i) => {
    const at = golden + 4 * i * (observations + actions)
    return { observation: floats(at, observations), action: floats(at + 4 * observations, actions) }
  })
}
