/**
 * The policy kernel once more, to be read: plain TypeScript, one rounding to f32 per operation, no speed. It works on the network as the file
 * holds it and returns the kernel's bits. Whether pruned weights take part matters for infinite inputs only: dense layers multiply
 * their zeros, grouped ones have none.
 */
import { InputError } from '../errors.ts'
import type { DecodedPolicy } from '../format/decode.ts'
import type { Form } from '../format/form.ts'
import { type Activation, type Layer, type ObservationBounds, observationBounds } from '../format/network.ts'

const f32 = Math.fround

/**
 * One inference in plain TypeScript, to be read and compared with: the bits of `loadPolicy`, slowly. Returns the action, shape (actions). Throws InputError for an
 * observation that is too short.
 *
 * @param policy as `decodePolicy` gives it
 * @param observation shape (observations), in the contract's units and order, rounded to f32
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { decodePolicy, loadPolicy, referenceForward } from 'bpd'
 *
 * const bytes = readFileSync('student.bpd')
 * const plain = referenceForward(decodePolicy(bytes), [1, 0, 0])
 * console.log(Object.is(plain[0], loadPolicy(bytes).step([1, 0, 0])[0])) // => true
 */
export function referenceForward({ contract, network, layers }: DecodedPolicy, observation: ArrayLike<number>) {
  const { length } = contract.observation.names
  if (!(observation.length >= length))
    throw new InputError(`policy: ${observation.length} observations, expected ${length} as in the contract`)
  let x: Float32Array = Float32Array.from({ length }, (_, i) => observation[i])
  const bounds = observationBounds(contract)
  if (bounds) {
    if (isRefused(x, bounds)) return Float32Array.from(contract.action.failsafe)
    x = x.map((value, i) => {
      const limited = Math.min(Math.max(value, f32(bounds.low[i])), f32(bounds.high[i]))
      // -0 on a bound of 0 stays
      return limited === value ? value : limited
    })
  }
  const fixed = network.layers[0].values === 'int8-fixed'
  if (fixed) {
    x = quantised(x, network.layers[0].multipliers as Float32Array)
    if (x.includes(NaN)) return Float32Array.from(contract.action.failsafe)
  }
  for (const [i, layer] of network.layers.entries()) {
    if (fixed) x = fixedLayer(layer, x)
    else x = layer.values === 'int8' ? scaledLayer(layer, layers[i].form, x) : plainLayer(layer, layers[i].form, x)
  }
  const { low, high, failsafe } = contract.action
  return Float32Array.from(x, (z, i) => action(z, f32(low[i]), f32(high[i]), f32(failsafe[i]), contract.squash))
}

/** A number outside, where that refuses; NaN has no place within bounds. */
const isRefused = (x: Float32Array, { low, high, outside }: ObservationBounds): boolean =>
  x.some((value, i) => Number.isNaN(value) || (outside === 'refuse' && (value < f32(low[i]) || value > f32(high[i]))))

function activate(a: number, activation: Activation): number {
  if (activation === 'relu') return a <= 0 ? 0 : a
  return activation === 'tanh' ? referenceTanh(a) : a
}

/** Whether a weight takes part: those that the file does not store do not. */
const takesPart = (weight: number, form: Form): boolean => form === 'dense' || weight !== 0

/** y = activation(W x + b), weights f32 or f16. A row is its bias, then every product in ascending column order. */
function plainLayer({ inputs, outputs, activation, weights, bias }: Layer, form: Form, x: ArrayLike<number>) {
  const y = new Float32Array(outputs)
  for (let row = 0; row < outputs; row++) {
    let a = bias[row]
    for (let column = 0; column < inputs; column++) {
      const weight = weights[row * inputs + column]
      if (takesPart(weight, form)) a = f32(a + f32(weight * x[column]))
    }
    y[row] = activate(a, activation)
  }
  return y
}

/** y = activation(scale * (W x) + b), weights int8. A row sums its products in ascending column order, from 0. */
function scaledLayer(
  { inputs, outputs, activation, weights, bias, scale = bias }: Layer,
  form: Form,
  x: ArrayLike<number>,
) {
  const y = new Float32Array(outputs)
  for (let row = 0; row < outputs; row++) {
    let a = 0
    for (let column = 0; column < inputs; column++) {
      const weight = weights[row * inputs + column]
      if (takesPart(weight, form)) a = f32(a + f32(weight * x[column]))
    }
    y[row] = activate(f32(bias[row] + f32(scale[row] * a)), activation)
  }
  return y
}

const LARGEST = 32767
const clamp = (a: number): number => Math.min(LARGEST, Math.max(-LARGEST, a))

/** The observation in whole numbers, ties to even. NaN stays. */
function quantised(x: Float32Array, multipliers: Float32Array): Float32Array {
  const round = 1.5 * 2 ** 23
  return x.map((value, i) => f32(clamp(f32(value * multipliers[i])) + round) - round)
}

/** Whole numbers in and, but for the last layer, out. Sums wrap at 32 bits. */
function fixedLayer(
  { inputs, outputs, activation, weights, heads = new Int32Array(), scale }: Layer,
  x: ArrayLike<number>,
) {
  const y = new Float32Array(outputs)
  for (let row = 0; row < outputs; row++) {
    let a = heads[row]
    for (let column = 0; column < inputs; column++) a = (a + weights[row * inputs + column] * x[column]) | 0
    if (scale) y[row] = activate(f32(scale[row] * f32(a)), activation)
    else y[row] = clamp((activation === 'relu' ? Math.max(0, a) : a) >> (heads[row] & 31))
  }
  return y
}

function action(z: number, low: number, high: number, failsafe: number, squash: 'tanh' | 'clip'): number {
  let a = z
  if (squash === 'tanh') {
    // from halves, which cannot overflow
    const halfLow = f32(0.5 * low)
    const halfHigh = f32(0.5 * high)
    a = f32(f32(halfLow + halfHigh) + f32(f32(halfHigh - halfLow) * z))
  }
  if (a < low) return low
  if (a > high) return high
  return Number.isNaN(a) ? failsafe : a
}

/** Lowest power first, in x^2. */
const NUMERATOR = [1, 0.1338333597210577, 3.498229365306233e-3, 2.0648577378709445e-5, 1.340209117424589e-8].map(f32)
const DENOMINATOR = [1, 0.4671665733907456, 2.5887293464343396e-2, 3.289781681268197e-4, 7.797506502171277e-7].map(f32)

/** The kernel's tanh, bit for bit. */
export function referenceTanh(x: number): number {
  const limit = f32(9.01)
  if (x > limit) return 1
  if (x < -limit) return -1
  const u = f32(x * x)
  const y = f32(f32(x * polynomial(NUMERATOR, u)) / polynomial(DENOMINATOR, u))
  return Math.min(1, Math.max(-1, y))
}

/** Horner's scheme, from the highest power down. */
const polynomial = (coefficients: number[], u: number): number =>
  coefficients.reduceRight((sum, coefficient) => f32(f32(sum * u) + coefficient))
