/** A policy and two parts of a log: how well the policy, corrected or not, explains the logged actions. */
import { randomStream } from '../random.ts'
import type { After, Before, Correction } from './correction.ts'
import type { Log, Rows } from './log.ts'
import { splitLog } from './log.ts'

/** Writes the actions, shape (rows, actions), for observations of shape (rows, observations). */
export type BatchPolicy = (observations: Float32Array, rows: number, actions: Float32Array) => void

/** Bounds of the actions that the policy's contract has. */
export interface ActionBounds {
  low: readonly number[]
  high: readonly number[]
}

/** Where the policy's own normaliser is known: what it takes off each observation, and what it divides by. */
export interface Normaliser {
  mean: ArrayLike<number>
  std: ArrayLike<number>
}

export interface BenchOptions {
  bounds: ActionBounds
  normaliser?: Normaliser
  /** rows of each part */
  rows: number
  seed: number
}

export class Bench {
  readonly o: number
  readonly a: number
  readonly observationNames: readonly string[]
  readonly actionNames: readonly string[]
  readonly bounds: ActionBounds
  readonly normaliser?: Normaliser
  readonly fit: Rows
  readonly judge: Rows
  /** the policy's actions as the log is */
  readonly asIs: { fit: Float32Array; judge: Float32Array }
  /** of each action in the log: errors are counted in these */
  readonly spread: Float64Array
  /** of each observation in the rows to fit on */
  readonly mean: Float64Array
  readonly std: Float64Array
  /** the rows to fit on in a random order: the first n are from all over the log */
  readonly points: { x: Float32Array; u: Float32Array; count: number }
  readonly #policy: BatchPolicy
  #scratch = new Float32Array(0)
  /** observations that the policy has been given */
  evaluations = 0

  constructor(policy: BatchPolicy, log: Log, { bounds, normaliser, rows, seed }: BenchOptions) {
    this.#policy = policy
    this.observationNames = log.observationNames
    this.actionNames = log.actionNames
    this.o = log.observationNames.length
    this.a = log.actionNames.length
    this.bounds = bounds
    this.normaliser = normaliser
    const { fit, judge } = splitLog(log, rows, seed)
    this.fit = fit
    this.judge = judge
    this.asIs = { fit: this.act(fit), judge: this.act(judge) }
    const { std: spread } = columns(fit.u, this.a)
    this.spread = spread.map((s, i) => Math.max(s, 0.01 * rangeOf(bounds, i), 1e-9))
    const { mean, std } = columns(fit.x, this.o)
    this.mean = mean
    this.std = std
    this.points = shuffledRows(fit, this.o, this.a, seed)
  }

  /** Actions for `rows`; before: for what it makes of them. */
  act({ x, count }: Pick<Rows, 'x' | 'count'>, before?: Before): Float32Array {
    const actions = new Float32Array(count * this.a)
    let given = x.subarray(0, count * this.o)
    if (before) {
      if (this.#scratch.length < given.length) this.#scratch = new Float32Array(given.length)
      const changed = this.#scratch.subarray(0, given.length)
      changed.set(given)
      for (let row = 0; row < count; row++) before(changed, row * this.o)
      given = changed
    }
    this.#policy(given, count, actions)
    this.evaluations += count
    return actions
  }

  /** Mean absolute error over the first n points, in spreads. */
  pointLoss(before: Before | undefined, n: number): number {
    const { x, u, count } = this.points
    const rows = Math.min(n, count)
    return this.error(this.act({ x, count: rows }, before), u)
  }

  predict({ before, after }: { before?: Before; after?: After }, rows: Rows): Float32Array {
    const known = rows === this.fit ? this.asIs.fit : rows === this.judge ? this.asIs.judge : undefined
    const actions = before || !known ? this.act(rows, before) : known
    return after ? after(actions, rows) : actions
  }

  /** Mean absolute error in spreads, of what is predicted at all. beside: counted only where that one predicts, too. */
  error(predicted: Float32Array, u: Float32Array, beside?: Float32Array): number {
    let sum = 0
    let counted = 0
    for (let i = 0; i < predicted.length; i++) {
      const e = Math.abs(predicted[i] - u[i]) / this.spread[i % this.a]
      if (Number.isNaN(e) || (beside && Number.isNaN(beside[i]))) continue
      // one action that is far off says no more than that it is wrong
      sum += Math.min(e, 4)
      counted++
    }
    return counted === 0 ? Number.POSITIVE_INFINITY : sum / counted
  }

  /** The error of a correction, and that of the log as it is on the same rows. */
  compare(correction: Correction, part: 'fit' | 'judge'): { error: number; asIs: number; counted: number } {
    const rows = this[part]
    const predicted = this.predict(correction, rows)
    const asIs = this.error(this.asIs[part], rows.u, correction.partial ? undefined : predicted)
    const counted = predicted.reduce((sum, y) => sum + (!Number.isNaN(y) ? 1 : 0), 0) / predicted.length
    return { error: this.error(predicted, rows.u), asIs, counted }
  }
}

/** Of an action; 0 where it has none. */
const rangeOf = ({ low, high }: ActionBounds, i: number): number =>
  Number.isFinite(high[i] - low[i]) ? high[i] - low[i] : 0

/** Mean and standard deviation of each column. */
export function columns(values: Float32Array, width: number): { mean: Float64Array; std: Float64Array } {
  const rows = values.length / width
  const [mean, std] = [new Float64Array(width), new Float64Array(width)]
  for (let i = 0; i < values.length; i++) mean[i % width] += values[i] / rows
  for (let i = 0; i < values.length; i++) std[i % width] += (values[i] - mean[i % width]) ** 2 / rows
  return { mean, std: std.map(Math.sqrt) }
}

function shuffledRows({ x, u, count }: Rows, o: number, a: number, seed: number) {
  const random = randomStream(seed, 'check', 'points')
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  const points = { x: new Float32Array(x.length), u: new Float32Array(u.length), count }
  order.forEach((row, i) => {
    points.x.set(x.subarray(row * o, (row + 1) * o), i * o)
    points.u.set(u.subarray(row * a, (row + 1) * a), i * a)
  })
  return points
}
