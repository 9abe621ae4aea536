/**
 * Exact compaction: a hidden unit whose weights are all pruned is the constant act(bias), so it moves into the next layer's biases; a unit
 * that nothing reads goes. The function stays the same up to the rounding of the folded biases.
 */
import { type Layer, type Network, weightCount } from '../../runtime-as/format/network.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import { plainNetwork } from '../teachers/teach.ts'
import { activate } from './layer-sums.ts'

const row = ({ weights, inputs }: Layer, o: number) => weights.subarray(o * inputs, (o + 1) * inputs)
const isRead = ({ weights, inputs }: Layer, i: number) => {
  for (let at = i; at < weights.length; at += inputs) if (weights[at] !== 0) return true
  return false
}

/** Folds constants into the biases of `next`, then drops units of `layer` that are constant or unread; at least one unit stays. Gives those that stay too. */
function compactPair(layer: Layer, next: Layer): [layer: Layer, next: Layer, units: number[]] {
  const bias = Float64Array.from(next.bias)
  const keep: number[] = []
  for (let unit = 0; unit < layer.outputs; unit++) {
    if (row(layer, unit).some((w) => w !== 0)) {
      if (isRead(next, unit)) keep.push(unit)
      continue
    }
    const constant = activate(layer.bias[unit], layer.activation)
    for (let o = 0; o < next.outputs; o++) bias[o] += next.weights[o * next.inputs + unit] * constant
  }
  // a layer cannot be empty: a last unit stays without any weight to or from it
  const units = keep.length ? keep : [0]
  const used = new Set(keep)
  return [
    {
      ...layer,
      outputs: units.length,
      weights: Float32Array.from(
        units.flatMap((u) => (used.has(u) ? [...row(layer, u)] : new Array<number>(layer.inputs).fill(0))),
      ),
      bias: Float32Array.from(units, (u) => layer.bias[u]),
    },
    {
      ...next,
      inputs: units.length,
      weights: Float32Array.from({ length: next.outputs * units.length }, (_, i) => {
        const unit = units[i % units.length]
        return used.has(unit) ? next.weights[Math.floor(i / units.length) * next.inputs + unit] : 0
      }),
      bias: Float32Array.from(bias),
    },
    units,
  ]
}

/** Repeats until nothing more goes: a removed unit can leave others unread or constant. */
export const compact = (network: Network): Network => compactUnits(network).network

/** The same, and which units of each layer stay, by their numbers before. */
export function compactUnits(network: Network): { network: Network; units: number[][] } {
  const layers = [...network.layers]
  const units = layers.map(({ outputs }) => Array.from({ length: outputs }, (_, i) => i))
  const size = () => layers.reduce((sum, layer) => sum + layer.outputs, weightCount({ layers }))
  for (let before = -1; before !== size(); ) {
    before = size()
    for (let l = 0; l + 1 < layers.length; l++) {
      const [layer, next, stay] = compactPair(layers[l], layers[l + 1])
      layers[l] = layer
      layers[l + 1] = next
      units[l] = stay.map((unit) => units[l][unit])
    }
  }
  return { network: { layers }, units }
}

/**
 * How many weights of a network with these masks compaction leaves: those between units that the inputs reach and that reach an output. masks: 1 or 0, one
 * matrix (outputs, inputs) a layer; outputs: of each layer.
 */
export function weightsLeft(masks: readonly ArrayLike<number>[], outputs: readonly number[]): number {
  const reached: Uint8Array[] = [new Uint8Array(masks[0].length / outputs[0]).fill(1)]
  masks.forEach((mask, l) => {
    const [from, to] = [reached[l], new Uint8Array(outputs[l])]
    for (let at = 0; at < mask.length; at++)
      if (mask[at] && from[at % from.length]) to[Math.floor(at / from.length)] = 1
    reached.push(to)
  })
  let count = 0
  let leads: Uint8Array = new Uint8Array(outputs[outputs.length - 1]).fill(1)
  for (let l = masks.length - 1; l >= 0; l--) {
    const [mask, from] = [masks[l], reached[l]]
    const below = new Uint8Array(from.length)
    for (let at = 0; at < mask.length; at++) {
      const input = at % from.length
      if (!mask[at] || !from[input] || !leads[Math.floor(at / from.length)]) continue
      below[input] = 1
      count++
    }
    leads = below
  }
  return count
}

/**
 * How many weights may stay, of `all` in an order of worth, for at most `count` to be left by compaction. leftOf: how many it leaves of the first so many; more
 * weights never disconnect a unit, so that rises with them.
 */
export function mostKeeping(all: number, count: number, leftOf: (rank: number) => number): number {
  let [fits, over] = [Math.min(count, all), all + 1]
  while (over - fits > 1) {
    const middle = (fits + over) >> 1
    if (leftOf(middle) <= count) fits = middle
    else over = middle
  }
  return fits
}

/** Layers as they train, without the units that pruning emptied: a tenth of the arithmetic. */
export function compactLayers(layers: readonly VariationalLayer[]): VariationalLayer[] {
  const { network, units } = compactUnits(plainNetwork(layers))
  return network.layers.map(({ weights, bias, inputs }, l) => {
    const before = layers[l].theta.length / layers[l].bias.length
    const columns = l ? units[l - 1] : Array.from({ length: inputs }, (_, i) => i)
    const logSigma = units[l].flatMap((row) => columns.map((column) => layers[l].logSigma[row * before + column]))
    return { theta: weights, logSigma: Float32Array.from(logSigma), bias }
  })
}
