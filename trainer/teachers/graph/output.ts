/** How a graph's output becomes an action: its last operations, where they squash or bound it, said as facts. */
import { type Graph, type Numbers, type Op, sizesOf } from './graph.ts'

export interface Output {
  /** tanh: the graph ends in tanh, and its result is scaled to the bounds; clip: it gives the action in its unit */
  squash: 'tanh' | 'clip'
  /** absent: the graph says none */
  low?: number[]
  high?: number[]
}

/**
 * Takes a scale behind a last tanh, or a last clip, off a simplified graph, as bounds. What it gives up is what `squash` and the bounds say;
 * every other end is left as it is.
 */
export function splitOutput(graph: Graph): { graph: Graph; output: Output } {
  const { ops } = graph
  const last = ops.at(-1)
  const before = inner(ops, last)
  if (last?.op === 'activation' && last.name === 'tanh') {
    const size = sizesOf(graph)[ops.length]
    const ones = Array<number>(size).fill(1)
    return { graph, output: { squash: 'tanh', low: ones.map((x) => -x), high: ones } }
  }
  if (last?.op === 'scale' && before?.op === 'activation' && before.name === 'tanh' && last.scale.every((s) => s > 0)) {
    const low = Array.from(last.offset, (o, i) => tidy(o - last.scale[i], last.scale))
    const high = Array.from(last.offset, (o, i) => tidy(o + last.scale[i], last.scale))
    return { graph: without(graph), output: { squash: 'tanh', low, high } }
  }
  if (last?.op === 'clip' && before && ![...last.low, ...last.high].some((x) => !Number.isFinite(x))) {
    const bounds = { low: [...last.low], high: [...last.high] }
    if (bounds.low.every((low, i) => low < bounds.high[i])) {
      const rest = splitOutput(without(graph))
      const within = rest.output.low?.every((low, i) => low >= bounds.low[i] && rest.output.high![i] <= bounds.high[i])
      if (rest.output.squash === 'tanh') return within ? rest : { graph, output: { squash: 'clip', ...bounds } }
      return { graph: without(graph), output: { squash: 'clip', ...bounds } }
    }
  }
  return { graph, output: { squash: 'clip' } }
}

/** The operation before the last, where the last takes its result alone. */
const inner = (ops: readonly Op[], last: Op | undefined): Op | undefined =>
  last?.from.length === 1 && last.from[0] === ops.length - 1 ? ops.at(-2) : undefined

const without = ({ observations, ops }: Graph): Graph => ({ observations, ops: ops.slice(0, -1) })

/** The sum of two float32 numbers is exact in float64, and means the float32 that it rounds to: 0.4 and 0.1 give 0.5. */
const tidy = (x: number, of: Numbers): number =>
  of instanceof Float32Array ? Number(Math.fround(x).toPrecision(7)) : x
