/** The functions of torch that a policy may call, each as operations of a graph. One of one's own: one line. */
import { brief } from '../../files/brief.ts'
import type { ActivationName } from '../graph/activations.ts'
import { allOf, axisOf, countOf, transpose } from '../graph/arrange.ts'
import type { Builder, Value } from '../graph/builder.ts'
import type { Combination } from '../graph/graph.ts'
import { combinations } from '../graph/run.ts'
import { recurrent } from '../recurrent.ts'
import { axis, type Call, Misfit, number, numbers, type TorchFunction, value } from './call.ts'
import {
  concatenate,
  entry,
  exactParts,
  exchanged,
  flatten,
  parts,
  reshaped,
  slice,
  squeeze,
  taken,
  unflatten,
  unsqueeze,
} from './shapes.ts'
import { isValue } from './thing.ts'

const activation =
  (name: ActivationName, alpha = 0): TorchFunction =>
  (call) =>
    call.builder.activate(value(call, 0), name, alpha)

const same: TorchFunction = (call) => call.args[0]

const combination =
  (name: Combination): TorchFunction =>
  (call) => {
    const { builder, args, named } = call
    // of sizes, which are no arrays
    if (typeof args[0] === 'number' && typeof args[1] === 'number') return combinations[name](args[0], args[1])
    const alpha = named.get('alpha') ?? args[2]
    const right = value(call, 1)
    const scaled = typeof alpha === 'number' && alpha !== 1 && (name === 'add' || name === 'sub')
    return builder.combine(
      name,
      value(call, 0),
      scaled ? builder.combine('mul', right, constant(builder, alpha)) : right,
    )
  }

const constant = (builder: Builder, x: number): Value => builder.constant(Float64Array.of(x), [])

const compared =
  (compare: (a: number, b: number) => boolean): TorchFunction =>
  ({ args: [a, b], refuse }) => {
    if (typeof a === 'string' || typeof b === 'string') return compare(a === b ? 0 : 1, 0)
    const known = [a, b].map((x) => (typeof x === 'number' ? x : typeof x === 'boolean' ? Number(x) : undefined))
    const [left, right] = known
    return left === undefined || right === undefined
      ? refuse('a comparison with the observation')
      : compare(left, right)
  }

/** x W' + b; weights: shape (outputs, inputs) */
function linear(call: Call): Value {
  const { builder, args, refuse } = call
  const [x, weights] = [value(call, 0), value(call, 1)]
  const [outputs, inputs] = weights.shape
  if (!weights.constant || weights.shape.length !== 2) return refuse('expected known weights')
  const rows = countOf(x.shape) / inputs
  const given = x.shape.at(-1) ?? 1
  if (given !== inputs) throw new Misfit(`a layer of ${inputs} inputs gets ${given}`, inputs - given)
  if (rows !== 1) return refuse(`${rows} rows, expected one`)
  const product = builder.affine(x, weights.constant, new Float32Array(outputs))
  return isValue(args[2] ?? null) ? builder.combine('add', product, value(call, 2)) : product
}

function product(call: Call, x: Value, matrix: Value): Value {
  if (matrix.shape.length !== 2) return call.refuse('expected a matrix of weights')
  const turned = call.builder.arrange(matrix, transpose(allOf(matrix.shape), [1, 0]))
  return linear({ ...call, args: [x, turned] })
}

function clamp(call: Call): Value {
  const { builder, args, named } = call
  const bound = (i: number, name: string, otherwise: number) => {
    const given = args[i] ?? named.get(name) ?? null
    if (given === null) return Float64Array.of(otherwise)
    if (!isValue(given)) return Float64Array.of(number(call, i, name))
    return (
      builder.expand(given, value(call, 0).shape).constant ?? call.refuse('a bound that depends on the observation')
    )
  }
  return builder.clip(value(call, 0), bound(1, 'min', -Infinity), bound(2, 'max', Infinity))
}

