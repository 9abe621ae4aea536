/**
 * The policy kernel once more, to be read: plain TypeScript, one rounding to f32 per operation, no speed. It works on the network as the file
 * holds it and returns the kernel's bits. Whether pruned weights take part matters for infinite inputs only: dense layers multiply
 * their zeros, grouped ones have none.
 */
import type { DecodedPolicy } from './decode.ts'
import type { Form } from './form.ts'
import type { Layer } from './network.ts'

const f32 = Math.fround

/** One inference. observation: shape (observations), rounded to f32. Returns the action, shape (actions). */
export function referenceForward({ contract, network, layers }: DecodedPolicy, observation: ArrayLike<number>) {
  let x = Float32Array.from(observation)
  for (const [i, layer] of network.layers.entries()) x = referenceLayer(layer, layers[i].form, x)
  const { low, high, failsafe } = contract.action
  return x.map((z, i) => action(z, f32(low[i]), f32(high[i]), f32(failsafe[i]), contract.squash))
}

/** y = activation(W x + b). A row is its bias, then every product in ascending column order. */
function referenceLayer({ inputs, outputs, activation, weights, bias }: Layer, form: Form, x: Float32Array) {
  const y = new Float32Array(outputs)
  for (let row = 0; row < outputs; row++) {
    let a = bias[row]
    for (let column = 0; column < inputs; column++) {
      const weight = weights[row * inputs + column]
      if (form === 'dense' || weight !== 0) a = f32(a + f32(weight * x[column]))
    }
    if (activation === 'relu') a = a <= 0 ? 0 : a
    if (activation === 'tanh') a = referenceTanh(a)
    y[row] = a
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
