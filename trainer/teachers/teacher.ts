/** A teacher: what it computes, how its output becomes an action, and where it came from. Stored as safetensors. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import {
  type Contract,
  type Layer,
  type Network,
  parameterCount,
  weightCount,
} from '../../runtime-as/format/network.ts'
import { MAX_WIDTH } from '../../runtime-as/kernel/assembly/layout.ts'
import type { PolicyContract } from '../contract.ts'
import { brief } from '../files/brief.ts'
import { parseJson } from '../files/json.ts'
import { readAs } from '../files/open.ts'
import { generalForm } from './general-form.ts'
import { type Graph, graphParameters, graphWeights, isAffine, sizesOf } from './graph/graph.ts'
import { graphOf, plainNetworkOf } from './graph/plain.ts'
import { readGraph, storeGraph } from './graph/store.ts'
import { hiddenActivations, hiddenWords } from './hidden-activation.ts'
import { readLayers } from './layers.ts'
import { inputNormaliser, plainForm, sumLimit, usualClip } from './normalise.ts'
import { readSafetensors, type Tensors, writeSafetensors } from './safetensors.ts'

interface Facts {
  /** tanh: scaled to the action bounds; clip: in the units of the action, clamped to the bounds where there are any */
  squash: 'tanh' | 'clip'
  /** shape (actions), in the units of each; both absent: nobody knows the bounds */
  actionLow?: number[]
  /** shape (actions), in the units of each */
  actionHigh?: number[]
  /** free text: source, algorithm, seed, steps, command */
  metadata: Record<string, string>
}

/** Dense layers with ReLU or tanh: what students and boards know. */
export interface PlainTeacher extends Facts {
  network: Network
  graph?: undefined
}

/** Any other: run by graph/run.ts, on this machine alone. */
export interface GeneralTeacher extends Facts {
  network?: undefined
  graph: Graph
}

/** A trained policy that students learn from. */
export type Teacher = PlainTeacher | GeneralTeacher

/** Refuses a teacher that no board can run. name: how errors call the file. */
export function requirePlain(teacher: Teacher, name: string): PlainTeacher {
  if (teacher.network) return teacher
  throw new InputError(`${name}: a teacher that is no stack of layers with ReLU or tanh, which this needs`)
}

/** Sizes of the layers; what a graph has between its layers is not among them. */
export function teacherSizes({ network, graph }: Teacher): { observations: number; actions: number; hidden: number[] } {
  if (network) {
    const outputs = network.layers.map((layer) => layer.outputs)
    return {
      observations: network.layers[0].inputs,
      actions: outputs[outputs.length - 1],
      hidden: outputs.slice(0, -1),
    }
  }
  const widths = graph.ops.filter(isAffine).map(({ bias }) => bias.length)
  return { observations: graph.observations, actions: sizesOf(graph)[graph.ops.length], hidden: widths.slice(0, -1) }
}

export const teacherParameters = ({ network, graph }: Teacher): number =>
  network ? parameterCount(network) : graphParameters(graph)

/** Weights that are not exactly zero. */
export const teacherWeights = ({ network, graph }: Teacher): number =>
  network ? weightCount(network) : graphWeights(graph)

function numbers(name: string, metadata: Record<string, string>, key: string): number[] {
  let list: unknown
  try {
    list = parseJson(metadata[key] ?? '', { items: 2 * MAX_WIDTH, depth: 1 })
  } catch {
    list = undefined
  }
  if (!Array.isArray(list) || !list.every((x) => Number.isFinite(x)))
    throw new InputError(`${name}: metadata ${key}: expected a JSON list of numbers`)
  return list as number[]
}

function oneOf<T extends string>(
  name: string,
  metadata: Record<string, string>,
  key: string,
  allowed: readonly T[],
): T {
  const value = metadata[key] as T
  if (!allowed.includes(value))
    throw new InputError(`${name}: metadata ${key}: ${brief(value ?? null)}, expected ${allowed.join(' or ')}`)
  return value
}

