/** A dense teacher: its network, how its output becomes an action, and where it came from. Stored as safetensors. */
import { InputError } from '../../runtime-as/errors.ts'
import {
  type Activation,
  type Contract,
  type Layer,
  type Network,
  parameterCount,
} from '../../runtime-as/format/network.ts'
import { MAX_WIDTH } from '../../runtime-as/kernel/assembly/layout.ts'
import { brief } from '../files/brief.ts'
import { parseJson } from '../files/json.ts'
import { readAs } from '../files/open.ts'
import type { TaskSpec } from '../tasks/task.ts'
import { plainForm } from './normalise.ts'
import { readSafetensors, type Tensor, type Tensors, writeSafetensors } from './safetensors.ts'

export interface Teacher {
  network: Network
  /** tanh: scaled to the action bounds; clip: in the units of the action, clamped to the bounds */
  squash: 'tanh' | 'clip'
  actionLow: number[]
  actionHigh: number[]
  /** free text: source, algorithm, seed, steps, command */
  metadata: Record<string, string>
}

/** Bytes of the teacher as plain f32: what the student's file is compared with. */
export const denseBytes = (network: Network): number => 4 * parameterCount(network)

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

function readLayer(name: string, tensors: Map<string, Tensor>, l: number, activation: Activation): Layer | undefined {
  const weight = tensors.get(`actor.${l}.weight`)
  const bias = tensors.get(`actor.${l}.bias`)
  if (!weight && !bias) return undefined
  if (weight?.shape.length !== 2 || weight.dtype !== 'F32')
    throw new InputError(`${name}: tensor "actor.${l}.weight": expected F32 of shape (outputs, inputs)`)
  const [outputs, inputs] = weight.shape
  if (bias?.shape.length !== 1 || bias.shape[0] !== outputs || bias.dtype !== 'F32')
    throw new InputError(`${name}: tensor "actor.${l}.bias": expected F32 of shape (${outputs})`)
  for (const [what, tensor] of [['weight', weight] as const, ['bias', bias] as const]) {
    const bad = tensor.values.findIndex((x) => !Number.isFinite(x))
    if (bad >= 0)
      throw new InputError(
        `${name}: tensor "actor.${l}.${what}": entry ${bad} is ${tensor.values[bad]}, expected finite`,
      )
  }
  return { inputs, outputs, activation, weights: weight.values as Float32Array, bias: bias.values as Float32Array }
}

/**
 * Reads and checks a teacher; a normalisation of its input or a limit of its output becomes part of its layers (normalise.ts). name: how
 * errors call the file.
 */
export function decodeTeacher(bytes: Uint8Array, name: string): Teacher {
  const { tensors, metadata } = readSafetensors(bytes, name)
  const hidden = oneOf(name, metadata, 'activation', ['relu', 'tanh'])
  const squash = oneOf(name, metadata, 'output_squash', ['tanh', 'clip'])
  if ((metadata.time_feature ?? 'false') !== 'false')
    throw new InputError(
      `${name}: metadata time_feature: an input with the remaining time is not supported, expected false`,
    )
  const layers: Layer[] = []
  for (
    let layer = readLayer(name, tensors, 0, hidden);
    layer;
    layer = readLayer(name, tensors, layers.length, hidden)
  ) {
    const below = layers.at(-1)
    if (below && below.outputs !== layer.inputs)
      throw new InputError(
        `${name}: tensor "actor.${layers.length}.weight": ${layer.inputs} inputs, expected ${below.outputs}, the outputs of the layer before`,
      )
    layers.push(layer)
  }
  if (layers.length === 0) throw new InputError(`${name}: no tensor "actor.0.weight"`)
  layers[layers.length - 1].activation = squash === 'tanh' ? 'tanh' : 'none'
  const actionLow = numbers(name, metadata, 'action_low')
  const actionHigh = numbers(name, metadata, 'action_high')
  const actions = layers[layers.length - 1].outputs
  if (actionLow.length !== actions || actionHigh.length !== actions)
    throw new InputError(`${name}: metadata action_low, action_high: expected ${actions} numbers each, one per output`)
  if (actionLow.some((low, i) => low >= actionHigh[i]))
    throw new InputError(`${name}: metadata action_low: expected each below action_high`)
  return { ...plainForm(name, layers, { tensors, metadata }), squash, actionLow, actionHigh }
}

