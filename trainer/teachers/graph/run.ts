/** What a graph gives for an observation, in float64. */
import { activationOf } from './activations.ts'
import { type Combination, type Graph, type Numbers, type Op, type Reduction, sizesOf } from './graph.ts'

/** The last value for an observation; the array is its own and is overwritten by the next. */
export type GraphRunner = (observation: ArrayLike<number>) => Float64Array

/** A graph whose sizes fit. */
export function graphRunner(graph: Graph): GraphRunner {
  const values = sizesOf(graph).map((size) => new Float64Array(size))
  const steps = graph.ops.map((op, i) =>
    stepOf(
      op,
      op.from.map((value) => values[value]),
      values[i + 1],
    ),
  )
  return (observation) => {
    values[0].set(observation)
    for (const step of steps) step()
    return values[values.length - 1]
  }
}

/** What one operation gives for these. */
export function runOp(op: Op, inputs: readonly Float64Array[], size: number): Float64Array {
  const y = new Float64Array(size)
  stepOf(op, inputs, y)()
  return y
}

/** Of two numbers. */
export const combinations: Record<Combination, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
  pow: (a, b) => a ** b,
  greater: (a, b) => (a > b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
}

const reductions: Record<Reduction, (group: Float64Array) => number> = {
  sum: (group) => group.reduce((sum, x) => sum + x, 0),
  mean: (group) => group.reduce((sum, x) => sum + x, 0) / group.length,
  min: (group) => group.reduce((least, x) => Math.min(least, x)),
  max: (group) => group.reduce((most, x) => Math.max(most, x)),
}

function stepOf(op: Op, [x, other, ...rest]: readonly Float64Array[], y: Float64Array): () => void {
  switch (op.op) {
    case 'affine':
      return () => affine(op.weights, op.bias, x, y)
    case 'scale':
      return () => {
        for (let i = 0; i < y.length; i++) y[i] = x[i] * op.scale[i] + op.offset[i]
      }
    case 'activation': {
      const { alpha, beta } = op
      const activate = activationOf(op.name)
      return () => {
        for (let i = 0; i < y.length; i++) y[i] = activate(x[i], alpha, beta)
      }
    }
    case 'clip':
      return () => {
        for (let i = 0; i < y.length; i++) y[i] = Math.min(op.high[i], Math.max(op.low[i], x[i]))
      }
    case 'pick':
      return () => {
        for (let i = 0; i < y.length; i++) y[i] = x[op.indices[i]]
      }
    case 'join':
      return () => {
        let at = 0
        for (const part of other ? [x, other, ...rest] : [x]) {
          y.set(part, at)
          at += part.length
        }
      }
    case 'combine': {
      const combine = combinations[op.name]
      return () => {
        for (let i = 0; i < y.length; i++) y[i] = combine(x[i], other[i])
      }
    }
    case 'choose': {
      const [otherwise] = rest
      return () => {
        for (let i = 0; i < y.length; i++) y[i] = x[i] === 0 ? otherwise[i] : other[i]
      }
    }
    case 'reduce': {
      const reduce = reductions[op.name]
      return () => {
        for (let i = 0; i < y.length; i++) y[i] = reduce(x.subarray(i * op.group, (i + 1) * op.group))
      }
    }
    case 'standardise':
      return () => {
        for (let from = 0; from < y.length; from += op.group)
          standardise(x.subarray(from, from + op.group), y.subarray(from, from + op.group), op.epsilon)
      }
    case 'constant':
      return () => y.set(op.values)
  }
}

/** y = W x + b, four rows at a time: each number of x is loaded once for four sums. */
function affine(weights: Numbers, bias: Numbers, x: Float64Array, y: Float64Array): void {
  const n = x.length
  const rows = y.length
  let row = 0
  for (; row + 4 <= rows; row += 4) {
    const [a, b, c, d] = [row * n, (row + 1) * n, (row + 2) * n, (row + 3) * n]
    let [p, q, r, s] = [bias[row], bias[row + 1], bias[row + 2], bias[row + 3]]
    for (let i = 0; i < n; i++) {
      const value = x[i]
      p += weights[a + i] * value
      q += weights[b + i] * value
      r += weights[c + i] * value
      s += weights[d + i] * value
    }
    y[row] = p
    y[row + 1] = q
    y[row + 2] = r
    y[row + 3] = s
  }
  for (; row < rows; row++) {
    let sum = bias[row]
    for (let i = 0; i < n; i++) sum += weights[row * n + i] * x[i]
    y[row] = sum
  }
}

function standardise(x: Float64Array, y: Float64Array, epsilon: number): void {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length
  const std = Math.sqrt(variance + epsilon)
  for (let i = 0; i < x.length; i++) y[i] = (x[i] - mean) / std
}
