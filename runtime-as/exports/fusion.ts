/**
 * Observations that tell a build which fuses a multiplication with the addition after it from one that rounds both. A policy's golden vectors
 * may pass where a compiler fused a few sums; these are searched for at export, until each single fused operation that changes any action
 * among the candidates changes the action of one of them.
 */
import type { Golden } from '../format/unpack.ts'
import {
  type Program,
  type ProgramLayer,
  type Row,
  squashScale,
  TANH_DENOMINATOR,
  TANH_LIMIT,
  TANH_NUMERATOR,
} from './program.ts'

const MAX_VECTORS = 128
/** candidates at a time, of which the best are kept before the next are drawn */
const BATCH = 64
/** batches in a row that may find nothing */
const PATIENCE = 12
/** multiply-adds: a second or two, which only a dense policy of many thousand weights spends */
const MAX_WORK = 1e8

/** in place of the number of a multiply-add: all products of a unit go into its sum fused, as a compiler does that takes whole rows */
const EVERY = -2

const f32 = Math.fround
const TANH_COEFFICIENTS = [TANH_NUMERATOR, TANH_DENOMINATOR].map((list) => list.map(f32).reverse())
const TANH_SITES = TANH_COEFFICIENTS.reduce((sum, { length }) => sum + length - 1, 0)

/** f32(w * x + a) with one rounding, as a fused multiply-add has it; all three are f32 numbers. */
export function fusedMultiplyAdd(w: number, x: number, a: number): number {
  // exact: 24 and 24 bits
  const product = w * x
  const sum = product + a
  const rounded = f32(sum)
  const other = 2 * sum - rounded
  if (sum === rounded || other !== f32(other)) return rounded
  // in the middle between two f32 numbers: what the sum lost in f64 decides
  const part = sum - product
  const lost = product - (sum - part) + (a - part)
  if (lost === 0) return rounded
  return lost > 0 === other > rounded ? other : rounded
}

const multiplyAdd = (w: number, x: number, a: number, fused: boolean): number =>
  fused ? fusedMultiplyAdd(w, x, a) : f32(f32(w * x) + a)

/** Multiply-adds of a row: one a term, one of its scale, those of its tanh. */
const sitesOf = ({ terms, scale }: Row, { activation }: ProgramLayer): number =>
  terms.length + (scale === undefined ? 0 : 1) + (activation === 'tanh' ? TANH_SITES : 0)

/** One unit. fused: the number of the multiply-add that rounds once, or EVERY; -1: none does */
function unit(row: Row, { activation }: ProgramLayer, x: ArrayLike<number>, fused: number): number {
  const { terms, scale, bias } = row
  let a = scale === undefined ? bias : 0
  for (let t = 0; t < terms.length; t++) {
    a = multiplyAdd(terms[t].weight, x[terms[t].column], a, t === fused || fused === EVERY)
  }
  let site = terms.length
  if (scale !== undefined) a = multiplyAdd(scale, a, bias, site++ === fused)
  if (activation === 'relu') return a <= 0 ? 0 : a
  return activation === 'tanh' ? tanh(a, fused - site) : a
}

function tanh(x: number, fused: number): number {
  if (x > TANH_LIMIT) return 1
  if (x < -TANH_LIMIT) return -1
  const u = f32(x * x)
  let site = 0
  const [p, q] = TANH_COEFFICIENTS.map(([first, ...rest]) =>
    rest.reduce((sum, c) => multiplyAdd(sum, u, c, site++ === fused), first),
  )
  return Math.min(1, Math.max(-1, f32(f32(x * p) / q)))
}

function limited(z: number, i: number, { low, high, failsafe, squash }: Program, fused: boolean): number {
  const { middle, half } = squashScale(low[i], high[i])
  const a = squash === 'tanh' ? multiplyAdd(half, z, middle, fused) : z
  if (a < low[i]) return low[i]
  if (a > high[i]) return high[i]
  return Number.isNaN(a) ? failsafe[i] : a
}

/** Runs one program with a single multiply-add fused at a time. */
class Fusing {
  readonly #program: Program
  /** of each layer, for each of its inputs, the rows that read it */
  readonly #readers: number[][][]
  /** multiply-adds computed until now */
  work = 0

