/** A graph as metadata `ops` (JSON: each operation, its numbers by the names of tensors) and the tensors of a teacher file. */
import { InputError } from '../../../runtime-as/errors.ts'
import { Field } from '../../files/field.ts'
import { parseJson } from '../../files/json.ts'
import type { Tensor, Tensors } from '../safetensors.ts'
import { activationNames } from './activations.ts'
import { type Combination, type Graph, limits, type Numbers, type Op, type Reduction, sizesOf } from './graph.ts'

const kinds = [
  'affine',
  'scale',
  'activation',
  'clip',
  'pick',
  'join',
  'combine',
  'choose',
  'reduce',
  'standardise',
  'constant',
] as const
const combinations: readonly Combination[] = ['add', 'sub', 'mul', 'div', 'min', 'max', 'pow', 'greater', 'equal']
const reductions: readonly Reduction[] = ['mean', 'sum', 'min', 'max']

/** Entries of operations that hold numbers, and the ends of their tensors' names. */
const parts = {
  affine: ['weights', 'bias'],
  scale: ['scale', 'offset'],
  clip: ['low', 'high'],
  constant: ['values'],
} as const

/** Of these an infinite one is no damage: a clip without a bound, what a choice puts in place of a number. */
const mayBeInfinite: readonly string[] = ['low', 'high', 'values']

export function storeGraph({ ops }: Graph): { ops: string; tensors: Tensors['tensors'] } {
  const tensors: Tensors['tensors'] = new Map()
  const said = ops.map((op, i) => {
    const { from, op: kind } = op
    switch (op.op) {
      case 'affine':
      case 'scale':
      case 'clip':
      case 'constant':
        for (const part of parts[op.op]) {
          const values = (op as unknown as Record<string, Numbers>)[part]
          const rows = part === 'weights' ? (op as { bias: Numbers }).bias.length : 0
          const shape = rows > 0 ? [rows, values.length / rows] : [values.length]
          tensors.set(`ops.${i}.${part}`, { dtype: values instanceof Float32Array ? 'F32' : 'F64', shape, values })
        }
        return { op: kind, from }
      case 'pick':
        return { op: kind, from, runs: runsOf(op.indices) }
      default: {
        const { from: _, ...rest } = op
        return { ...rest, op: kind, from }
      }
    }
  })
  return { ops: JSON.stringify(said), tensors }
}

/** Indices as runs of neighbours: [first, count] each. */
function runsOf(indices: Int32Array): [number, number][] {
  const runs: [number, number][] = []
  for (const index of indices) {
    const last = runs.at(-1)
    if (last && index === last[0] + last[1]) last[1]++
    else runs.push([index, 1])
  }
  return runs
}

/** name: how errors call the file. Throws InputError. */
export function readGraph({ tensors, metadata }: Tensors, name: string): Graph {
  let parsed: unknown
  try {
    parsed = parseJson(metadata.ops, { items: 8 * limits.width, depth: 5 })
  } catch (error) {
    throw new InputError(`${name}: metadata ops: expected JSON (${(error as Error).message})`)
  }
  const items = new Field(name, 'metadata ops', parsed).items()
  if (items.length < 1 || items.length > limits.ops)
    throw new InputError(`${name}: metadata ops: ${items.length} operations, expected 1..${limits.ops}`)
  const observations = new Field(name, 'metadata obs_dim', Number(metadata.obs_dim)).whole(1, limits.width)
  let left: number = limits.numbers
  const spend = (count: number) => {
    left -= count
    if (left < 0)
      throw new InputError(`${name}: metadata ops: more than ${limits.numbers} numbers, no teacher has them`)
  }
  const ops = items.map((item, i) => readOp(item, (part) => numbersOf(tensors, { i, part }, name, spend), spend))
  const graph = { observations, ops }
  try {
    sizesOf(graph)
  } catch (error) {
    throw new InputError(`${name}: metadata ${(error as Error).message}`)
  }
  return graph
}

function numbersOf(
  tensors: ReadonlyMap<string, Tensor>,
  { i, part }: { i: number; part: string },
  name: string,
  spend: (count: number) => void,
): Numbers {
  const key = `ops.${i}.${part}`
  const values = tensors.get(key)?.values
  if (!values) throw new InputError(`${name}: no tensor "${key}"`)
  spend(values.length)
  const [isGood, wanted] = mayBeInfinite.includes(part)
    ? [(x: number) => !Number.isNaN(x), 'numbers']
    : [Number.isFinite, 'finite']
  const bad = values.findIndex((x) => !isGood(x))
  if (bad >= 0) throw new InputError(`${name}: tensor "${key}": entry ${bad} is ${values[bad]}, expected ${wanted}`)
  return values
}

function readOp(item: Field, numbers: (part: string) => Numbers, spend: (count: number) => void): Op {
  const from = item
    .at('from')
    .items()
    .map((value) => value.whole(0, limits.ops))
  const take = <N extends 0 | 1 | 2 | 3>(count: N) => {
    if (from.length !== count) item.at('from').refuse(`${count} values`)
    return from as N extends 0 ? [] : N extends 1 ? [number] : N extends 2 ? [number, number] : [number, number, number]
  }
  const group = () => item.at('group').whole(1, limits.width)
  const op = item.at('op').oneOf(kinds)
  switch (op) {
    case 'affine':
      return { op, from: take(1), weights: numbers('weights'), bias: numbers('bias') }
    case 'scale':
      return { op, from: take(1), scale: numbers('scale'), offset: numbers('offset') }
    case 'clip':
      return { op, from: take(1), low: numbers('low'), high: numbers('high') }
    case 'constant':
      return { op, from: take(0), values: numbers('values') }
    case 'activation': {
      const [alpha, beta] = [item.at('alpha').number(), item.at('beta').number()]
      return { op, from: take(1), name: item.at('name').oneOf(activationNames), alpha, beta }
    }
    case 'pick': {
      const runs = item
        .at('runs')
        .items()
        .map((run) => {
          const [from, length] = run.items()
          if (!from || !length) return run.refuse('[first, count]')
          const [first, count] = [from.whole(0, limits.width), length.whole(1, limits.width)]
          spend(count)
          return Array.from({ length: count }, (_, k) => first + k)
        })
      return { op, from: take(1), indices: Int32Array.from(runs.flat()) }
    }
    case 'join':
      if (from.length < 1) item.at('from').refuse('one value or more')
      return { op, from }
    case 'combine':
      return { op, from: take(2), name: item.at('name').oneOf(combinations) }
    case 'choose':
      return { op, from: take(3) }
    case 'reduce':
      return { op, from: take(1), name: item.at('name').oneOf(reductions), group: group() }
    case 'standardise':
      return { op, from: take(1), group: group(), epsilon: item.at('epsilon').number(0) }
  }
}
