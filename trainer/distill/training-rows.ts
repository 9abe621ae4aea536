/** The transitions in the trainer's memory: observations normalised, the action to clone in its place, and rows that may be added. */
import type { PolicyContract } from '../contract.ts'
import { columnsOf } from '../data/columns.ts'
import { pieces, type Transitions } from '../data/transitions.ts'
import type { Trainer } from '../kernels/trainer.ts'
import type { Random } from '../random.ts'
import type { States } from './prune/curvature.ts'
import { type Normaliser, normaliserOf } from './student.ts'

/** How actions are written for the training. */
export interface ActionScale {
  /** action i as training sees it */
  seen(x: number, i: number): number
  /** the bounds as training sees them */
  low: number[]
  high: number[]
}

/**
 * scaled: the range of every action is -1..1, so that one counts as much as another whatever its unit. weights: of each action's squared error in the
 * loss, shape (actions); the training sees an action of weight w times sqrt(w).
 */
export function actionScale(
  { actionLow, actionHigh }: PolicyContract,
  { scaled, weights }: { scaled: boolean; weights?: readonly number[] },
): ActionScale {
  const root = actionLow.map((_, i) => Math.sqrt(weights?.[i] ?? 1))
  if (!scaled)
    return {
      seen: (x, i) => root[i] * x,
      low: actionLow.map((low, i) => root[i] * low),
      high: actionHigh.map((high, i) => root[i] * high),
    }
  return {
    // no student can do more than its bounds
    seen: (x, i) =>
      root[i] * Math.max(-1, Math.min(1, (2 * x - actionLow[i] - actionHigh[i]) / (actionHigh[i] - actionLow[i]))),
    low: root.map((r) => -r),
    high: root,
  }
}

export class TrainingRows {
  /** of the rows that it was made with; those that come later are normalised by the same */
  readonly normaliser: Normaliser
  count: number
  readonly #scale: ActionScale
  readonly #data: Float32Array
  readonly #length: number
  /** rows before the first block */
  #base: number
  readonly #o: number
  readonly #a: number
  readonly #wanted: number

  /** Into the memory of a trainer, which others of the same transitions may use later. cloned: which of the actions is to be cloned. */
  constructor(trainer: Trainer, training: Transitions, scale: ActionScale, cloned: 'action' | 'teacherAction') {
    const { observationSize: o, actionSize: a } = trainer.config
    this.#scale = scale
    this.#data = trainer.data
    this.#length = trainer.rowLength
    this.#o = o
    this.#a = a
    const apart = trainer.config.targetApart === true
    this.#wanted = trainer.wantedAt
    this.count = training.count
    this.#base = training.count
    const columns = columnsOf(o, a)
    const next = o + a + 1
    this.#each(training, (rows, from, to) => {
      for (let i = 0; i < o; i++) this.#data[to + i] = rows[from + i]
      this.#writeAction(rows, from + columns[apart ? 'action' : cloned], to + o)
      if (apart) this.#writeAction(rows, from + columns[cloned], to + this.#wanted)
      this.#data[to + o + a] = rows[from + columns.reward]
      for (let i = 0; i < o; i++) this.#data[to + next + i] = rows[from + columns.next + i]
      this.#data[to + next + o] = rows[from + columns.terminal]
    })
    this.normaliser = normaliserOf(this.#data.subarray(0, this.count * this.#length), this.#length, o)
    const { mean, std } = this.normaliser
    for (let to = 0; to < this.count * this.#length; to += this.#length)
      for (let i = 0; i < o; i++) {
        this.#data[to + i] = (this.#data[to + i] - mean[i]) / std[i]
        this.#data[to + next + i] = (this.#data[to + next + i] - mean[i]) / std[i]
      }
  }

  /** From now on the action to clone is the teacher's own, without noise. */
  cloneTeacher(training: Transitions): void {
    const { teacherAction } = columnsOf(this.#o, this.#a)
    this.#each(training, (rows, from, to) => this.#writeAction(rows, from + teacherAction, to + this.#wanted))
  }

  /** At most so many of the rows stay, evenly spread over them. */
  thin(most: number): void {
    if (this.count <= most) return
    for (let row = 0; row < most; row++) {
      const from = Math.floor((row * this.count) / most) * this.#length
      this.#data.copyWithin(row * this.#length, from, from + this.#length)
    }
    this.count = most
    this.#base = most
  }

  /**
   * A block of rows of observation | action to clone, for cloning alone: nothing is known of what came after them. Blocks are of one size and lie one
   * behind another; one that is there is replaced.
   */
  setBlock(block: number, rows: Float32Array): void {
    const width = this.#o + this.#a
    const { mean, std } = this.normaliser
    const first = this.#base + block * (rows.length / width)
    const end = first + rows.length / width
    if (end * this.#length > this.#data.length)
      throw new Error(`row ${end}, where there is memory for ${this.#data.length / this.#length}`)
    for (let from = 0, to = first * this.#length; from < rows.length; from += width, to += this.#length) {
      this.#data.fill(0, to, to + this.#length)
      for (let i = 0; i < this.#o; i++) this.#data[to + i] = (rows[from + i] - mean[i]) / std[i]
      this.#writeAction(rows, from + this.#o, to + this.#wanted)
    }
    this.count = Math.max(this.count, end)
  }

  /** Some of the rows, drawn. */
  states(most: number, random: Random): States {
    const [o, a] = [this.#o, this.#a]
    const count = Math.min(most, this.count)
    const observations = new Float32Array(count * o)
    const wanted = new Float32Array(count * a)
    for (let state = 0; state < count; state++) {
      const from = random.below(this.count) * this.#length
      observations.set(this.#data.subarray(from, from + o), state * o)
      wanted.set(this.#data.subarray(from + this.#wanted, from + this.#wanted + a), state * a)
    }
    const { low, high } = this.#scale
    const half = high.map((top, i) => (top - low[i]) / 2)
    return { observations, wanted, half, middle: high.map((top, i) => (top + low[i]) / 2) }
  }

  #each(training: Transitions, write: (rows: Float32Array, from: number, to: number) => void): void {
    const { width } = columnsOf(this.#o, this.#a)
    for (const [first, rows] of pieces(training))
      for (let from = 0, to = first * this.#length; from < rows.length; from += width, to += this.#length)
        write(rows, from, to)
  }

  #writeAction(rows: Float32Array, from: number, to: number): void {
    for (let i = 0; i < this.#a; i++) this.#data[to + i] = this.#scale.seen(rows[from + i], i)
  }
}
