import { describe, expect, it } from 'vitest'
import { actionOf, erf, expectClose, observations, read, sigmoid, softplus } from '../../support/onnx-read.ts'
import {
  type AttributeValue,
  applyLayer,
  gemm,
  layerConstants,
  modelOf,
  type NodeOf,
} from '../../support/onnx-writer.ts'
import { outputOf } from '../../support/teacher-output.ts'

describe('an activation of ONNX', () => {
  const one: [string, (y: number) => number, Record<string, AttributeValue>?, number?][] = [
    ['Relu', (y) => Math.max(0, y)],
    ['LeakyRelu', (y) => (y < 0 ? 0.01 * y : y)],
    ['LeakyRelu', (y) => (y < 0 ? 0.2 * y : y), { alpha: { float: 0.2 } }],
    ['Elu', (y) => (y < 0 ? Math.exp(y) - 1 : y)],
    ['Elu', (y) => (y < 0 ? 0.5 * (Math.exp(y) - 1) : y), { alpha: 0.5 }],
    ['Celu', (y) => Math.max(0, y) + Math.min(0, 2 * (Math.exp(y / 2) - 1)), { alpha: { float: 2 } }],
    ['Selu', (y) => 1.0507009873554805 * (y < 0 ? 1.6732632423543772 * (Math.exp(y) - 1) : y)],
    ['Tanh', Math.tanh],
    ['Sigmoid', sigmoid],
    ['Softplus', softplus],
    ['Softsign', (y) => y / (1 + Math.abs(y))],
    ['Mish', (y) => y * Math.tanh(softplus(y)), {}, 18],
    ['Gelu', (y) => 0.5 * y * (1 + erf(y / Math.SQRT2)), {}, 20],
    [
      'Gelu',
      (y) => 0.5 * y * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (y + 0.044715 * y ** 3))),
      { approximate: 'tanh' },
      20,
    ],
    ['HardSigmoid', (y) => Math.min(1, Math.max(0, 0.2 * y + 0.5))],
    ['HardSwish', (y) => y * Math.min(1, Math.max(0, y / 6 + 0.5))],
    ['Erf', erf],
    ['Exp', Math.exp],
    ['Abs', Math.abs],
    ['Neg', (y) => -y],
    ['Swish', (y) => y * sigmoid(y), {}, 24],
  ]
  it.each(one)('%s gives what its definition says', async (operator, wanted, attributes = {}, opset = 17) => {
    const nodes = [gemm('x'), { operator, inputs: ['y'], attributes }]
    for (const x of observations)
      expectClose(await actionOf({ nodes, constants: layerConstants, opset }, x), applyLayer(x).map(wanted))
  })
})

/** What exporters write in pieces: an activation's name, the nodes behind the layer, what it is. */
const pieces: [string, NodeOf[], Record<string, number>, (y: number) => number, string][] = [
  [
    'SiLU as Sigmoid and Mul',
    [
      { operator: 'Sigmoid', inputs: ['y'], outputs: ['s'] },
      { operator: 'Mul', inputs: ['y', 's'] },
    ],
    {},
    (y) => y * sigmoid(y),
    'silu',
  ],
  [
    'Mish as Softplus, Tanh and Mul',
    [
      { operator: 'Softplus', inputs: ['y'], outputs: ['s'] },
      { operator: 'Tanh', inputs: ['s'], outputs: ['t'] },
      { operator: 'Mul', inputs: ['t', 'y'] },
    ],
    {},
    (y) => y * Math.tanh(softplus(y)),
    'mish',
  ],
  [
    'GELU by Erf, the half at the end',
    [
      { operator: 'Div', inputs: ['y', 'root'], outputs: ['d'] },
      { operator: 'Erf', inputs: ['d'], outputs: ['e'] },
      { operator: 'Add', inputs: ['e', 'one'], outputs: ['a'] },
      { operator: 'Mul', inputs: ['y', 'a'], outputs: ['m'] },
      { operator: 'Mul', inputs: ['m', 'half'] },
    ],
    { root: Math.SQRT2, one: 1, half: 0.5 },
    (y) => 0.5 * y * (1 + erf(y / Math.SQRT2)),
    'gelu',
  ],
  [
    'GELU by Erf, the half at the beginning',
    [
      { operator: 'Mul', inputs: ['y', 'half'], outputs: ['h'] },
      { operator: 'Mul', inputs: ['y', 'root'], outputs: ['d'] },
      { operator: 'Erf', inputs: ['d'], outputs: ['e'] },
      { operator: 'Add', inputs: ['one', 'e'], outputs: ['a'] },
      { operator: 'Mul', inputs: ['h', 'a'] },
    ],
    { root: Math.SQRT1_2, one: 1, half: 0.5 },
    (y) => 0.5 * y * (1 + erf(y / Math.SQRT2)),
    'gelu',
  ],
]

describe('an activation in pieces', () => {
  it.each(pieces)('%s is put together again', async (_, nodes, constants, wanted, name) => {
    const model = { nodes: [gemm('x'), ...nodes], constants: { ...layerConstants, ...constants } }
    const { teacher } = await read(modelOf(model))
    expect(teacher.graph?.ops.map((op) => ('name' in op ? op.name : op.op))).toEqual(['affine', name])
    for (const x of observations) expectClose(outputOf(teacher, x), applyLayer(x).map(wanted))
  })
})
