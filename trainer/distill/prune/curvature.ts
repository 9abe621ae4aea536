/**
 * How much the actions of a student move with each of its weights: the diagonal of the Gauss-Newton matrix of the cloning loss, which is its
 * curvature where the student follows its teacher well (LeCun, Denker, Solla 1990, with the outputs' part of the Hessian alone).
 */
import type { VariationalLayer } from '../../kernels/networks.ts'

/** States, and what is wanted on them. */
export interface States {
  /** shape (states, observations), as the student reads them */
  observations: Float32Array
  /** shape (states, actions), in the units of `half` */
  wanted: Float32Array
  /** half of the range of each action, and its middle: action = middle + half tanh(z) */
  half: readonly number[]
  middle: readonly number[]
}

/** One matrix (outputs, inputs) a layer; of every weight, those that are zero included. */
export interface Sensitivity {
  /** mean over the states of the sum over actions of (d action / d weight)^2 */
  curvature: Float64Array[]
  /** derivative of half the squared error, summed over actions, mean over the states */
  gradient: Float64Array[]
}

/** Of a network with ReLU between its layers and tanh at its end. A weight that is 0 costs nothing here: most are. */
export function sensitivity(layers: readonly VariationalLayer[], states: States): Sensitivity {
  const net = layers.map(({ theta, bias }) => new SparseLayer(theta, bias))
  const { observations, wanted, half, middle } = states
  const [inputs, actions, last] = [net[0].inputs, half.length, net.length - 1]
  const count = wanted.length / actions
  const curvature = net.map(({ size }) => new Float64Array(size))
  const gradient = net.map(({ size }) => new Float64Array(size))
  const values = [new Float64Array(inputs), ...net.map(({ outputs }) => new Float64Array(outputs))]
  // by the sum of each unit: of one action, its squares over all of them, and of the error
  const slope = net.map(({ outputs }) => new Float64Array(outputs))
  const squares = net.map(({ outputs }) => new Float64Array(outputs))
  const error = net.map(({ outputs }) => new Float64Array(outputs))

  /** From `by` of layer l to that of the layer below. */
  const back = (by: Float64Array[], l: number) => {
    net[l].backward(by[l], by[l - 1])
    const below = values[l]
    for (let i = 0; i < below.length; i++) if (below[i] <= 0) by[l - 1][i] = 0
  }

  for (let state = 0; state < count; state++) {
    for (let i = 0; i < inputs; i++) values[0][i] = observations[state * inputs + i]
    for (const [l, layer] of net.entries()) layer.forward(values[l], values[l + 1], l < last)
    for (const sums of squares) sums.fill(0)
    for (let k = 0; k < actions; k++) {
      const tanh = Math.tanh(values[last + 1][k])
      const bySum = half[k] * (1 - tanh * tanh)
      error[last][k] = (middle[k] + half[k] * tanh - wanted[state * actions + k]) * bySum
      slope[last].fill(0)
      slope[last][k] = bySum
      squares[last][k] = bySum * bySum
      for (let l = last; l > 0; l--) {
        back(slope, l)
        for (let i = 0; i < slope[l - 1].length; i++) squares[l - 1][i] += slope[l - 1][i] ** 2
      }
    }
    for (let l = last; l > 0; l--) back(error, l)
    for (let l = 0; l <= last; l++) {
      addOuter(curvature[l], squares[l], values[l], count, true)
      addOuter(gradient[l], error[l], values[l], count, false)
    }
  }
  return { curvature, gradient }
}

/** to += by outer read / count, `read` squared or as it is. */
function addOuter(to: Float64Array, by: Float64Array, read: Float64Array, count: number, squared: boolean): void {
  const columns = read.length
  for (let row = 0; row < by.length; row++) {
    const factor = by[row] / count
    if (factor === 0) continue
    for (let i = 0, at = row * columns; i < columns; i++, at++)
      to[at] += factor * (squared ? read[i] * read[i] : read[i])
  }
}

/** The weights of a layer that are not zero, row after row. */
class SparseLayer {
  readonly inputs: number
  readonly outputs: number
  readonly size: number
  readonly #bias: Float32Array
  readonly #starts: number[] = [0]
  readonly #columns: Int32Array
  readonly #weights: Float64Array

  constructor(theta: Float32Array, bias: Float32Array) {
    this.size = theta.length
    this.outputs = bias.length
    this.inputs = theta.length / bias.length
    this.#bias = bias
    const columns: number[] = []
    const weights: number[] = []
    theta.forEach((w, at) => {
      if (w !== 0) {
        columns.push(at % this.inputs)
        weights.push(w)
      }
      if ((at + 1) % this.inputs === 0) this.#starts.push(weights.length)
    })
    this.#columns = Int32Array.from(columns)
    this.#weights = Float64Array.from(weights)
  }

  forward(x: Float64Array, to: Float64Array, relu: boolean): void {
    for (let row = 0; row < this.outputs; row++) {
      let sum = this.#bias[row]
      for (let at = this.#starts[row]; at < this.#starts[row + 1]; at++) sum += this.#weights[at] * x[this.#columns[at]]
      to[row] = relu && sum < 0 ? 0 : sum
    }
  }

  backward(by: Float64Array, to: Float64Array): void {
    to.fill(0)
    for (let row = 0; row < this.outputs; row++) {
      const factor = by[row]
      if (factor === 0) continue
      for (let at = this.#starts[row]; at < this.#starts[row + 1]; at++)
        to[this.#columns[at]] += factor * this.#weights[at]
    }
  }
}
