/**
 * A network with its weights quantised: stored in fewer bytes. Scales and roundings are chosen row by row on observations from real operation: those whose sums
 * come nearest to the f32 network's, given what the layers before have already lost.
 */

import { InputError } from '../../runtime-as/errors.ts'
import { upperHalf } from '../../runtime-as/format/check-network.ts'
import { f16round } from '../../runtime-as/format/half.ts'
import type { Layer, Network, NetworkValues, ValueType } from '../../runtime-as/format/network.ts'
import { activate, sumsOf } from './layer-sums.ts'
import { bestRow, inputsOf } from './quantise-row.ts'

/** largest weight of a row at 127, then smaller scales, which clip it and leave the others finer, and larger ones */
const SHARES = Array.from({ length: 25 }, (_, i) => 1.1 - 0.02 * i)
/** fixed point has room for activations of twice the largest size seen; beyond, they saturate */
const ROOM = 2
const LARGEST = 32767

/** One layer's inputs and wanted sums for each observation. */
interface Seen {
  /** what the quantised layer gets, shape (observations)(inputs), in real units */
  inputs: Float64Array[]
  /** what the f32 layer sums to, shape (observations)(outputs) */
  sums: Float64Array[]
}

/** How each layer is stored. Observations have units of their own, which one scale for all weights of a row does not fit: `mixed` reads them by f16. */
const typeOf = (values: NetworkValues, layer: number): ValueType =>
  values !== 'mixed' ? values : layer === 0 ? 'f16' : 'int8'

/** observations: real ones, a few hundred; f32 and f16 need none. Throws InputError where the type cannot hold the network. */
export function quantise(network: Network, values: NetworkValues, observations: Float32Array[]): Network {
  if (values === 'f32') return network
  if (values === 'f16') return { layers: network.layers.map(toHalves) }
  if (observations.length === 0) throw new InputError(`values ${values}: expected observations to choose scales on`)
  let exact = observations.map((x) => Float64Array.from(x))
  let inputs = exact
  let units = values === 'int8-fixed' ? inputUnits(observations) : new Float64Array()
  const layers = network.layers.map((layer, i): Layer => {
    const seen = { inputs, sums: exact.map((x) => sumsOf(layer, x)) }
    const multipliers = i === 0 && values === 'int8-fixed' ? Float32Array.from(units, (unit) => 1 / unit) : undefined
    const last = i === network.layers.length - 1
    const { stored, real, ...rest } = quantisers[typeOf(values, i)](layer, seen, { i, units, last })
    units = rest.units
    const activated = (sums: Float64Array) => sums.map((a) => activate(a, layer.activation))
    exact = seen.sums.map(activated)
    inputs = inputs.map((x) => activated(sumsOf(real, x)))
    return multipliers ? { ...stored, multipliers } : stored
  })
  return { layers }
}

function toHalves(layer: Layer, l: number): Layer {
  const halves = (field: 'weights' | 'bias') =>
    layer[field].map((x, i) => {
      const half = f16round(x)
      if (Number.isFinite(half)) return half
      throw new InputError(`layers[${l}].${field}[${i}]: ${x}, expected at most 65504 in size for f16`)
    })
  return { ...layer, values: 'f16', weights: halves('weights'), bias: halves('bias') }
}

/** A layer as the file holds it, the same in real units, and what one step of each of its outputs is worth in fixed point. */
interface Quantised {
  stored: Layer
  real: Layer
  units: Float64Array
}

const column = (rows: Float64Array[], i: number): number[] => rows.map((row) => row[i])
const largest = (numbers: ArrayLike<number>): number =>
  Array.from(numbers).reduce((most, x) => Math.max(most, Math.abs(x)), 0)
const rowOf = ({ inputs, weights }: Layer, row: number) => weights.subarray(row * inputs, (row + 1) * inputs)

interface Place {
  /** which layer it is */
  i: number
  /** fixed point: what one step of each input is worth */
  units: Float64Array
  last: boolean
}

const asItIs = (stored: Layer): Quantised => ({ stored, real: stored, units: new Float64Array() })

