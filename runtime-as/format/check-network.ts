/** What a network must be to become a file. */

import { InputError } from '../errors.ts'
import { FIXED_MAX, MAX_LAYERS, MAX_WIDTH } from '../kernel/assembly/layout.ts'
import { f16round } from './half.ts'
import { type Contract, type Layer, type Network, VALUE_TYPES } from './network.ts'

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
    checkValues(layer, at)
    if ((layer.values === 'int8-fixed') !== (layers[0].values === 'int8-fixed')) {
      throw new InputError(`${at}.values: expected int8-fixed in all layers or in none`)
    }
    if (layer.values === 'int8-fixed') checkFixed(layer, at, i === 0, i === layers.length - 1)
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

/** Whether the file can hold the layer's numbers to the bit. */
function checkValues({ outputs, values = 'f32', weights, bias, scale }: Layer, at: string): void {
  if (!VALUE_TYPES.includes(values)) throw new InputError(`${at}.values: expected one of ${VALUE_TYPES.join(', ')}`)
  const check = (field: string, numbers: Float32Array, fits: (x: number) => boolean, expected: string) => {
    const bad = numbers.findIndex((x) => !fits(x))
    if (bad >= 0) throw new InputError(`${at}.${field}[${bad}]: ${numbers[bad]}, expected ${expected} for ${values}`)
  }
  const isHalf = (x: number) => f16round(x) === x
  if (values === 'f16') check('weights', weights, isHalf, 'a number that f16 holds')
  if (values === 'f16' || values === 'int8') check('bias', bias, isHalf, 'a number that f16 holds')
  if (values === 'f32' || values === 'f16') return
  check('weights', weights, (x) => Number.isInteger(x) && Math.abs(x) <= 127, 'a whole number, -127..127')
  if (values !== 'int8') return
  checkNumbers(scale as Float32Array, outputs, `${at}.scale`)
  check('scale', scale as Float32Array, (x) => upperHalf(x) === x, 'a number whose lower 16 bits are 0')
}

/** An f32 without its lower 16 bits. */
export function upperHalf(x: number): number {
  const word = Float32Array.of(x)
  new Uint16Array(word.buffer)[0] = 0
  return word[0]
}

function checkFixed(
  { inputs, outputs, activation, weights, heads, multipliers, scale }: Layer,
  at: string,
  first: boolean,
  last: boolean,
): void {
  if (!last && activation === 'tanh') throw new InputError(`${at}.activation: expected 'none' or 'relu' in fixed point`)
  if (!(heads instanceof Int32Array) || heads.length !== outputs) {
    throw new InputError(`${at}.heads: expected an Int32Array of ${outputs}`)
  }
  if (first) checkNumbers(multipliers as Float32Array, inputs, `${at}.multipliers`)
  if (last) checkNumbers(scale as Float32Array, outputs, `${at}.scale`)
  for (let row = 0; row < outputs; row++) {
    const sum = weights.subarray(row * inputs, (row + 1) * inputs).reduce((total, q) => total + Math.abs(q), 0)
    if (Math.abs(heads[row]) + FIXED_MAX * sum >= 2 ** 31) {
      throw new InputError(`${at}: row ${row}: expected sums below 2^31`)
    }
  }
}

/** Throws InputError unless `values` is a Float32Array of `length` finite numbers. */
export function checkNumbers(values: Float32Array, length: number, at: string): void {
  if (!(values instanceof Float32Array) || values.length !== length) {
    throw new InputError(`${at}: expected a Float32Array of ${length}`)
  }
  const bad = values.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) throw new InputError(`${at}[${bad}]: ${values[bad]}, expected a finite number`)
}
