/** The graph of an ONNX model: from its one input, the observation, to the output that is the action. */
import { brief } from '../../files/brief.ts'
import { Builder, type Value } from '../graph/builder.ts'
import type { Graph } from '../graph/graph.ts'
import { recurrent } from '../recurrent.ts'
import type { Call } from './call.ts'
import type { Model, Node } from './model.ts'
import { operators } from './operators.ts'
import type { Constant } from './tensor.ts'

/** what exporters call the mean action, the best first */
const actionNames = [/^(continuous_)?actions?$/i, /action/i, /^(mu|mean|loc)$/i]
const cells = ['LSTM', 'GRU', 'RNN']
const outside = {
  subgraphs: ['If', 'Loop', 'Scan'],
  chance: ['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Multinomial', 'Bernoulli'],
}

export interface OnnxGraph {
  graph: Graph
  /** names of the input and the output that were taken */
  input: string
  output: string
  warnings: string[]
}

/** observations: how many, where the model leaves it open. refuse: throws the line that names the file and says what is wrong with it. */
export function graphOfModel(
  model: Model,
  observations: number | undefined,
  refuse: (what: string) => never,
): OnnxGraph {
  const warnings: string[] = []
  const output = chooseOutput(model, warnings, refuse)
  const needed = neededFor(model.nodes, output)
  const cell = needed.find(({ operator }) => cells.includes(operator))
  if (cell) refuse(recurrent(cell.operator))
  const used = new Set(needed.flatMap(({ inputs }) => inputs))
  const inputs = model.inputs.filter(({ name }) => used.has(name))
  const [input] = inputs
  if (inputs.length !== 1)
    refuse(`inputs ${inputs.map(({ name }) => brief(name)).join(', ') || 'none'}, expected one, the observation`)
  const builder = new Builder(observationShape(input, observations, refuse), refuse)
  const values = new Map<string, Value>([[input.name, builder.observation]])
  for (const node of needed) {
    const made = [lower(node, model, values, builder, refuse)].flat()
    node.outputs.forEach((name, i) => {
      if (name && made[i]) values.set(name, made[i])
    })
  }
  return {
    graph: builder.graph(valueNamed(output, model, values, builder, refuse)),
    input: input.name,
    output,
    warnings,
  }
}

/** The batch is one observation. */
function observationShape(
  { name, shape }: Model['inputs'][number],
  observations: number | undefined,
  refuse: (what: string) => never,
): number[] {
  const fixed = shape.at(-1)
  const last = fixed ?? observations
  if (last === undefined || shape.length === 0)
    return refuse(`input ${brief(name)}: how many observations it takes is left open: --observations says it`)
  if (observations !== undefined && last !== observations)
    return refuse(`input ${brief(name)}: of ${last} observations, and --observations says ${observations}`)
  const sizes = shape.map((n, axis) => n ?? (axis === shape.length - 1 ? last : 1))
  // a batch of a fixed size is a batch of one here, but for a column
  return shape.length === 2 && last > 1 ? [1, last] : sizes
}

function chooseOutput({ outputs }: Model, warnings: string[], refuse: (what: string) => never): string {
  const names = outputs.map(({ name }) => name)
  if (names.length === 0) refuse('no output')
  const chosen = actionNames.flatMap((pattern) => names.filter((name) => pattern.test(name))).at(0) ?? names[0]
  if (names.length > 1)
    warnings.push(`of its outputs ${names.map(brief).join(', ')} the action is taken to be ${brief(chosen)}`)
  return chosen
}

/** Those that an output needs, in the order of the file, which has each behind what it takes. */
function neededFor(nodes: readonly Node[], output: string): Node[] {
  const wanted = new Set([output])
  const needed: Node[] = []
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => name !== '' && wanted.has(name))) continue
    needed.unshift(node)
    for (const name of node.inputs) wanted.add(name)
  }
  return needed
}

function valueNamed(
  name: string,
  model: Model,
  values: Map<string, Value>,
  builder: Builder,
  refuse: (what: string) => never,
): Value {
  const known = values.get(name)
  if (known) return known
  const initializer = model.initializers.get(name)
  if (!initializer) return refuse(`${brief(name)}: made by no node before the one that takes it`)
  const { shape, values: numbers, whole } = initializer()
  const value = builder.constant(numbers, shape, whole)
  values.set(name, value)
  return value
}

function lower(
  node: Node,
  model: Model,
  values: Map<string, Value>,
  builder: Builder,
  refuseFile: (what: string) => never,
): Value | readonly Value[] {
  const { operator, name, attributes, domain } = node
  const refuse = (what: string): never =>
    refuseFile(`${/^\w+$/.test(operator) ? operator : brief(operator)}${name ? ` ${brief(name)}` : ''}: ${what}`)
  const lowering = domain === '' || domain === 'ai.onnx' ? ownOperator(operator) : undefined
  if (!lowering) {
    const why = outside.subgraphs.includes(operator)
      ? 'control flow is not supported'
      : outside.chance.includes(operator)
        ? 'the action is drawn by chance: export the mean action'
        : `an operator${domain ? ` of ${brief(domain)}` : ''} that no policy here may have`
    return refuse(why)
  }
  const inputs = node.inputs.map((input) =>
    input === '' ? undefined : valueNamed(input, model, values, builder, refuse),
  )
  const input = (i: number): Value => inputs[i] ?? refuse(`input ${i + 1} is missing`)
  const call: Call = {
    node,
    builder,
    opset: model.opset,
    inputs,
    input,
    constant(i): Constant {
      const { constant, shape, whole = false } = input(i)
      return constant
        ? { values: constant, shape, whole }
        : refuse(`input ${i + 1} depends on the observation, expected a constant`)
    },
    int: (key, otherwise) => attributes.get(key)?.int ?? otherwise,
    float: (key, otherwise) => attributes.get(key)?.float ?? otherwise,
    ints: (key) => attributes.get(key)?.ints,
    refuse,
  }
  return lowering(call)
}

const ownOperator = (operator: string) => (Object.hasOwn(operators, operator) ? operators[operator] : undefined)