function layerNormalisation(call: Call): Value {
  const { builder, args } = call
  const group = countOf(numbers(call, 1, 'normalized_shape'))
  const even = builder.standardise(value(call, 0), group, number(call, 4, 'eps', 1e-5))
  const weighed = isValue(args[2] ?? null) ? builder.combine('mul', even, value(call, 2)) : even
  return isValue(args[3] ?? null) ? builder.combine('add', weighed, value(call, 3)) : weighed
}

/** Of the last axis, or of all. */
function mean(call: Call): Value {
  const x = value(call, 0)
  const all = !Array.isArray(call.args[1]) && typeof call.args[1] !== 'number'
  const along = all ? 0 : (axisOf(numbers(call, 1, 'dim')[0], x.shape.length) ?? 0)
  if (!all && along !== x.shape.length - 1) return call.refuse('expected the last axis')
  const group = all ? countOf(x.shape) : x.shape[along]
  const kept = call.args[2] === true
  return call.builder.reduce(x, 'mean', group, all ? [] : kept ? [...x.shape.slice(0, -1), 1] : x.shape.slice(0, -1))
}

const cell =
  (name: string): TorchFunction =>
  ({ refuse }) =>
    refuse(recurrent(name))
const keeps: TorchFunction = ({ refuse }) => refuse(recurrent('a state that is kept between steps'))
const random: TorchFunction = ({ refuse }) => refuse('the action is drawn by chance: export the mean action')

