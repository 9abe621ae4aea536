/** What an ONNX file holds, of what a policy needs (onnx.proto of the ONNX project, field numbers in place). */
import { limits } from '../graph/graph.ts'
import { FieldBudget, type Message, Message as Reader } from './protobuf.ts'
import { type Constant, type External, readTensor } from './tensor.ts'

export interface Node {
  /** e.g. Gemm */
  operator: string
  /** '' is the standard one */
  domain: string
  name: string
  inputs: readonly string[]
  outputs: readonly string[]
  attributes: ReadonlyMap<string, Attribute>
}

/** Of an operator; which part holds it, its reader knows. */
export interface Attribute {
  int?: number
  float?: number
  ints: readonly number[]
  floats: ArrayLike<number>
  text: string
  tensor?: () => Constant
}

export interface Tensor {
  name: string
  /** undefined: any */
  shape: readonly (number | undefined)[]
}

export interface Model {
  producer: string
  /** of the standard operators */
  opset: number
  metadata: ReadonlyMap<string, string>
  nodes: readonly Node[]
  /** each is read when it is used */
  initializers: ReadonlyMap<string, () => Constant>
  inputs: readonly Tensor[]
  outputs: readonly Tensor[]
}

/** name: how errors call the file. Throws InputError. */
export function readModel(bytes: Uint8Array, name: string, external: External): Model {
  const budget = new FieldBudget(name)
  const model = new Reader(bytes, budget)
  const graph = model.message(7) ?? budget.refuse('no graph')
  const opset = model
    .messages(8)
    .find((one) => one.text(1) === '' || one.text(1) === 'ai.onnx')
    ?.int(2)
  if (opset === undefined || !(opset >= 7 && opset <= 30)) budget.refuse(`opset ${opset ?? 'none'}, expected 9 to 22`)
  const nodes = graph.messages(1)
  if (nodes.length > limits.ops) budget.refuse(`${nodes.length} nodes, expected at most ${limits.ops}`)
  const initializers = new Map(
    graph.messages(5).map((tensor) => [tensor.text(8), () => readTensor(tensor, external)] as const),
  )
  return {
    producer: `${model.text(2)} ${model.text(3)}`.trim(),
    opset: opset!,
    metadata: new Map(model.messages(14).map((entry) => [entry.text(1), entry.text(2)])),
    nodes: nodes.map((node) => readNode(node, external)),
    initializers,
    // old files list their initializers among the inputs
    inputs: graph
      .messages(11)
      .map(readValue)
      .filter((input) => !initializers.has(input.name)),
    outputs: graph.messages(12).map(readValue),
  }
}

function readNode(node: Message, external: External): Node {
  return {
    operator: node.text(4).slice(0, 100),
    domain: node.text(7).slice(0, 100),
    name: node.text(3).slice(0, 100),
    inputs: node.texts(1),
    outputs: node.texts(2),
    attributes: new Map(node.messages(5).map((attribute) => [attribute.text(1), readAttribute(attribute, external)])),
  }
}

function readAttribute(attribute: Message, external: External): Attribute {
  const tensor = attribute.message(5)
  return {
    int: attribute.int(3),
    float: attribute.floats(2, 4).at(-1),
    ints: attribute.ints(8),
    floats: attribute.floats(7, 4),
    text: attribute.text(4),
    ...(tensor && { tensor: () => readTensor(tensor, external) }),
  }
}

function readValue(value: Message): Tensor {
  const shape = value.message(2)?.message(1)?.message(2)
  // a size of 0 or less is what some exporters write for any
  const sizes = shape
    ?.messages(1)
    .map((dimension) => dimension.int(1))
    .map((n) => (n !== undefined && n > 0 ? n : undefined))
  return { name: value.text(1), shape: sizes ?? [undefined, undefined] }
}