  constructor(program: Program) {
    this.#program = program
    this.#readers = program.layers.map(({ inputs, rows }) => {
      const readers: number[][] = Array.from({ length: inputs }, () => [])
      for (const [row, { terms }] of rows.entries()) for (const { column } of terms) readers[column].push(row)
      return readers
    })
  }

  /** The outputs of each layer, none of them fused. observation: finite, within its bounds */
  layers(observation: Float32Array): Float32Array[] {
    let x = observation
    return this.#program.layers.map((layer) => {
      x = Float32Array.from(layer.rows, (row) => unit(row, layer, x, -1))
      return x
    })
  }

  action(outputs: Float32Array[]): Float32Array {
    return outputs[outputs.length - 1].map((z, i) => limited(z, i, this.#program, false))
  }

  /** Those of `sites` (an entry a unit, of every layer in turn; last, the scale of each action) whose fusing changes an action. */
  caught(observation: Float32Array, sites: Set<number>[]): number[][] {
    const outputs = this.layers(observation)
    const { layers } = this.#program
    const found: number[][] = []
    for (const [l, layer] of layers.entries()) {
      const x = l === 0 ? observation : outputs[l - 1]
      for (const [r, row] of layer.rows.entries()) {
        const known = new Map<number, boolean>([[outputs[l][r], false]])
        const unitSites: number[] = []
        for (const site of sites[found.length]) {
          this.work += row.terms.length
          const value = unit(row, layer, x, site)
          const changes = known.get(value) ?? this.#changes(outputs, l, r, value)
          known.set(value, changes)
          if (changes) unitSites.push(site)
        }
        found.push(unitSites)
      }
    }
    for (const [i, z] of outputs[layers.length - 1].entries()) {
      const both = [false, true].map((fused) => limited(z, i, this.#program, fused))
      found.push(sites[found.length].has(0) && both[0] !== both[1] ? [0] : [])
    }
    return found
  }

  /** Whether an action is another one where unit r of layer l has this value. */
  #changes(outputs: Float32Array[], l: number, r: number, value: number): boolean {
    const { layers } = this.#program
    let changed = new Map([[r, value]])
    for (let k = l + 1; k < layers.length && changed.size > 0; k++) {
      const x = Float32Array.from(outputs[k - 1])
      const affected = new Set<number>()
      for (const [column, becomes] of changed) {
        x[column] = becomes
        for (const row of this.#readers[k][column]) affected.add(row)
      }
      changed = new Map()
      for (const row of affected) {
        this.work += layers[k].rows[row].terms.length
        const y = unit(layers[k].rows[row], layers[k], x, -1)
        if (y !== outputs[k][row]) changed.set(row, y)
      }
    }
    const last = outputs[layers.length - 1]
    return [...changed].some(
      ([i, z]) => limited(z, i, this.#program, false) !== limited(last[i], i, this.#program, false),
    )
  }
}

/** The vectors, at most 128; the same ones for the same program. Units as a whole come first: few vectors catch them all. */
export function fusionVectors(program: Program): Golden[] {
  const fusing = new Fusing(program)
  const units = program.layers.flatMap(({ rows }) => rows.map(() => new Set([EVERY])))
  const operations = program.layers.flatMap((layer) => layer.rows.map((row) => numbers(sitesOf(row, layer))))
  const scales = program.actions.map(() => numbers(program.squash === 'tanh' ? 1 : 0))
  const vectors: Golden[] = []
  const next = candidates(program)
  for (const left of [
    [...units, ...scales],
    [...operations, ...scales],
  ]) {
    search(fusing, left, next, vectors)
  }
  return vectors
}

/** Appends the candidates that catch something of what is left, and takes it away there. */
function search(fusing: Fusing, left: Set<number>[], next: () => Float32Array, vectors: Golden[]): void {
  for (let idle = 0; idle < PATIENCE && left.some(({ size }) => size > 0); ) {
    const found: { observation: Float32Array; sites: number[][] }[] = []
    for (const observation of Array.from({ length: BATCH }, next)) {
      if (fusing.work < MAX_WORK) found.push({ observation, sites: fusing.caught(observation, left) })
    }
    const before = vectors.length
    for (let best = mostOf(found, left); best && vectors.length < MAX_VECTORS; best = mostOf(found, left)) {
      for (const [u, sites] of best.sites.entries()) for (const site of sites) left[u].delete(site)
      vectors.push({ observation: best.observation, action: fusing.action(fusing.layers(best.observation)) })
    }
    idle = vectors.length > before ? 0 : idle + 1
    if (fusing.work >= MAX_WORK || vectors.length === MAX_VECTORS) break
  }
}

const numbers = (count: number): Set<number> => new Set(Array.from({ length: count }, (_, i) => i))

/** The candidate that catches most of what is left, if any catches some. */
function mostOf<T extends { sites: number[][] }>(found: T[], left: Set<number>[]): T | undefined {
  const counts = found.map(({ sites }) =>
    sites.reduce((sum, list, u) => sum + list.filter((site) => left[u].has(site)).length, 0),
  )
  const most = Math.max(0, ...counts)
  return most > 0 ? found[counts.indexOf(most)] : undefined
}

/** Golden observations, shrunk by more and more and shaken by more and more, within their bounds: small sums round as often and saturate less. */
function candidates({ goldens, observations, bounds }: Program): () => Float32Array {
  let state = 1
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  }
  let number = 0
  return () => {
    const golden = goldens.length > 0 ? goldens[number % goldens.length].observation : undefined
    const size = number % 3 === 0 ? 0 : 2 ** -(number % 5)
    const shake = 0.05 * 2 ** (number++ % 7)
    return Float32Array.from(observations, (_, i) => {
      const base = golden && Number.isFinite(golden[i]) ? golden[i] * size : 0
      const value = f32(base + shake * uniform())
      return bounds ? Math.min(bounds.high[i], Math.max(bounds.low[i], value)) : value
    })
  }
}
