/** A graph out of somebody's file as a teacher of ours: simplified, its end and the user's words made one, plain where it can be. */
import { InputError } from '../../runtime-as/errors.ts'
import type { Read, Said } from './format.ts'
import { type Graph, sizesOf } from './graph/graph.ts'
import { type Output, splitOutput } from './graph/output.ts'
import { plainNetworkOf } from './graph/plain.ts'
import { simplify } from './graph/simplify.ts'
import { type Teacher, teacherTensors } from './teacher.ts'

export interface Source {
  /** how errors call the file */
  name: string
  metadata: Record<string, string>
  warnings?: readonly string[]
}

/** Throws InputError. */
export function fromGraph(whole: Graph, said: Said, { name, metadata, warnings = [] }: Source): Read {
  const refuse = (what: string): never => {
    throw new InputError(`${name}: ${what}`)
  }
  let given: Graph
  try {
    given = simplify(whole)
  } catch (error) {
    return refuse((error as Error).message)
  }
  if (!given.ops.some(({ op }) => op === 'affine')) return refuse('no layer in it, expected a policy')
  if (said.output === 'tanh') given = withTanh(given)
  const { graph, output } = splitOutput(given)
  const actions = sizesOf(graph)[graph.ops.length]
  const [low, high] = [boundOf('low', said, actions, refuse), boundOf('high', said, actions, refuse)]
  if ((low === undefined) !== (high === undefined))
    return refuse('--action-low, --action-high: expected both or neither')
  const bad = low?.findIndex((x, i) => !(x < high![i])) ?? -1
  if (bad >= 0)
    return refuse(`--action-low: ${low![bad]} of action ${bad}, expected below --action-high, ${high![bad]}`)
  const settled = settle(output, said, low && { low, high: high! }, refuse)
  const [actionLow, actionHigh] = [settled.low, settled.high]
  const facts = { squash: settled.squash, actionLow, actionHigh, metadata }
  const network = plainNetworkOf(graph, settled.squash)
  const teacher: Teacher = network ? { network, ...facts } : { graph, ...facts }
  return { ...teacherTensors(teacher), warnings: [...warnings, ...(settled.warning ? [settled.warning] : [])] }
}

function withTanh(graph: Graph): Graph {
  const from: [number] = [graph.ops.length]
  return { ...graph, ops: [...graph.ops, { op: 'activation', from, name: 'tanh', alpha: 0, beta: 0 }] }
}

function boundOf(
  which: 'low' | 'high',
  { actionLow, actionHigh }: Said,
  actions: number,
  refuse: (what: string) => never,
): number[] | undefined {
  const given = which === 'low' ? actionLow : actionHigh
  if (given === undefined) return undefined
  if (given.length === 1) return Array<number>(actions).fill(given[0])
  return given.length === actions
    ? given
    : refuse(`--action-${which}: ${given.length} numbers, expected 1 or ${actions}, one an action`)
}

/** What the file says and what the user says, one of them or both alike. */
function settle(
  { squash, low, high }: Output,
  { output }: Said,
  bounds: { low: number[]; high: number[] } | undefined,
  refuse: (what: string) => never,
): Output & { warning?: string } {
  if (output === 'clip' && !bounds && !low)
    return refuse('--output clip: expected --action-low and --action-high with it')
  if (squash === 'tanh') {
    const scaled = low!.some((x) => x !== -1) || high!.some((x) => x !== 1)
    if (!bounds || (same(low!, bounds.low) && same(high!, bounds.high))) return { squash, low, high }
    if (scaled)
      return refuse(`--action-low, --action-high: the file says [${low!.join(', ')}] and [${high!.join(', ')}]`)
    const warning = `it ends in tanh, which is scaled to --action-low and --action-high`
    return { squash, ...bounds, ...(output === 'tanh' ? {} : { warning }) }
  }
  if (low && bounds && !(same(low, bounds.low) && same(high!, bounds.high)))
    return refuse(`--action-low, --action-high: the file says [${low.join(', ')}] and [${high!.join(', ')}]`)
  return { squash, low: low ?? bounds?.low, high: high ?? bounds?.high }
}

const same = (a: readonly number[], b: readonly number[]) =>
  a.every((x, i) => Math.abs(x - b[i]) <= 1e-6 * Math.max(1, Math.abs(x)))