const own: Record<string, TorchFunction> = {
  linear,
  addmm: (call) => call.builder.combine('add', value(call, 0), product(call, value(call, 1), value(call, 2))),
  matmul: (call) => product(call, value(call, 0), value(call, 1)),
  mm: (call) => product(call, value(call, 0), value(call, 1)),
  t: (call) => exchanged(call, 0, 1),
  numpy_T: (call) => exchanged(call, 0, 1),
  transpose: (call) => exchanged(call, axis(call, 1, 0), axis(call, 2, 1)),
  permute: (call) =>
    call.builder.arrange(value(call, 0), transpose(allOf(value(call, 0).shape), numbers(call, 1, 'dims'))),
  relu: activation('relu'),
  tanh: activation('tanh'),
  sigmoid: activation('sigmoid'),
  silu: activation('silu'),
  mish: activation('mish'),
  selu: activation('selu'),
  softsign: activation('softsign'),
  hardswish: activation('hard_swish'),
  exp: activation('exp'),
  sqrt: activation('sqrt'),
  abs: activation('abs'),
  sin: activation('sin'),
  cos: activation('cos'),
  erf: activation('erf'),
  reciprocal: activation('reciprocal'),
  square: activation('power', 2),
  elu(call) {
    if (number(call, 2, 'scale', 1) !== 1 || number(call, 3, 'input_scale', 1) !== 1)
      return call.refuse('a scale of its own')
    return call.builder.activate(value(call, 0), 'elu', number(call, 1, 'alpha', 1))
  },
  celu: (call) => call.builder.activate(value(call, 0), 'celu', number(call, 1, 'alpha', 1)),
  leaky_relu: (call) => call.builder.activate(value(call, 0), 'leaky_relu', number(call, 1, 'negative_slope', 0.01)),
  gelu: (call) =>
    call.builder.activate(
      value(call, 0),
      (call.named.get('approximate') ?? call.args[1]) === 'tanh' ? 'gelu_tanh' : 'gelu',
    ),
  softplus(call) {
    if (number(call, 1, 'beta', 1) !== 1) return call.refuse('a beta of its own')
    return call.builder.activate(value(call, 0), 'softplus')
  },
  hardtanh: (call) =>
    call.builder.clip(
      value(call, 0),
      Float64Array.of(number(call, 1, 'min_val', -1)),
      Float64Array.of(number(call, 2, 'max_val', 1)),
    ),
  hardsigmoid: (call) => call.builder.activate(value(call, 0), 'hard_sigmoid', 1 / 6, 0.5),
  clamp,
  clip: clamp,
  add: combination('add'),
  sub: combination('sub'),
  mul: combination('mul'),
  div: combination('div'),
  pow: combination('pow'),
  minimum: combination('min'),
  maximum: combination('max'),
  rsub: (call) => call.builder.combine('sub', value(call, 1), value(call, 0)),
  neg: (call) => call.builder.combine('mul', value(call, 0), constant(call.builder, -1)),
  layer_norm: layerNormalisation,
  mean,
  cat: concatenate,
  slice,
  narrow(call) {
    const start = number(call, 2, 'start')
    return taken(call, value(call, 0), axis(call, 1, 0), { start, end: start + number(call, 3, 'length') })
  },
  chunk: (call) => {
    const along = axis(call, 2, 0)
    const size = value(call, 0).shape[along]
    const each = Math.ceil(size / Math.max(1, number(call, 1, 'chunks')))
    return parts(call, Array<number>(Math.ceil(size / each)).fill(each), along)
  },
  split: (call) => {
    const along = axis(call, 2, 0)
    const size = value(call, 0).shape[along]
    const given = numbers(call, 1, 'split_size')
    if (given.length !== 1 || !(given[0] >= 1)) return exactParts(call, given, along)
    return parts(call, Array<number>(Math.ceil(size / given[0])).fill(given[0]), along)
  },
  split_with_sizes: (call) => exactParts(call, numbers(call, 1, 'split_sizes'), axis(call, 2, 0)),
  select: (call) => {
    const along = axis(call, 1, 0)
    const x = value(call, 0)
    const at = axisOf(number(call, 2, 'index'), x.shape[along]) ?? call.refuse('an index beyond its axis')
    return entry(call, x, along, at)
  },
  unbind: (call) => {
    const along = axis(call, 1, 0)
    const x = value(call, 0)
    return Array.from({ length: x.shape[along] }, (_, at) => entry(call, x, along, at))
  },
  view: (call) => reshaped(call, numbers(call, 1, 'size')),
  reshape: (call) => reshaped(call, numbers(call, 1, 'shape')),
  flatten,
  unflatten,
  squeeze,
  unsqueeze,
  size: (call) => (call.args[1] === undefined ? [...value(call, 0).shape] : value(call, 0).shape[axis(call, 1, 0)]),
  dim: (call) => value(call, 0).shape.length,
  len: ({ args, refuse }) => (Array.isArray(args[0]) ? args[0].length : refuse('expected a list')),
  eq: compared((a, b) => a === b),
  ne: compared((a, b) => a !== b),
  lt: compared((a, b) => a < b),
  gt: compared((a, b) => a > b),
  le: compared((a, b) => a <= b),
  ge: compared((a, b) => a >= b),
  __is__: ({ args: [a, b] }) => a === b,
  __isnot__: ({ args: [a, b] }) => a !== b,
  __not__: ({ args }) => !args[0],
  __contains__: ({ args: [list, x] }) => Array.isArray(list) && list.includes(x),
  RaiseException: ({ args, refuse }) =>
    refuse(`the policy refuses the observation${typeof args[0] === 'string' ? `: ${brief(args[0])}` : ''}`),
  format: () => '',
  uninitialized: () => null,
  dtype: () => 6,
  device: () => 'cpu',
  lstm: cell('LSTM'),
  gru: cell('GRU'),
  rnn_tanh: cell('RNN'),
  rnn_relu: cell('RNN'),
  copy: keeps,
  normal: random,
  randn: random,
  randn_like: random,
  rand: random,
  rand_like: random,
  ...Object.fromEntries(
    [
      'dropout',
      'feature_dropout',
      'alpha_dropout',
      'to',
      'contiguous',
      'detach',
      'clone',
      'type_as',
      'float',
      'double',
      'cpu',
      'alias',
      'NumToTensor',
      'Int',
      'Float',
      'int',
      'data',
      'requires_grad',
      'nan_to_num',
    ].map((name) => [name, same]),
  ),
}

/** With their forms that write over what they take, whose result is what counts. */
export const torchFunctions: Readonly<Record<string, TorchFunction>> = {
  ...own,
  ...Object.fromEntries(Object.entries(own).map(([name, run]) => [`${name}_`, run])),
}
