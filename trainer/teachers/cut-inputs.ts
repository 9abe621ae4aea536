/** A teacher that reads more than a task gives: the inputs that are always zero there become part of the biases. */
import { InputError } from '../../runtime-as/errors.ts'
import type { Tensors } from './safetensors.ts'

/**
 * The same teacher for observations of the first `count` inputs alone, the others taken as zero: after a normalisation that is
 * (0 - mean) / sqrt(var + eps), whose share moves into the first layer's biases, in float64, rounded once. The tensors are a checked
 * teacher's. name: how errors call the file.
 */
export function cutInputs({ tensors, metadata }: Tensors, count: number, name: string): Tensors {
  const { shape, values: weights } = tensors.get('actor.0.weight')!
  const [outputs, inputs] = shape
  if (count >= inputs) throw new InputError(`${name}: --inputs ${count}: expected fewer than the ${inputs} that it has`)
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
  const note = `the first ${count} of ${inputs}; the others taken as zero`
  return { tensors: cut, metadata: { ...metadata, obs_dim: `${count}`, inputs: note } }
}