/**
 * Reads and checks a teacher; a normalisation of its input or a limit of its output becomes part of its layers (normalise.ts). name: how
 * errors call the file.
 */
export function decodeTeacher(bytes: Uint8Array, name: string): Teacher {
  const file = readSafetensors(bytes, name)
  return file.metadata.ops === undefined ? decodeLayers(file, name) : decodeGraph(file, name)
}

/** Plain, but for an activation that no board knows, and a clip of the observation that may bind. */
function decodeLayers({ tensors, metadata }: Tensors, name: string): Teacher {
  const word = oneOf(name, metadata, 'activation', hiddenWords)
  const hidden = word === 'relu' || word === 'tanh' ? word : undefined
  const output = oneOf(name, metadata, 'output_squash', outputs)
  if ((metadata.time_feature ?? 'false') !== 'false')
    throw new InputError(
      `${name}: metadata time_feature: an input with the remaining time is not supported, expected false`,
    )
  const layers = readLayers(name, tensors, hidden ?? 'none')
  layers[layers.length - 1].activation = output === 'tanh' ? 'tanh' : 'none'
  const facts = readOutput(name, metadata, layers[layers.length - 1].outputs)
  const { obs_norm: _, obs_norm_eps: _eps, obs_norm_clip: _clip, pre_squash: _limit, ...rest } = metadata
  const normaliser = inputNormaliser(name, layers[0].inputs, { tensors, metadata })
  const limit = sumLimit(name, metadata)
  if (hidden && !(normaliser && normaliser.clip < usualClip)) {
    const { network, said } = plainForm(name, layers, { normaliser, limit, metadata })
    return { network, ...facts, metadata: { ...rest, ...said } }
  }
  const { activation: _hidden, ...others } = rest
  const graph = generalForm(layers, { hidden: hiddenActivations[word], normaliser, limit, squash: facts.squash })
  return { graph, ...facts, metadata: others }
}

function decodeGraph({ tensors, metadata }: Tensors, name: string): Teacher {
  const graph = readGraph({ tensors, metadata }, name)
  const facts = readOutput(name, metadata, sizesOf(graph)[graph.ops.length])
  const { ops: _, ...rest } = metadata
  const network = plainNetworkOf(graph, facts.squash)
  if (network) return { network, ...facts, metadata: rest }
  return { graph, ...facts, metadata: rest }
}

/** none: in the units of the action, without known bounds */
const outputs = ['tanh', 'clip', 'none'] as const

/** What the metadata say of the output of a policy of so many actions. */
function readOutput(
  name: string,
  metadata: Record<string, string>,
  actions: number,
): Pick<Teacher, 'squash' | 'actionLow' | 'actionHigh'> {
  const output = oneOf(name, metadata, 'output_squash', outputs)
  if (output === 'none') return { squash: 'clip' }
  const actionLow = numbers(name, metadata, 'action_low')
  const actionHigh = numbers(name, metadata, 'action_high')
  if (actionLow.length !== actions || actionHigh.length !== actions)
    throw new InputError(`${name}: metadata action_low, action_high: expected ${actions} numbers each, one per output`)
  if (actionLow.some((low, i) => low >= actionHigh[i]))
    throw new InputError(`${name}: metadata action_low: expected each below action_high`)
  return { squash: output, actionLow, actionHigh }
}

/**
 * A teacher as the bytes of a safetensors file.
 *
 * @param teacher whose hidden layers have one activation
 *
 * @example
 * import { writeFileSync } from 'node:fs'
 * import { encodeTeacher, loadTeacher } from 'bpd/train'
 *
 * const teacher = loadTeacher('teacher.safetensors')
 * writeFileSync('copy.safetensors', encodeTeacher({ ...teacher, metadata: { source: 'here' } }))
 */
export function encodeTeacher(teacher: Teacher): Uint8Array {
  return writeSafetensors(teacherTensors(teacher))
}

