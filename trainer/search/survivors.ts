/** What a search moves: the weights that are not zero, and the biases, as one list of numbers. The mask stays as it is. */
import type { Layer, Network } from '../../runtime-as/format/network.ts'
import type { Normaliser } from '../distill/student.ts'
import type { Movable } from './movable.ts'

/** One layer's part of the list: its survivors, row by row, then its biases. */
interface Part {
  layer: Layer
  /** where in the layer's weights each survivor is */
  places: number[]
  /** where in the list the survivors begin, and behind them the biases */
  from: number
}

export class Survivors implements Movable {
  /** survivors and biases */
  readonly size: number
  readonly observations: number
  readonly template: Network
  readonly normalises = false
  readonly #parts: Part[] = []

  constructor(network: Network) {
    const { layers } = network
    this.template = network
    this.observations = layers[0].inputs
    let from = 0
    for (const layer of layers) {
      const places = Array.from(layer.weights.keys()).filter((place) => layer.weights[place] !== 0)
      this.#parts.push({ layer, places, from })
      from += places.length + layer.outputs
    }
    this.size = from
  }

  /** Those of the network that this was made of, shape (size). */
  start(): Float64Array {
    const parameters = new Float64Array(this.size)
    for (const { layer, places, from } of this.#parts) {
      for (const [i, place] of places.entries()) parameters[from + i] = layer.weights[place]
      parameters.set(layer.bias, from + places.length)
    }
    return parameters
  }

  placed(parameters: Float64Array): Float64Array {
    return parameters
  }

  /** The network with these in place, rounded to f32. parameters: shape (size) */
  networkAt(parameters: Float64Array): Network {
    const layers = this.#parts.map(({ layer, places, from }) => {
      const weights = new Float32Array(layer.weights.length)
      for (const [i, place] of places.entries()) weights[place] = parameters[from + i]
      const behind = from + places.length
      return { ...layer, weights, bias: Float32Array.from(parameters.subarray(behind, behind + layer.outputs)) }
    })
    return { layers }
  }

  /**
   * How far each parameter moves for a direction of standard normal numbers: they count in the root mean square of the layer's survivors,
   * of the first layer as if its inputs were normalised. There W' = W std and b' = b + W mean, so a move of W' and b' is one of W by 1 / std,
   * and of b by itself less what the move of W does at the mean. direction and result: shape (size)
   */
  displacement(direction: Float64Array, normaliser: Normaliser): Float64Array {
    const moves = new Float64Array(this.size)
    for (const [l, { layer, places, from }] of this.#parts.entries()) {
      const { inputs, outputs, weights } = layer
      const [mean, std] = l === 0 ? [normaliser.mean, normaliser.std] : [undefined, undefined]
      const unit = rootMeanSquare(places.map((place) => weights[place] * (std?.[place % inputs] ?? 1)))
      const biases = from + places.length
      for (let row = 0; row < outputs; row++) moves[biases + row] = unit * direction[biases + row]
      for (const [i, place] of places.entries()) {
        const column = place % inputs
        const move = (unit * direction[from + i]) / (std?.[column] ?? 1)
        moves[from + i] = move
        if (mean) moves[biases + (place - column) / inputs] -= move * mean[column]
      }
    }
    return moves
  }
}

/** 1 of none: a layer of biases alone has no size of its own. */
const rootMeanSquare = (values: readonly number[]): number =>
  values.length === 0 ? 1 : Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length)