const quantisers: Record<ValueType, (layer: Layer, seen: Seen, place: Place) => Quantised> = {
  f32: asItIs,
  f16: (layer, _, { i }) => asItIs(toHalves(layer, i)),
  int8: toInt8,
  'int8-fixed': (layer, seen, { units, last }) => toFixed(layer, units, seen, last),
}

function toInt8(layer: Layer, { inputs, sums }: Seen, { i }: Pick<Place, 'i'>): Quantised {
  const { outputs } = layer
  const [weights, bias] = [new Float32Array(layer.weights.length), new Float32Array(outputs)]
  const [scale, real] = [new Float32Array(outputs), new Float32Array(weights.length)]
  const read = inputsOf(inputs)
  for (let row = 0; row < outputs; row++) {
    const kept = Float64Array.from(rowOf(layer, row))
    const scales = SHARES.map((part) => upperHalf((part * largest(kept)) / 127)).filter((x) => x > 0)
    const best = bestRow(kept, read, column(sums, row), scales.length ? scales : [1])
    scale[row] = best.scale
    weights.set(best.numbers, row * layer.inputs)
    real.set(
      Float32Array.from(best.numbers, (q) => q * best.scale),
      row * layer.inputs,
    )
    bias[row] = f16round(best.offset)
    if (!Number.isFinite(bias[row])) {
      throw new InputError(
        `layers[${i}].bias[${row}]: ${best.offset} on the data, expected at most 65504 in size for int8`,
      )
    }
  }
  const stored: Layer = { ...layer, values: 'int8', weights, bias, scale }
  return { stored, real: { ...layer, weights: real, bias }, units: new Float64Array() }
}

/** What one step of each observation is worth. */
function inputUnits(observations: Float32Array[]): Float64Array {
  return Float64Array.from(observations[0], (_, i) => {
    const size = largest(observations.map((x) => x[i]))
    // as the file holds it: one over an f32
    return 1 / Math.fround(LARGEST / (ROOM * (size || 1)))
  })
}

function toFixed(layer: Layer, units: Float64Array, { inputs, sums }: Seen, last: boolean): Quantised {
  const { outputs } = layer
  if (!last && layer.activation === 'tanh') {
    throw new InputError("a hidden tanh layer: expected 'relu' or 'none' for int8-fixed")
  }
  const [weights, heads, scale] = [
    new Float32Array(layer.weights.length),
    new Int32Array(outputs),
    new Float32Array(outputs),
  ]
  const real = { ...layer, weights: new Float32Array(weights.length), bias: new Float32Array(outputs) }
  const nextUnits = new Float64Array(outputs)
  const steps = inputsOf(inputs.map((x) => x.map((value, c) => value / units[c])))
  for (let row = 0; row < outputs; row++) {
    const wanted = column(sums, row)
    const kept = Float64Array.from(rowOf(layer, row), (w, c) => w * units[c])
    // head and products stay below 2^30, whatever the inputs
    const total = kept.reduce((sum, w) => sum + Math.abs(w), 0)
    const least = Math.max(2 ** -100, (1.1 * largest(wanted)) / 2 ** 29, (LARGEST * total) / 2 ** 29)
    const scales = SHARES.map((part) => Math.fround(Math.max(least, (part * largest(kept)) / 127)))
    const best = bestRow(kept, steps, wanted, [...new Set(scales)])
    const steepness = (ROOM * largest(wanted)) / (best.scale * LARGEST)
    const shift = last || steepness <= 1 ? 0 : Math.ceil(Math.log2(steepness))
    // half of what the shift drops rounds it to nearest; the lowest 5 bits say the shift
    const head = best.offset / best.scale + (shift > 0 ? 2 ** (shift - 1) : 0)
    heads[row] = last ? Math.round(head) : 32 * Math.round((head - shift) / 32) + shift
    weights.set(best.numbers, row * layer.inputs)
    scale[row] = best.scale
    nextUnits[row] = best.scale * 2 ** shift
    real.bias[row] = best.offset
    for (const [c, q] of best.numbers.entries()) real.weights[row * layer.inputs + c] = (q * best.scale) / units[c]
  }
  const stored: Layer = { ...layer, values: 'int8-fixed', weights, heads, bias: new Float32Array(outputs) }
  return { stored: last ? { ...stored, scale } : stored, real, units: nextUnits }
}