/** A teacher in the form of its file: layers by their names, or else the operations of its graph. */
export function teacherTensors(teacher: Teacher): Tensors {
  const { network, graph, squash, actionLow, actionHigh, metadata } = teacher
  const { observations, actions, hidden } = teacherSizes(teacher)
  const activation = network && hiddenActivation(network)
  const stored = activation ? storeLayers(network.layers) : storeGraph(graph ?? graphOf(network))
  const bounds = actionLow && { action_low: JSON.stringify(actionLow), action_high: JSON.stringify(actionHigh) }
  return {
    tensors: stored.tensors,
    metadata: {
      ...metadata,
      obs_dim: String(observations),
      action_dim: String(actions),
      hidden: JSON.stringify(hidden),
      ...(activation ? { activation } : { ops: stored.ops! }),
      output_squash: bounds ? squash : 'none',
      ...bounds,
      actor_params: String(teacherParameters(teacher)),
    },
  }
}

/** That of all hidden layers; undefined where they differ. */
function hiddenActivation({ layers }: Network): 'relu' | 'tanh' | undefined {
  const [first = 'relu', ...others] = layers.slice(0, -1).map(({ activation }) => activation)
  return first === 'none' || others.some((other) => other !== first) ? undefined : first
}

function storeLayers(layers: readonly Layer[]): { tensors: Tensors['tensors']; ops?: undefined } {
  const tensors: Tensors['tensors'] = new Map()
  layers.forEach(({ inputs, outputs, weights, bias }, l) => {
    tensors.set(`actor.${l}.weight`, { dtype: 'F32', shape: [outputs, inputs], values: weights })
    tensors.set(`actor.${l}.bias`, { dtype: 'F32', shape: [outputs], values: bias })
  })
  return { tensors }
}

/** Where a teacher's file lies: `path` itself, or the one in a folder as `bpd import` and `bpd teach` make it. */
export function teacherFile(path: string): string {
  const inside = join(path, 'teacher.safetensors')
  return existsSync(inside) ? inside : path
}

/**
 * A teacher in our own form; other forms: `openTeacher`. Throws InputError, too, where the file is of another kind.
 *
 * @param path of a safetensors file, as `encodeTeacher`, `bpd teach` and `bpd import` write it, or of the folder of it
 *
 * @example
 * import { loadTeacher } from 'bpd/train'
 *
 * const { actionLow, actionHigh, metadata } = loadTeacher('teacher.safetensors')
 * console.log(actionLow, actionHigh, metadata.algorithm)
 */
export function loadTeacher(path: string): Teacher {
  const file = teacherFile(path)
  return decodeTeacher(readAs(file, ['teacher']).bytes, file)
}

/** Refuses a teacher that cannot act in the task, or where a contract is to be kept. */
export function requireFit(teacher: Teacher, spec: PolicyContract, name: string): void {
  const { observations, actions } = teacherSizes(teacher)
  const wanted = [spec.observationNames.length, spec.actionNames.length]
  if (observations !== wanted[0] || actions !== wanted[1])
    throw new InputError(
      `${name}: a policy of ${observations} observations and ${actions} actions; task ${spec.name} has ${wanted[0]} and ${wanted[1]}`,
    )
  for (const [key, mine, its] of [
    ['action_low', teacher.actionLow, spec.actionLow],
    ['action_high', teacher.actionHigh, spec.actionHigh],
  ] as const)
    if (mine?.some((x, i) => x !== its[i]))
      throw new InputError(`${name}: metadata ${key}: [${mine.join(', ')}]; task ${spec.name} has [${its.join(', ')}]`)
}

/** The contract of a policy for a task. Failsafe, unless it is said: the middle of each action's range. */
export const contractOf = (
  spec: PolicyContract,
  squash: 'tanh' | 'clip',
  provenance: Record<string, unknown>,
): Contract => ({
  task: spec.name,
  observation: { names: [...spec.observationNames], ...spec.bounds },
  action: {
    names: [...spec.actionNames],
    low: [...spec.actionLow],
    high: [...spec.actionHigh],
    failsafe: spec.failsafe ? [...spec.failsafe] : spec.actionLow.map((low, i) => (low + spec.actionHigh[i]) / 2),
  },
  squash,
  period: spec.period,
  provenance,
})