/**
 * A teacher as the bytes of a safetensors file.
 *
 * @example
 * import { writeFileSync } from 'node:fs'
 * import { encodeTeacher, loadTeacher } from 'bpd/train'
 *
 * const teacher = loadTeacher('teacher.safetensors')
 * writeFileSync('copy.safetensors', encodeTeacher({ ...teacher, metadata: { source: 'here' } }))
 */
export function encodeTeacher({ network, squash, actionLow, actionHigh, metadata }: Teacher): Uint8Array {
  const { layers } = network
  if (layers.slice(0, -1).some(({ activation }) => activation !== layers[0].activation))
    throw new Error('a teacher of mixed hidden activations has no safetensors form: keep the file it came from')
  const tensors: Tensors['tensors'] = new Map()
  layers.forEach(({ inputs, outputs, weights, bias }, l) => {
    tensors.set(`actor.${l}.weight`, { dtype: 'F32', shape: [outputs, inputs], values: weights })
    tensors.set(`actor.${l}.bias`, { dtype: 'F32', shape: [outputs], values: bias })
  })
  return writeSafetensors({
    tensors,
    metadata: {
      ...metadata,
      obs_dim: String(layers[0].inputs),
      action_dim: String(layers[layers.length - 1].outputs),
      hidden: JSON.stringify(layers.slice(0, -1).map((layer) => layer.outputs)),
      activation: layers.length > 1 ? layers[0].activation : 'relu',
      output_squash: squash,
      action_low: JSON.stringify(actionLow),
      action_high: JSON.stringify(actionHigh),
      actor_params: String(parameterCount(network)),
    },
  })
}

/**
 * Throws InputError, too, where the file is of another kind.
 *
 * @example
 * import { loadTeacher } from 'bpd/train'
 *
 * const { actionLow, actionHigh, metadata } = loadTeacher('teacher.safetensors')
 * console.log(actionLow, actionHigh, metadata.algorithm)
 */
export function loadTeacher(path: string): Teacher {
  return decodeTeacher(readAs(path, ['teacher']).bytes, path)
}

/** Refuses a teacher that cannot act in the task. */
export function requireFit(teacher: Teacher, spec: TaskSpec, name: string): void {
  const { layers } = teacher.network
  const sizes = [layers[0].inputs, layers[layers.length - 1].outputs]
  const wanted = [spec.observationNames.length, spec.actionNames.length]
  if (sizes[0] !== wanted[0] || sizes[1] !== wanted[1])
    throw new InputError(
      `${name}: a policy of ${sizes[0]} observations and ${sizes[1]} actions; task ${spec.name} has ${wanted[0]} and ${wanted[1]}`,
    )
  for (const [key, mine, its] of [
    ['action_low', teacher.actionLow, spec.actionLow],
    ['action_high', teacher.actionHigh, spec.actionHigh],
  ] as const)
    if (mine.some((x, i) => x !== its[i]))
      throw new InputError(`${name}: metadata ${key}: [${mine.join(', ')}]; task ${spec.name} has [${its.join(', ')}]`)
}

/** The contract of a policy for a task. Failsafe: the middle of each action's range. */
export const contractOf = (spec: TaskSpec, squash: 'tanh' | 'clip', provenance: Record<string, unknown>): Contract => ({
  task: spec.name,
  observation: { names: [...spec.observationNames] },
  action: {
    names: [...spec.actionNames],
    low: [...spec.actionLow],
    high: [...spec.actionHigh],
    failsafe: spec.actionLow.map((low, i) => (low + spec.actionHigh[i]) / 2),
  },
  squash,
  period: spec.period,
  provenance,
})
