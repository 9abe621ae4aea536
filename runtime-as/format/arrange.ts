/** From the trainer's network to the layers as the file holds them: form chosen, rows sorted, columns renumbered to match. */
import { cheaperForm, type Form } from './form.ts'
import type { Activation, Layer, Network, ValueType } from './network.ts'

/** A layer in the file's order, still with its zeros. */
export interface StoredLayer {
  form: Form
  rows: number
  columns: number
  activation: Activation
  /** shape (rows, columns), row-major; zeros are +0 */
  weights: Float32Array
  /** shape (rows) */
  bias: Float32Array
  /** weights of each row that are not 0, shape (rows) */
  lengths: Uint16Array
  values: ValueType
  /** as in Layer, in the file's order; absent where the file has none */
  scale?: Float32Array
  heads?: Int32Array
  multipliers?: Float32Array
}

/**
 * Hidden rows of grouped layers are sorted by length, longest first and equal ones in their old order, so that runs are long. The next
 * layer's columns are renumbered accordingly. The last layer keeps the order of the actions.
 */
export function arrange(network: Network): StoredLayer[] {
  let columnOrder = identity(network.layers[0].inputs)
  return network.layers.map((layer, i) => {
    const lengths = rowLengths(layer)
    const { values = 'f32', scale, heads, multipliers } = layer
    const weights = lengths.reduce((sum, n) => sum + n, 0)
    const form = cheaperForm(layer.outputs, layer.inputs, weights, values)
    const rowOrder = identity(layer.outputs)
    if (form === 'grouped' && i < network.layers.length - 1) rowOrder.sort((a, b) => lengths[b] - lengths[a] || a - b)
    const stored: StoredLayer = {
      form,
      rows: layer.outputs,
      columns: layer.inputs,
      activation: layer.activation,
      weights: reordered(layer, rowOrder, columnOrder),
      bias: Float32Array.from(rowOrder, (row) => layer.bias[row]),
      lengths: Uint16Array.from(rowOrder, (row) => lengths[row]),
      values,
      multipliers,
      scale: scale && Float32Array.from(rowOrder, (row) => scale[row]),
      heads: heads && Int32Array.from(rowOrder, (row) => heads[row]),
    }
    columnOrder = rowOrder
    return stored
  })
}

const identity = (length: number): Uint16Array => Uint16Array.from({ length }, (_, i) => i)

/** Weights of each row that are not 0. */
export function rowLengths({ outputs, inputs, weights }: Layer): Uint16Array {
  const lengths = new Uint16Array(outputs)
  for (let row = 0, at = 0; row < outputs; row++) {
    for (const end = at + inputs; at < end; at++) if (weights[at] !== 0) lengths[row]++
  }
  return lengths
}

function reordered({ inputs, weights }: Layer, rowOrder: Uint16Array, columnOrder: Uint16Array): Float32Array {
  const result = new Float32Array(weights.length)
  let at = 0
  for (const row of rowOrder) {
    // + 0 makes -0 the zero that is stored
    for (const column of columnOrder) result[at++] = weights[row * inputs + column] + 0
  }
  return result
}
