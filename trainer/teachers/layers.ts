/** The dense layers of a teacher's file: `actor.N.weight` and `actor.N.bias`. */
import { InputError } from '../../runtime-as/errors.ts'
import type { Activation, Layer } from '../../runtime-as/format/network.ts'
import type { Tensor } from './safetensors.ts'

/** activation: of all. name: how errors call the file. Throws InputError. */
export function readLayers(name: string, tensors: ReadonlyMap<string, Tensor>, activation: Activation): Layer[] {
  const layers: Layer[] = []
  for (
    let layer = readLayer(name, tensors, 0, activation);
    layer;
    layer = readLayer(name, tensors, layers.length, activation)
  ) {
    const below = layers.at(-1)
    if (below && below.outputs !== layer.inputs)
      throw new InputError(
        `${name}: tensor "actor.${layers.length}.weight": ${layer.inputs} inputs, expected ${below.outputs}, the outputs of the layer before`,
      )
    layers.push(layer)
  }
  if (layers.length === 0) throw new InputError(`${name}: no tensor "actor.0.weight"`)
  return layers
}

function readLayer(
  name: string,
  tensors: ReadonlyMap<string, Tensor>,
  l: number,
  activation: Activation,
): Layer | undefined {
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
