/** Operators with weights. */
import { allOf, countOf, transpose } from '../graph/arrange.ts'
import type { Builder, Value } from '../graph/builder.ts'
import type { Numbers } from '../graph/graph.ts'
import type { Call } from './call.ts'
import type { Constant } from './tensor.ts'

/** rows of an array that go through the same weights, one after another */
const maxRows = 256

/** Gemm: alpha A B + beta C, A or B transposed first. */
export function dense(call: Call): Value {
  const { builder, input, inputs, int, float, refuse } = call
  const [alpha, beta] = [float('alpha', 1), float('beta', 1)]
  const a = inputs[0]
  const left = int('transA', 0) ? transposed(builder, input(0)) : input(0)
  const right = int('transB', 0) ? transposed(builder, input(1)) : input(1)
  if (a?.shape.length !== 2 || right.shape.length !== 2) return refuse('expected two matrices')
  const product = scaled(builder, product2(call, left, right), alpha)
  if (inputs[2] === undefined || beta === 0) return product
  return builder.combine('add', product, scaled(builder, input(2), beta))
}

const scaled = (builder: Builder, value: Value, by: number): Value =>
  by === 1 ? value : builder.combine('mul', value, builder.constant(Float64Array.of(by), []))

const transposed = (builder: Builder, value: Value): Value =>
  value.shape.length === 2 ? builder.arrange(value, transpose(allOf(value.shape), [1, 0])) : value

/** MatMul: of vectors and matrices; more axes on the left are rows. */
export function multiply(call: Call): Value {
  const { builder, input } = call
  const [a, b] = [input(0), input(1)]
  const rowsOf = a.shape.length === 1 ? [1, ...a.shape] : a.shape
  const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape
  const inner = rowsOf[rowsOf.length - 1]
  const left = builder.reshape(a, [countOf(a.shape) / inner, inner])
  if (countOf(right.slice(0, -2)) !== 1)
    return call.refuse(`shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`)
  const product = product2(call, left, builder.reshape(b, right.slice(-2)))
  const shape = [
    ...(a.shape.length === 1 ? [] : a.shape.slice(0, -1)),
    ...(b.shape.length === 1 ? [] : right.slice(-1)),
  ]
  return builder.reshape(product, shape)
}

/** Of two matrices of which one is known at least. */
function product2({ builder, refuse }: Call, left: Value, right: Value): Value {
  const [rows, inner] = left.shape
  const columns = right.shape[1]
  if (right.shape[0] !== inner) return refuse(`shapes [${left.shape.join(', ')}] and [${right.shape.join(', ')}]`)
  if (right.constant) {
    // W x is row-major over the outputs
    const { constant } = transposed(builder, right)
    return inRows(builder, left, constant!, [rows, columns], refuse)
  }
  if (!left.constant) return refuse('two arrays that both depend on the observation, expected one that is known')
  // (A B)' = B' A'
  const product = inRows(builder, transposed(builder, right), left.constant, [columns, rows], refuse)
  return transposed(builder, product)
}

/** Each row of a value through the same weights, shape (columns, inner). */
function inRows(
  builder: Builder,
  value: Value,
  weights: Numbers,
  [rows, columns]: [number, number],
  refuse: (what: string) => never,
): Value {
  const inner = value.shape[1]
  const bias = new Float32Array(columns)
  if (rows === 1) return builder.affine(value, weights, bias)
  if (rows > maxRows) return refuse(`${rows} rows, expected at most ${maxRows}`)
  const parts = Array.from({ length: rows }, (_, row) => {
    const at = Int32Array.from({ length: inner }, (_, i) => row * inner + i)
    return builder.affine(builder.arrange(value, { shape: [1, inner], at }), weights, bias)
  })
  return builder.reshape(builder.join(parts), [rows, columns])
}

export function layerNormalisation({ builder, input, inputs, int, float, refuse }: Call): Value {
  const x = input(0)
  const axis = int('axis', -1)
  const from = axis < 0 ? axis + x.shape.length : axis
  if (!(from >= 0 && from < x.shape.length)) return refuse(`axis ${axis}`)
  const group = countOf(x.shape.slice(from))
  const even = builder.standardise(x, group, float('epsilon', 1e-5))
  const weighed = builder.combine('mul', even, input(1))
  return inputs[2] === undefined ? weighed : builder.combine('add', weighed, input(2))
}

/** With the statistics of training; the channels are the second axis. */
export function batchNormalisation({ builder, input, constant, float, refuse }: Call): Value {
  const x = input(0)
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((i): Constant => constant(i))
  const channels = scale.values.length
  const axis = x.shape.length === 1 ? 0 : 1
  if (x.shape[axis] !== channels) return refuse(`${channels} channels for shape [${x.shape.join(', ')}]`)
  const factor = Float64Array.from(scale.values, (s, i) => s / Math.sqrt(variance.values[i] + float('epsilon', 1e-5)))
  const rest = Float64Array.from(offset.values, (o, i) => o - mean.values[i] * factor[i])
  const shape = [channels, ...x.shape.slice(axis + 1).map(() => 1)]
  const weighed = builder.combine('mul', x, builder.constant(factor, shape))
  return builder.combine('add', weighed, builder.constant(rest, shape))
}
