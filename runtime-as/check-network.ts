/** What a network must be to become a file. */
import { MAX_LAYERS, MAX_WIDTH } from './assembly/layout.ts'
import { InputError } from './errors.ts'
import type { Contract, Layer, Network } from './network.ts'

/** Dense weights (zeros included) that the tools hold in memory: 256 MB. A board has no such limit, it never unpacks. */
export const MAX_DENSE_WEIGHTS = 1 << 26

/** Throws InputError, beginning with `name`, unless `network` is sound and has the contract's sizes and squash. */
export function checkNetwork({ layers }: Network, contract: Contract, name: string): void {
  if (!Array.isArray(layers) || layers.length < 1 || layers.length > MAX_LAYERS) {
    throw new InputError(`${name}: layers: expected 1..${MAX_LAYERS}`)
  }
  let inputs = contract.observation.names.length
  let weights = 0
  for (const [i, layer] of layers.entries()) {
    const at = `${name}: layers[${i}]`
    const reads = i === 0 ? 'observation names' : `outputs of layers[${i - 1}]`
    if (layer.inputs !== inputs) throw new InputError(`${at}.inputs: ${layer.inputs}, expected ${inputs}, the ${reads}`)
    checkLayer(layer, at)
    weights += layer.weights.length
    inputs = layer.outputs
  }
  const actions = contract.action.names.length
  if (inputs !== actions) {
    throw new InputError(
      `${name}: layers[${layers.length - 1}].outputs: ${inputs}, expected ${actions}, the action names`,
    )
  }
  const activation = contract.squash === 'tanh' ? 'tanh' : 'none'
  if (layers[layers.length - 1].activation !== activation) {
    throw new InputError(
      `${name}: layers[${layers.length - 1}].activation: expected '${activation}' for squash '${contract.squash}'`,
    )
  }
  if (weights > MAX_DENSE_WEIGHTS) {
    throw new InputError(`${name}: layers: ${weights} weights, expected at most ${MAX_DENSE_WEIGHTS}`)
  }
}

function checkLayer({ inputs, outputs, activation, weights, bias }: Layer, at: string): void {
  if (!Number.isInteger(outputs) || outputs < 1 || outputs > MAX_WIDTH) {
    throw new InputError(`${at}.outputs: expected 1..${MAX_WIDTH}`)
  }
  if (!['none', 'relu', 'tanh'].includes(activation)) {
    throw new InputError(`${at}.activation: expected 'none', 'relu' or 'tanh'`)
  }
  checkNumbers(weights, outputs * inputs, `${at}.weights`)
  checkNumbers(bias, outputs, `${at}.bias`)
}

/** Throws InputError unless `values` is a Float32Array of `length` finite numbers. */
export function checkNumbers(values: Float32Array, length: number, at: string): void {
  if (!(values instanceof Float32Array) || values.length !== length) {
    throw new InputError(`${at}: expected a Float32Array of ${length}`)
  }
  const bad = values.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) throw new InputError(`${at}[${bad}]: ${values[bad]}, expected a finite number`)
}
