/** What a teacher is made of, a row a layer, for who looks at it. */
import type { Layer } from '../../runtime-as/format/network.ts'
import { type Op, sizesOf } from './graph/graph.ts'
import type { Teacher } from './teacher.ts'

export interface Part {
  /** absent: a layer of weights */
  part?: string
  rows: number
  columns: number
  activation: string
  /** that are not zero */
  weights: number
}

const countWeights = (weights: ArrayLike<number>): number => Array.from(weights).filter((w) => w !== 0).length

export function partsOf({ network, graph }: Teacher): Part[] {
  if (network) return network.layers.map(partOfLayer)
  const sizes = sizesOf(graph)
  const parts: Part[] = []
  for (const [i, op] of graph.ops.entries()) {
    const [rows, columns] = [sizes[i + 1], op.from.reduce((sum, value) => sum + sizes[value], 0)]
    const last = parts.at(-1)
    if (op.op === 'affine') parts.push({ rows, columns, activation: 'none', weights: countWeights(op.weights) })
    // an activation right behind its layer stands in the layer's row, as in a plain teacher
    else if (
      op.op === 'activation' &&
      last &&
      op.from[0] === i &&
      last.part === undefined &&
      last.activation === 'none'
    )
      last.activation = op.name
    else
      parts.push({ part: nameOf(op), rows, columns, activation: op.op === 'activation' ? op.name : 'none', weights: 0 })
  }
  return parts
}

const partOfLayer = ({ inputs, outputs, activation, weights }: Layer): Part => ({
  rows: outputs,
  columns: inputs,
  activation,
  weights: countWeights(weights),
})

/** scale: a normaliser; standardise: layer normalisation */
const nameOf = (op: Op): string =>
  op.op === 'combine' || op.op === 'reduce'
    ? op.name
    : op.op === 'scale'
      ? 'normalise'
      : op.op === 'standardise'
        ? 'layer norm'
        : op.op
