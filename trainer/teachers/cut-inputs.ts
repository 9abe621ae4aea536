/** A teacher that reads more than a task gives: the inputs that are always zero there become part of the biases. */
import { InputError } from '../../runtime-as/errors.ts'
import type { Op } from './graph/graph.ts'
import { readGraph, storeGraph } from './graph/store.ts'
import type { Tensors } from './safetensors.ts'

/**
 * The same teacher for observations of the first `count` inputs alone, the others taken as zero: after a normalisation that is
 * (0 - mean) / sqrt(var + eps), whose share moves into the first layer's biases, in float64, rounded once. The tensors are a checked
 * teacher's. name: how errors call the file.
 */
export function cutInputs(teacher: Tensors, count: number, name: string): Tensors {
  return teacher.metadata.ops === undefined ? cutLayers(teacher, count, name) : cutGraph(teacher, count, name)
}

const noteOf = (count: number, inputs: number) => `the first ${count} of ${inputs}; the others taken as zero`

function requireFewer(count: number, inputs: number, name: string): void {
  if (count >= inputs) throw new InputError(`${name}: --inputs ${count}: expected fewer than the ${inputs} that it has`)
}

/** Zeros stand behind what is left. */
function cutGraph({ tensors, metadata }: Tensors, count: number, name: string): Tensors {
  const { observations, ops } = readGraph({ tensors, metadata }, name)
  requireFewer(count, observations, name)
  const zeros: Op = { op: 'constant', from: [], values: new Float32Array(observations - count) }
  const whole: Op = { op: 'join', from: [0, 1] }
  const moved = ops.map((op) => ({ ...op, from: op.from.map((value) => value + 2) }) as Op)
  const stored = storeGraph({ observations: count, ops: [zeros, whole, ...moved] })
  const inputs = noteOf(count, observations)
  return { tensors: stored.tensors, metadata: { ...metadata, ops: stored.ops, obs_dim: `${count}`, inputs } }
}

function cutLayers({ tensors, metadata }: Tensors, count: number, name: string): Tensors {
  const { shape, values: weights } = tensors.get('actor.0.weight')!
  const [outputs, inputs] = shape
  requireFewer(count, inputs, name)
  const [mean, variance] = [tensors.get('obs_mean')?.values, tensors.get('obs_var')?.values]
  const zero = (i: number) => {
    if (!mean || !variance) return 0
    const limit = Number(metadata.obs_norm_clip ?? Infinity)
    return Math.max(-limit, Math.min(limit, -mean[i] / Math.sqrt(variance[i] + Number(metadata.obs_norm_eps))))
  }
  const bias = Float32Array.from(tensors.get('actor.0.bias')!.values, (b, o) => {
    let sum = b
    for (let i = count; i < inputs; i++) sum += weights[o * inputs + i] * zero(i)
    return sum
  })
  const kept = Float32Array.from({ length: outputs * count }, (_, at) => {
    const row = Math.floor(at / count)
    return weights[row * inputs + (at % count)]
  })
  const cut = new Map(tensors)
  cut.set('actor.0.weight', { dtype: 'F32', shape: [outputs, count], values: kept })
  cut.set('actor.0.bias', { dtype: 'F32', shape: [outputs], values: bias })
  for (const key of ['obs_mean', 'obs_var']) {
    const tensor = tensors.get(key)
    if (tensor) cut.set(key, { ...tensor, shape: [count], values: tensor.values.slice(0, count) })
  }
  const note = noteOf(count, inputs)
  return { tensors: cut, metadata: { ...metadata, obs_dim: `${count}`, inputs: note } }
}
