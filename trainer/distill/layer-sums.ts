/** A layer in double precision, to be looked into: not the bits of a policy. */
import type { Activation, Layer } from '../../runtime-as/format/network.ts'

/** W x + b. x: shape (inputs) */
export function sumsOf({ inputs, outputs, weights, bias }: Layer, x: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: outputs }, (_, row) => {
    let sum = bias[row]
    for (let c = 0; c < inputs; c++) sum += weights[row * inputs + c] * x[c]
    return sum
  })
}

export const activate = (a: number, activation: Activation): number =>
  activation === 'relu' ? Math.max(0, a) : activation === 'tanh' ? Math.tanh(a) : a
