/** What public teachers do that a .bpd has no words for, said in dense layers. */
import { InputError } from '../../runtime-as/errors.ts'
import type { Layer, Network } from '../../runtime-as/format/network.ts'
import { brief } from '../files/brief.ts'
import type { Tensors } from './safetensors.ts'

/** of the sums before tanh, which is 1 from 9.01 on: the pairs of ReLU lose no more than 6e-5 to rounding */
const largestLimit = 1000

/** the one formula that a file may state */
export const normalisation = 'clip((obs-obs_mean)/sqrt(obs_var+eps),-clip,clip)'

/** What comes before the first layer: clip((observation - mean) / std, -clip, clip). */
export interface InputNormaliser {
  mean: ArrayLike<number>
  std: Float64Array
  /** infinite: none */
  clip: number
}

/** low and high */
export type Limit = [number, number]

/** A clip at that or beyond is left out of plain layers: it is what libraries set unasked, so that it hardly ever binds. */
export const usualClip = 10

/** What metadata obs_norm, obs_norm_eps, obs_norm_clip and the tensors obs_mean, obs_var say (README.md). name: how errors call the file. */
export function inputNormaliser(
  name: string,
  inputs: number,
  { tensors, metadata }: Tensors,
): InputNormaliser | undefined {
  const { obs_norm: norm = 'none', obs_norm_eps: eps, obs_norm_clip: most } = metadata
  if (norm === 'none') return undefined
  const refuse = (what: string): never => {
    throw new InputError(`${name}: ${what}`)
  }
  if (norm !== normalisation) refuse(`metadata obs_norm: ${brief(norm)}, expected none or "${normalisation}"`)
  const epsilon = Number(eps)
  if (!(epsilon >= 0)) refuse(`metadata obs_norm_eps: ${brief(eps ?? null)}, expected a number >= 0`)
  const clip = Number(most ?? Infinity)
  if (!(clip > 0)) refuse(`metadata obs_norm_clip: ${brief(most)}, expected a number > 0`)
  const statistic = (key: 'obs_mean' | 'obs_var') => {
    const tensor = tensors.get(key)
    const values = tensor?.values
    if (!values || tensor.shape.length !== 1 || values.length !== inputs)
      return refuse(`tensor "${key}": expected shape (${inputs}), one an observation`)
    const bad = values.findIndex((x) => !Number.isFinite(x) || (key === 'obs_var' && !(x + epsilon > 0)))
    if (bad >= 0)
      refuse(`tensor "${key}": entry ${bad} is ${values[bad]}, expected finite${key === 'obs_var' ? ' and > 0' : ''}`)
    return values
  }
  const mean = statistic('obs_mean')
  const std = Float64Array.from(statistic('obs_var'), (variance) => Math.sqrt(variance + epsilon))
  return { mean, std, clip }
}

/** What metadata pre_squash says. */
export function sumLimit(name: string, { pre_squash: limit = 'none' }: Record<string, string>): Limit | undefined {
  if (limit === 'none') return undefined
  const [low, high] = (/^hardtanh\((-?[\d.]+),(-?[\d.]+)\)$/.exec(limit) ?? []).slice(1).map(Number)
  if (!(low < high && low >= -largestLimit && high <= largestLimit))
    throw new InputError(
      `${name}: metadata pre_squash: ${brief(limit)}, expected none or hardtanh(low,high) with numbers, low below high, ` +
        `from -${largestLimit} to ${largestLimit}`,
    )
  return [low, high]
}

/**
 * A public teacher's layers in plain ones, and what was rewritten said in words: those of its metadata, since studies know a teacher by its bytes. name:
 * how errors call the file.
 */
export function plainForm(
  name: string,
  layers: Layer[],
  { normaliser, limit, metadata }: { normaliser?: InputNormaliser; limit?: Limit; metadata: Record<string, string> },
): { network: Network; said: Record<string, string> } {
  const plain = [...layers]
  const said: Record<string, string> = {}
  if (normaliser) {
    const { mean, std } = normaliser
    plain[0] = foldIntoLayer(plain[0], mean, std)
    said.input = `normalisation folded into the first layer; its clip at ${metadata.obs_norm_clip ?? 'none'} left out`
  }
  if (limit) {
    plain.push(...limitSums(plain.pop()!, ...limit))
    said.output = `${metadata.pre_squash} written as a layer of pairs of ReLU`
  }
  for (const [l, { weights, bias }] of plain.entries())
    if (!weights.every(Number.isFinite) || !bias.every(Number.isFinite))
      throw new InputError(
        `${name}: layer ${l}: infinite in float32 once metadata obs_norm or pre_squash is part of it, expected finite numbers`,
      )
  return { network: { layers: plain }, said }
}

/**
 * The layer for raw observations, where it was trained on (observation - mean) / std: W' = W / std, b' = b - W mean / std, in float64 and rounded once. Zeros
 * stay zeros. A clip of the normalised observation has no place here: it is left out, which changes nothing while it does not bind.
 */
export function foldIntoLayer(layer: Layer, mean: ArrayLike<number>, std: ArrayLike<number>): Layer {
  const { inputs } = layer
  const weights = layer.weights.map((w, i) => w / std[i % inputs])
  const bias = layer.bias.map((b, row) => {
    let shifted = b
    for (let i = 0; i < inputs; i++) shifted -= (layer.weights[row * inputs + i] * mean[i]) / std[i]
    return shifted
  })
  return { ...layer, weights, bias }
}

/**
 * The last layer with its sums limited to [low, high] before its activation, as two layers: limit(y) = relu(y - low) - relu(y - high) + low.
 * Exact but for float32 rounding.
 */
export function limitSums(layer: Layer, low: number, high: number): [Layer, Layer] {
  const { inputs, outputs } = layer
  const weights = new Float32Array(2 * outputs * inputs)
  weights.set(layer.weights)
  weights.set(layer.weights, outputs * inputs)
  const bias = new Float32Array(2 * outputs)
  const join = new Float32Array(outputs * 2 * outputs)
  for (let i = 0; i < outputs; i++) {
    bias[i] = layer.bias[i] - low
    bias[outputs + i] = layer.bias[i] - high
    join[i * 2 * outputs + i] = 1
    join[i * 2 * outputs + outputs + i] = -1
  }
  return [
    { inputs, outputs: 2 * outputs, activation: 'relu', weights, bias },
    {
      inputs: 2 * outputs,
      outputs,
      activation: layer.activation,
      weights: join,
      bias: new Float32Array(outputs).fill(low),
    },
  ]
}
