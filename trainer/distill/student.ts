/** From Gaussian weights to a plain sparse network: log alpha, the KL term, pruning, and the input normaliser folded away. */
import type { Network } from '../../runtime-as/format/network.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import { foldIntoLayer } from '../teachers/normalise.ts'

/** log alpha of each weight: clip(2 log sigma - 2 log |theta|, -10, 10); high means mostly noise. */
export function logAlpha({ theta, logSigma }: VariationalLayer): Float32Array {
  return theta.map((w, i) => Math.max(-10, Math.min(10, 2 * logSigma[i] - 2 * Math.log(Math.abs(w)))))
}

/** Sum over weights of KL(q || log-uniform prior) by the fit of Molchanov et al. 2017 (Eq. 14), constant k1 included. */
export function klDivergence(layers: readonly VariationalLayer[]): number {
  const [k1, k2, k3] = [0.63576, 1.8732, 1.48695]
  let sum = 0
  for (const layer of layers)
    for (const a of logAlpha(layer)) sum += k1 - k1 / (1 + Math.exp(-(k2 + k3 * a))) + 0.5 * Math.log1p(Math.exp(-a))
  return sum
}

/** 1 where log alpha is below the threshold, else 0; one matrix (outputs, inputs) a layer. */
export const masksAt = (layers: readonly VariationalLayer[], threshold: number): Float32Array[] =>
  layers.map((layer) => logAlpha(layer).map((a) => (a < threshold ? 1 : 0)))

export const survivors = (masks: readonly Float32Array[]): number =>
  masks.reduce((sum, mask) => sum + mask.reduce((n, x) => n + x, 0), 0)

export const pruned = (layers: readonly VariationalLayer[], masks: readonly Float32Array[]): VariationalLayer[] =>
  layers.map((layer, l) => ({ ...layer, theta: layer.theta.map((w, i) => (masks[l][i] ? w : 0)) }))

/** Per observation: x is replaced by (x - mean) / std before the first layer while training. */
export interface Normaliser {
  /** shape (observations) */
  mean: Float64Array
  /** shape (observations) */
  std: Float64Array
}

/** Mean and standard deviation of one column range of `rows`; a constant column gets std 1. */
export function normaliserOf(rows: Float32Array, width: number, size: number): Normaliser {
  const count = rows.length / width
  const mean = new Float64Array(size)
  const std = new Float64Array(size)
  for (let k = 0; k < size; k++) {
    for (let r = 0; r < count; r++) mean[k] += rows[r * width + k] / count
    let variance = 0
    for (let r = 0; r < count; r++) variance += (rows[r * width + k] - mean[k]) ** 2 / count
    std[k] = deviationOf(variance)
  }
  return { mean, std }
}

/** Of what never moves, and of what moves by less than f32 noise does: 1. */
export const deviationOf = (variance: number): number => (variance > 1e-12 ? Math.sqrt(variance) : 1)

/** The same function of raw observations. */
export function foldNormaliser({ layers: [first, ...rest] }: Network, { mean, std }: Normaliser): Network {
  return { layers: [foldIntoLayer(first, mean, std), ...rest] }
}

/** The other way round: a network of raw observations as layers on normalised ones, with the log sigma of plain weights. */
export function layersOn({ layers }: Network, { mean, std }: Normaliser): VariationalLayer[] {
  return layers.map(({ weights, bias, inputs }, l) => {
    const logSigma = new Float32Array(weights.length).fill(-5)
    if (l > 0) return { theta: weights, logSigma, bias }
    const shifted = Float64Array.from(bias)
    weights.forEach((w, at) => {
      shifted[Math.floor(at / inputs)] += w * mean[at % inputs]
    })
    return { theta: weights.map((w, at) => w * std[at % inputs]), logSigma, bias: Float32Array.from(shifted) }
  })
}
