/**
 * A policy on many observations at once, by the SIMD kernels of training: some ten times the speed of one at a time, to float32 rounding. What is
 * checked here is a log, not bits.
 */
import { loneLane } from '../kernels/dense-rows.ts'
import { Arena, firstRow, type Matrix } from '../kernels/layout.ts'
import type { BatchPolicy } from './bench.ts'

/** A function of each number of a row by itself; i: its place. */
export type Elementwise = (x: number, i: number) => number

/** y = after(W x + b) */
export interface Stage {
  inputs: number
  outputs: number
  /** shape (outputs, inputs) */
  weights: ArrayLike<number>
  bias: ArrayLike<number>
  /** one after another */
  after: readonly ('relu' | Elementwise)[]
}

export interface Staged {
  /** what is done to the observation first */
  first?: readonly ('relu' | Elementwise)[]
  stages: readonly Stage[]
  /** which numbers of the last stage are the actions; absent: all */
  picked?: ArrayLike<number>
  /** what becomes of each of them */
  output: Elementwise
}

const relu: Elementwise = (x) => (x < 0 ? 0 : x)

/** A smooth function of one number from a table, to some 2e-6; beyond it, itself. Here an exponential costs as much as a hundred weights. */
export function tabled(f: (x: number) => number): (x: number) => number {
  const [reach, perUnit] = [12, 512]
  const table = Float64Array.from({ length: 2 * reach * perUnit + 2 }, (_, i) => f(i / perUnit - reach))
  return (x) => {
    const at = (x + reach) * perUnit
    if (!(at >= 0 && at <= 2 * reach * perUnit)) return f(x)
    const i = at | 0
    return table[i] + (at - i) * (table[i + 1] - table[i])
  }
}

/** rows at a time */
const block = 96

/** Stages one after another. */
export function stagedPolicy({ first = [], stages, picked, output }: Staged): BatchPolicy {
  const arena = new Arena()
  const widest = Math.max(...stages.flatMap(({ inputs, outputs }) => [inputs, outputs]))
  const zeros = firstRow(arena.matrix(1, widest))
  const edge = arena.take(512)
  const input = arena.matrix(block, stages[0].inputs)
  const places = stages.map(({ inputs, outputs }) => ({
    weights: arena.matrix(inputs, outputs),
    bias: firstRow(arena.matrix(1, outputs)),
    out: arena.matrix(block, outputs),
  }))
  const lane = loneLane(arena, zeros, edge)
  const { f32 } = lane
  stages.forEach(({ inputs, outputs, weights, bias }, s) => {
    const to = places[s]
    for (let i = 0; i < inputs; i++)
      for (let j = 0; j < outputs; j++) f32[(to.weights.at + i * to.weights.stride) / 4 + j] = weights[j * inputs + i]
    f32.set(bias, to.bias.at / 4)
  })
  return (observations, rows, actions) => {
    const o = input.columns
    const last = places[places.length - 1].out
    const width = picked?.length ?? last.columns
    for (let from = 0; from < rows; from += block) {
      const count = Math.min(block, rows - from)
      for (let r = 0; r < count; r++)
        f32.set(observations.subarray((from + r) * o, (from + r + 1) * o), (input.at + r * input.stride) / 4)
      let a: Matrix = { ...input, rows: count }
      for (const one of first) through(f32, a, one === 'relu' ? relu : one)
      stages.forEach(({ after }, s) => {
        const { weights, bias, out } = places[s]
        const y = { ...out, rows: count }
        lane.product(y, a, weights, { bias, floor: after[0] === 'relu' ? 0 : -Infinity })
        after.forEach((one, i) => {
          if (one !== 'relu') through(f32, y, one)
          else if (i > 0) through(f32, y, relu)
        })
        a = y
      })
      for (let r = 0; r < count; r++)
        for (let k = 0; k < width; k++)
          actions[(from + r) * width + k] = output(f32[(last.at + r * last.stride) / 4 + (picked ? picked[k] : k)], k)
    }
  }
}

function through(f32: Float32Array, { at, rows, columns, stride }: Matrix, change: Elementwise): void {
  for (let r = 0; r < rows; r++) {
    const start = (at + r * stride) / 4
    for (let i = 0; i < columns; i++) f32[start + i] = change(f32[start + i], i)
  }
}
