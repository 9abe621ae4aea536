/** Small ONNX files, for what the public ones do not show. */
import { bytes, floats, message, number, text } from '../../runtime-as/exports/protobuf.ts'

export type Numbers = number[] | number[][]
/** A whole number is an int, any other number a float; a list of whole numbers is ints. */
export type AttributeValue = number | number[] | string | { float: number } | { tensor: Uint8Array }

export interface NodeOf {
  operator: string
  inputs: string[]
  outputs?: string[]
  attributes?: Record<string, AttributeValue>
  domain?: string
}

export interface ModelOf {
  opset?: number
  /** of the input; "untold": none is written */
  shape?: (number | string)[] | 'untold'
  nodes: NodeOf[]
  constants?: Record<string, Numbers | number | Uint8Array>
  outputs?: string[]
  inputs?: string[]
  metadata?: Record<string, string>
}

/** of 64 bits, in two's complement */
function int(field: number, value: number): Uint8Array {
  if (value >= 0) return number(field, value)
  const digits: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 127n; rest >>= 7n) digits.push(Number(rest & 127n) | 128)
  return Uint8Array.from([...number(field, 0).slice(0, -1), ...digits, Number(rest)])
}

const flat = (values: Numbers | number): number[] => [values].flat(2) as number[]
const shapeOf = (values: Numbers | number): number[] =>
  typeof values === 'number' ? [] : Array.isArray(values[0]) ? [values.length, values[0].length] : [values.length]

/** float32 in raw bytes */
export const tensor = (name: string, values: Numbers | number, shape = shapeOf(values)): Uint8Array =>
  message(...shape.map((size) => number(1, size)), number(2, 1), text(8, name), bytes(9, floats(flat(values))))

/** int64 in its own field */
export const ints = (name: string, values: number[], shape = [values.length]): Uint8Array =>
  message(...shape.map((size) => number(1, size)), number(2, 7), ...values.map((x) => int(7, x)), text(8, name))

/** whose numbers lie in another file */
export const elsewhere = (name: string, shape: number[], said: Record<string, string>): Uint8Array =>
  message(
    ...shape.map((size) => number(1, size)),
    number(2, 1),
    text(8, name),
    ...Object.entries(said).map(([key, value]) => bytes(13, message(text(1, key), text(2, value)))),
    number(14, 1),
  )

function attribute(name: string, value: AttributeValue): Uint8Array {
  if (typeof value === 'string') return message(text(1, name), text(4, value), number(20, 3))
  if (Array.isArray(value)) return message(text(1, name), ...value.map((x) => int(8, x)), number(20, 7))
  if (typeof value === 'number' && Number.isInteger(value)) return message(text(1, name), int(3, value), number(20, 2))
  if (typeof value !== 'number' && 'tensor' in value)
    return message(text(1, name), bytes(5, value.tensor), number(20, 4))
  const float = typeof value === 'number' ? value : value.float
  // field 2, four bytes
  return message(text(1, name), Buffer.concat([Uint8Array.of(0x15), floats([float])]), number(20, 1))
}

const node = ({ operator, inputs, outputs = [], attributes = {}, domain = '' }: NodeOf): Uint8Array =>
  message(
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
    ...(domain ? [text(7, domain)] : []),
  )

function value(name: string, shape: (number | string)[] | 'untold'): Uint8Array {
  if (shape === 'untold') return message(text(1, name))
  const sizes = shape.map((size) => bytes(1, typeof size === 'number' ? number(1, size) : text(2, size)))
  return message(text(1, name), bytes(2, message(bytes(1, message(number(1, 1), bytes(2, message(...sizes)))))))
}

/** `x` in; the last node's outputs out. A node without outputs gives the next one its only input that is missing: ''. */
export function modelOf({
  opset = 17,
  shape = [1, 3],
  nodes,
  constants = {},
  outputs,
  inputs = ['x'],
  metadata = {},
}: ModelOf) {
  const named = nodes.map((one, i) => ({ ...one, outputs: one.outputs ?? [`v${i}`] }))
  const last = outputs ?? [named[named.length - 1].outputs[0]]
  const graph = message(
    ...named.map((one) => bytes(1, node(one))),
    text(2, 'policy'),
    ...Object.entries(constants).map(([name, given]) =>
      bytes(5, given instanceof Uint8Array ? given : tensor(name, given)),
    ),
    ...inputs.map((name) => bytes(11, value(name, shape))),
    ...last.map((name) => bytes(12, value(name, [1, 1]))),
  )
  return message(
    number(1, 8),
    text(2, 'test'),
    bytes(7, graph),
    bytes(8, message(text(1, ''), number(2, opset))),
    ...Object.entries(metadata).map(([key, said]) => bytes(14, message(text(1, key), text(2, said)))),
  )
}

/** A layer y = W x + b of all numbers known, [1, 3] to [1, 2], before which and behind which anything may stand. */
export const layer = {
  weight: [
    [0.5, -1, 2],
    [1.5, 0.25, -0.75],
  ],
  bias: [0.1, -0.2],
}
export const gemm = (input: string): NodeOf => ({
  operator: 'Gemm',
  inputs: [input, 'W', 'b'],
  outputs: ['y'],
  attributes: { transB: 1 },
})
export const layerConstants = { W: layer.weight, b: layer.bias }
export const applyLayer = (x: readonly number[]): number[] =>
  layer.weight.map((row, i) => row.reduce((sum, w, k) => sum + w * x[k], layer.bias[i]))
