/** Teachers and students as policies to check a log against. */
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import type { Network } from '../../runtime-as/format/network.ts'
import { readAs } from '../files/open.ts'
import { teacherContract } from '../teachers/contract.ts'
import { activationOf } from '../teachers/graph/activations.ts'
import type { Graph } from '../teachers/graph/graph.ts'
import { graphRunner } from '../teachers/graph/run.ts'
import { importTeacher, teacherKinds } from '../teachers/import.ts'
import { readSafetensors } from '../teachers/safetensors.ts'
import { type Teacher, teacherFile, teacherSizes } from '../teachers/teacher.ts'
import { type Elementwise, type Stage, stagedPolicy, tabled } from './batches.ts'
import type { ActionBounds, BatchPolicy, Normaliser } from './bench.ts'

/** A policy and what its file says of its contract. */
export interface CheckedPolicy {
  act: BatchPolicy
  observations: number
  actions: number
  /** infinite where nobody knows them */
  bounds: ActionBounds
  normaliser?: Normaliser
  observationNames?: readonly string[]
  actionNames?: readonly string[]
  /** s */
  period?: number
  /** what the user should know of the file, a line each */
  warnings: readonly string[]
}

/** A .bpd student, or a teacher in any of the formats, or the folder of one. Throws InputError. */
export async function openPolicy(path: string): Promise<CheckedPolicy> {
  const file = teacherFile(path)
  const { kind, bytes } = readAs(file, ['policy', ...teacherKinds])
  if (kind === 'policy') {
    const { network, contract } = decodePolicy(bytes, file)
    const { observation, action, period, squash } = contract
    return {
      act: networkPolicy(network, squash, action),
      observations: observation.names.length,
      actions: action.names.length,
      bounds: action,
      observationNames: observation.names,
      actionNames: action.names,
      period,
      warnings: [],
    }
  }
  const imported = await importTeacher(file)
  const { teacher, warnings } = imported
  const { observations, actions } = teacherSizes(teacher)
  const { observation, action, period } = teacherContract(teacher)
  return {
    act: teacherBatch(teacher),
    observations,
    actions,
    bounds: boundsOf(teacher),
    normaliser: normaliserOf(teacher, imported.bytes),
    ...(observation?.names.length === observations && { observationNames: observation.names }),
    ...(action?.names?.length === actions && { actionNames: action.names }),
    period,
    warnings,
  }
}

function boundsOf(teacher: Teacher): ActionBounds {
  const { actions } = teacherSizes(teacher)
  const { actionLow, actionHigh } = teacher
  return {
    low: actionLow ?? new Array<number>(actions).fill(-Infinity),
    high: actionHigh ?? new Array<number>(actions).fill(Infinity),
  }
}

/** Actions of a teacher in their units, within its bounds where it has some. */
export function teacherBatch(teacher: Teacher): BatchPolicy {
  const { network, graph, squash } = teacher
  return network ? networkPolicy(network, squash, boundsOf(teacher)) : graphPolicy(graph, squash, boundsOf(teacher))
}

const outputOf = (squash: 'tanh' | 'clip', { low, high }: ActionBounds): Elementwise =>
  squash === 'tanh'
    ? (y, i) => (low[i] + high[i]) / 2 + ((high[i] - low[i]) / 2) * y
    : (y, i) => Math.max(low[i], Math.min(high[i], y))

/** Dense layers, their output limited to the bounds of the actions as the teacher or student does. */
export function networkPolicy({ layers }: Network, squash: 'tanh' | 'clip', bounds: ActionBounds): BatchPolicy {
  const stages = layers.map(
    ({ activation, ...layer }): Stage => ({
      ...layer,
      after: activation === 'none' ? [] : [activation === 'tanh' ? tabled(Math.tanh) : activation],
    }),
  )
  return stagedPolicy({ stages, output: outputOf(squash, bounds) })
}

/** By stages where the graph is a chain of layers and functions of single numbers; else one observation at a time. */
function graphPolicy(graph: Graph, squash: 'tanh' | 'clip', bounds: ActionBounds): BatchPolicy {
  const output = outputOf(squash, bounds)
  const chain = chainOf(graph)
  if (chain) return stagedPolicy({ ...chain, output })
  const run = graphRunner(graph)
  return (x, rows, actions) => {
    const o = graph.observations
    for (let r = 0; r < rows; r++) {
      const y = run(x.subarray(r * o, (r + 1) * o))
      for (let k = 0; k < y.length; k++) actions[r * y.length + k] = output(y[k], k)
    }
  }
}

function chainOf({ observations, ops }: Graph) {
  const first: ('relu' | Elementwise)[] = []
  const stages: (Stage & { after: ('relu' | Elementwise)[] })[] = []
  let picked: Int32Array | undefined
  for (const [i, op] of ops.entries()) {
    if (op.from.length !== 1 || op.from[0] !== i) return undefined
    const after: ('relu' | Elementwise)[] = stages[stages.length - 1]?.after ?? first
    // what is picked moves: behind it only what treats all alike
    if (picked && (op.op !== 'activation' || stages.length === 0)) return undefined
    if (op.op === 'affine') {
      const { weights, bias } = op
      const inputs = stages[stages.length - 1]?.outputs ?? observations
      stages.push({ inputs, outputs: bias.length, weights, bias, after: [] })
    } else if (op.op === 'activation') {
      const [activate, { alpha, beta }] = [activationOf(op.name), op]
      after.push(op.name === 'relu' ? 'relu' : tabled((x) => activate(x, alpha, beta)))
    } else if (op.op === 'scale') after.push((x, k) => x * op.scale[k] + op.offset[k])
    else if (op.op === 'clip') after.push((x, k) => Math.min(op.high[k], Math.max(op.low[k], x)))
    else if (op.op === 'pick') picked = op.indices
    else return undefined
  }
  return stages.length === 0 ? undefined : { first, stages, picked }
}

/** What the policy takes off its observations, and divides them by, where its file says that apart. */
function normaliserOf({ graph }: Teacher, bytes: Uint8Array): Normaliser | undefined {
  const [op] = graph?.ops ?? []
  if (op?.op === 'scale' && op.from[0] === 0 && op.scale.every((s) => s > 0))
    return {
      mean: Float64Array.from(op.offset, (offset, i) => -offset / op.scale[i]),
      std: Float64Array.from(op.scale, (s) => 1 / s),
    }
  const { tensors, metadata } = readSafetensors(bytes, 'teacher')
  const [mean, variance] = [tensors.get('obs_mean')?.values, tensors.get('obs_var')?.values]
  if (!mean || !variance) return undefined
  return { mean, std: Float64Array.from(variance, (v) => Math.sqrt(v + Number(metadata.obs_norm_eps ?? 0))) }
}
