/** A teacher's actions on many observations: what labels a data set. Ten times as fast as one after another, and equal up to f32 rounding. */
import { type DenseRows, denseRows } from '../kernels/dense-rows.ts'
import { type Graph, isAffine, type Op, sizesOf } from './graph/graph.ts'
import { graphOf } from './graph/plain.ts'
import { runOp } from './graph/run.ts'
import type { Teacher } from './teacher.ts'

/** numbers of the widest value in a block */
const BLOCK = 1 << 18

/**
 * Writes actions, shape (rows, actions), for observations, shape (rows, observations), in the actions' units, within the teacher's own bounds
 * where it has any. low, high: what a squashed output is scaled to where it has none.
 */
export function actionsOnMany(
  teacher: Teacher,
  { actionLow, actionHigh }: { actionLow: readonly number[]; actionHigh: readonly number[] },
): (observations: Float32Array, actions: Float32Array) => void {
  const graph = teacher.graph ?? graphOf(teacher.network)
  const run = runOnRows(graph)
  const [low, high] = [teacher.actionLow ?? actionLow, teacher.actionHigh ?? actionHigh]
  const bounded = teacher.actionLow !== undefined
  const size = low.length
  return (observations, actions) => {
    for (let first = 0; first * size < actions.length; first += run.rows) {
      const count = Math.min(run.rows, actions.length / size - first)
      const y = run(observations.subarray(first * graph.observations, (first + count) * graph.observations), count)
      for (let row = 0; row < count; row++)
        for (let i = 0; i < size; i++) {
          const out = y[row * size + i]
          const z = teacher.squash === 'tanh' ? (low[i] + high[i] + (high[i] - low[i]) * out) / 2 : out
          actions[(first + row) * size + i] = bounded ? Math.min(high[i], Math.max(low[i], z)) : z
        }
    }
  }
}

/** Of at most `rows` rows; the last value's. */
type RowRunner = ((observations: Float32Array, count: number) => Float64Array) & { rows: number }

function runOnRows(graph: Graph): RowRunner {
  const sizes = sizesOf(graph)
  const rows = Math.max(1, Math.min(256, Math.floor(BLOCK / Math.max(...sizes))))
  const layers = denseRows(graph.ops.filter(isAffine), rows)
  let dense = 0
  const steps = graph.ops.map((op) => (isAffine(op) ? product(layers[dense++]) : onRows(op)))
  const run = (observations: Float32Array, count: number) => {
    const values: Float64Array[] = [Float64Array.from(observations)]
    for (const [i, step] of steps.entries()) {
      const { from } = graph.ops[i]
      const inputs = from.map((value) => ({ values: values[value], size: sizes[value] }))
      values.push(step(inputs, sizes[i + 1], count))
    }
    return values[values.length - 1]
  }
  return Object.assign(run, { rows })
}

interface Rows {
  /** shape (count, size) */
  values: Float64Array
  size: number
}
type Step = (inputs: readonly Rows[], size: number, count: number) => Float64Array

const product =
  (layer: DenseRows): Step =>
  ([{ values }], size, count) => {
    const y = new Float64Array(count * size)
    layer(values, y, count)
    return y
  }

/** As `runOp` has it: all rows at once where it looks at each number alone, else row by row. */
const onRows =
  (op: Op): Step =>
  (inputs, size, count) => {
    if (op.op === 'activation' || op.op === 'combine')
      return runOp(
        op,
        inputs.map(({ values }) => values),
        count * size,
      )
    const y = new Float64Array(count * size)
    for (let row = 0; row < count; row++) {
      const ofRow = inputs.map(({ values, size: n }) => values.subarray(row * n, (row + 1) * n))
      y.set(runOp(op, ofRow, size), row * size)
    }
    return y
  }
