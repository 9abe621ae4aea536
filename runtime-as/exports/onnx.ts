/**
 * One policy as an ONNX model (opset 13): Gemm, Relu and Tanh a layer, then scale and bounds; `observation` [1, n] to `action` [1, m], f32.
 * Not the kernel's bits: another runtime sums in its own order and has its own tanh. Shipped students stay within 1e-6 of an action's range on
 * observations of their task, within 1e-5 on any between -2 and 2. NaN a runtime treats as it likes.
 */

import { InputError } from '../errors.ts'
import type { ExportForm } from './form.ts'
import { type Program, requireFloats, squashScale } from './program.ts'
import { bytes, floats, message, number, text } from './protobuf.ts'

const FLOAT = 1
const IR_VERSION = 7
const OPSET = 13

type Bytes = Uint8Array

export function generateOnnx(program: Program, name = 'policy'): Bytes {
  const { layers, observations, actions, squash, bounds } = program
  if (bounds?.outside === 'refuse') {
    throw new InputError(`${name}: contract.observation.outside: 'refuse', expected 'clamp' or no bounds for ONNX`)
  }
  const nodes: Bytes[] = []
  const constants: Bytes[] = []
  let value = 'observation'
  const add = (operator: string, output: string, inputs: string[] = [], attributes: Bytes[] = []) => {
    nodes.push(node(operator, [value, ...inputs], output, attributes))
    value = output
  }
  const constant = (name: string, shape: number[], values: ArrayLike<number>): string => {
    constants.push(tensor(name, shape, values))
    return name
  }
  if (bounds) {
    const shape = [1, observations.length]
    add('Max', 'within_low', [constant('observation_low', shape, bounds.low)])
    add('Min', 'within', [constant('observation_high', shape, bounds.high)])
  }
  for (const [i, { inputs, activation, rows }] of layers.entries()) {
    const weights = new Float32Array(rows.length * inputs)
    for (const [row, { terms, scale = 1 }] of rows.entries()) {
      for (const { column, weight } of terms) weights[row * inputs + column] = scale * weight
    }
    const parts = [
      constant(`weight${i}`, [rows.length, inputs], weights),
      constant(
        `bias${i}`,
        [rows.length],
        rows.map(({ bias }) => bias),
      ),
    ]
    add('Gemm', `sum${i}`, parts, [attribute('transB', 1)])
    if (activation === 'relu') add('Relu', `layer${i}`)
    if (activation === 'tanh') add('Tanh', `layer${i}`)
  }
  const one = [1, actions.length]
  if (squash === 'tanh') {
    const scales = program.low.map((low, i) => squashScale(low, program.high[i]))
    add('Mul', 'ranged', [
      constant(
        'half',
        one,
        scales.map(({ half }) => half),
      ),
    ])
    add('Add', 'scaled', [
      constant(
        'middle',
        one,
        scales.map(({ middle }) => middle),
      ),
    ])
  }
  // Clip takes one bound for all actions
  add('Max', 'raised', [constant('low', one, program.low)])
  add('Min', 'action', [constant('high', one, program.high)])
  const graph = message(
    ...nodes.map((item) => bytes(1, item)),
    text(2, 'policy'),
    ...constants.map((item) => bytes(5, item)),
    bytes(11, matrix('observation', observations.length)),
    bytes(12, matrix('action', actions.length)),
  )
  const opset = message(text(1, ''), number(2, OPSET))
  return message(number(1, IR_VERSION), text(2, 'bpd'), bytes(7, graph), bytes(8, opset))
}

const node = (operator: string, inputs: string[], output: string, attributes: Bytes[]): Bytes =>
  message(
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(3, `${operator}_${output}`),
    text(4, operator),
    ...attributes.map((item) => bytes(5, item)),
  )

/** of type INT, which is 2 */
const attribute = (name: string, value: number): Bytes => message(text(1, name), number(3, value), number(20, 2))

const tensor = (name: string, shape: number[], values: ArrayLike<number>): Bytes =>
  message(...shape.map((size) => number(1, size)), number(2, FLOAT), text(8, name), bytes(9, floats(values)))

function matrix(name: string, columns: number): Bytes {
  const shape = message(...[1, columns].map((size) => bytes(1, message(number(1, size)))))
  const type = message(bytes(1, message(number(1, FLOAT), bytes(2, shape))))
  return message(text(1, name), bytes(2, type))
}

export const onnxForm: ExportForm = {
  extension: '.onnx',
  write(program, _, policy) {
    requireFloats(program, 'ONNX', policy)
    return { '.onnx': generateOnnx(program, policy) }
  },
}
