/** The operators that a policy may have, each as operations of a graph. One of one's own: one line. */
import type { ActivationName } from '../graph/activations.ts'
import { countOf } from '../graph/arrange.ts'
import type { Builder, Value } from '../graph/builder.ts'
import type { Combination } from '../graph/graph.ts'
import type { Call, Operator } from './call.ts'
import { batchNormalisation, dense, layerNormalisation, multiply } from './layers.ts'
import { reduction } from './reductions.ts'
import { shaping } from './shaping.ts'

const activation =
  (name: ActivationName, alpha?: [string, number], beta?: [string, number]): Operator =>
  ({ builder, input, float }) =>
    builder.activate(input(0), name, alpha && float(...alpha), beta && float(...beta))

const combination =
  (name: Combination): Operator =>
  ({ builder, inputs, input }) =>
    inputs.slice(1).reduce<Value>((sum, _, i) => builder.combine(name, sum, input(i + 1)), input(0))

const same: Operator = ({ input }) => input(0)

export const operators: Readonly<Record<string, Operator>> = {
  Relu: activation('relu'),
  Tanh: activation('tanh'),
  LeakyRelu: activation('leaky_relu', ['alpha', 0.01]),
  Elu: activation('elu', ['alpha', 1]),
  Celu: activation('celu', ['alpha', 1]),
  Selu: activation('selu', ['alpha', 1.6732631921768188], ['gamma', 1.0507010221481323]),
  Sigmoid: activation('sigmoid'),
  Swish: ({ builder, input, float }) => {
    const gate = builder.activate(builder.combine('mul', input(0), scalar(builder, float('alpha', 1))), 'sigmoid')
    return builder.combine('mul', input(0), gate)
  },
  Softplus: activation('softplus'),
  Softsign: activation('softsign'),
  Mish: activation('mish'),
  HardSigmoid: activation('hard_sigmoid', ['alpha', 0.2], ['beta', 0.5]),
  HardSwish: activation('hard_swish'),
  Gelu: ({ builder, input, node }) =>
    builder.activate(input(0), node.attributes.get('approximate')?.text === 'tanh' ? 'gelu_tanh' : 'gelu'),
  PRelu: ({ builder, input, constant }) => {
    const below = builder.combine('min', input(0), scalar(builder, 0))
    const { values, shape } = constant(1)
    return builder.combine(
      'add',
      builder.activate(input(0), 'relu'),
      builder.combine('mul', below, builder.constant(values, shape)),
    )
  },
  Clip: clip,
  Erf: activation('erf'),
  Exp: activation('exp'),
  Log: activation('log'),
  Sqrt: activation('sqrt'),
  Abs: activation('abs'),
  Reciprocal: activation('reciprocal'),
  Sin: activation('sin'),
  Cos: activation('cos'),
  Atan: activation('atan'),
  Sign: activation('sign'),
  Floor: activation('floor'),
  Ceil: activation('ceil'),
  Neg: ({ builder, input }) => builder.combine('mul', input(0), scalar(builder, -1)),
  Add: combination('add'),
  Sub: combination('sub'),
  Mul: combination('mul'),
  Div: combination('div'),
  Pow: combination('pow'),
  Mod: remainder,
  Min: combination('min'),
  Max: combination('max'),
  Sum: combination('add'),
  Greater: combination('greater'),
  Less: ({ builder, input }) => builder.combine('greater', input(1), input(0)),
  GreaterOrEqual: ({ builder, input }) => not(builder, builder.combine('greater', input(1), input(0))),
  LessOrEqual: ({ builder, input }) => not(builder, builder.combine('greater', input(0), input(1))),
  Equal: combination('equal'),
  Not: ({ builder, input }) => not(builder, input(0)),
  And: combination('min'),
  Or: combination('max'),
  Where: ({ builder, input }) => builder.choose(input(0), input(1), input(2)),
  Gemm: dense,
  MatMul: multiply,
  LayerNormalization: layerNormalisation,
  BatchNormalization: batchNormalisation,
  ReduceMean: reduction('mean'),
  ReduceSum: reduction('sum'),
  ReduceMin: reduction('min'),
  ReduceMax: reduction('max'),
  ReduceL2: (call) => call.builder.activate(reduction('sum', squared)(call) as Value, 'sqrt'),
  ReduceSumSquare: reduction('sum', squared),
  Softmax: softmax,
  Identity: same,
  Dropout: same,
  ...shaping,
}

/** Of 1 and 0. */
const not = (builder: Builder, value: Value): Value => builder.combine('sub', scalar(builder, 1), value)

export const scalar = (builder: Builder, x: number): Value => builder.constant(Float64Array.of(x), [])

function squared(builder: Builder, value: Value): Value {
  return builder.activate(value, 'power', 2)
}

function clip({ builder, input, inputs, float, constant, opset }: Call): Value {
  const bound = (i: number, name: string, otherwise: number) => {
    if (opset < 11) return Float64Array.of(float(name, otherwise))
    return inputs[i] === undefined ? Float64Array.of(otherwise) : constant(i).values
  }
  return builder.clip(input(0), bound(1, 'min', -Infinity), bound(2, 'max', Infinity))
}

/** Of known numbers, as sizes are: exporters compute axes so. */
function remainder({ builder, constant, int, refuse }: Call): Value {
  const [a, b] = [constant(0), constant(1)]
  if (b.values.length !== 1 || int('fmod', 0) !== 0) return refuse('expected one whole number to divide by')
  const [by] = b.values
  return builder.constant(
    Float64Array.from(a.values, (x) => x - by * Math.floor(x / by)),
    a.shape,
    true,
  )
}

/** Over the last axis. */
function softmax({ builder, input, int, opset, refuse }: Call): Value {
  const x = input(0)
  const { shape } = x
  const axis = int('axis', opset < 13 ? 1 : -1)
  const last = shape.length - 1
  // before opset 13 it was over that axis and all behind it
  if (axis !== -1 && axis !== last && !(opset < 13 && countOf(shape.slice(0, axis)) === 1))
    return refuse(`axis ${axis}, expected the last`)
  const group = opset < 13 && axis >= 0 ? countOf(shape.slice(axis)) : shape[last]
  const flat = builder.reshape(x, [countOf(shape) / group, group])
  const each = [countOf(shape) / group, 1]
  const raised = builder.activate(builder.combine('sub', flat, builder.reduce(flat, 'max', group, each)), 'exp')
  return builder.reshape(builder.combine('div', raised, builder.reduce(raised, 'sum', group, each)), shape)
}
