/** Reads the layers and golden vectors of a core that `validate` has found sound. */
import * as layout from './assembly/layout.ts'
import type { Form } from './form.ts'
import type { Activation, Layer } from './network.ts'

const ACTIVATIONS: Activation[] = ['none', 'relu', 'tanh']

export interface StoredForm {
  layer: Layer
  form: Form
  /** weights that the file stores and that are 0: in dense layers that is what pruned ones are, in grouped ones it is a mistake */
  zeros: number
}

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
  const weights = new Float32Array(outputs * inputs)
  const layer: Layer = { inputs, outputs, activation, weights, bias: new Float32Array(outputs) }
  if (core.getUint8(descriptor + layout.FORM) === layout.DENSE) {
    unpackDense(core, core.getUint32(descriptor + layout.VALUES_AT, true), layer)
    return { layer, form: 'dense', zeros: weights.reduce((n, weight) => n + (weight === 0 ? 1 : 0), 0) }
  }
  return { layer, form: 'grouped', zeros: unpackGrouped(core, descriptor, layer) }
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

/** Returns how many stored weights are 0. */
function unpackGrouped(core: DataView, descriptor: number, { inputs, outputs, weights, bias }: Layer): number {
  const wide = core.getUint8(descriptor + layout.COLUMN_TYPE) === layout.U16
  let run = core.getUint32(descriptor + layout.RUNS_AT, true)
  let value = core.getUint32(descriptor + layout.VALUES_AT, true)
  let column = core.getUint32(descriptor + layout.COLUMNS_AT, true)
  let zeros = 0
  for (let row = 0; row < outputs; run += layout.RUN) {
    const length = core.getUint16(run, true)
    for (const end = row + core.getUint16(run + 2, true); row < end; row++) {
      bias[row] = core.getFloat32(value, true)
      value += 4
      for (let k = 0; k < length; k++, value += 4, column += wide ? 2 : 1) {
        const weight = core.getFloat32(value, true)
        weights[row * inputs + (wide ? core.getUint16(column, true) : core.getUint8(column))] = weight
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
