/** Layers that are no plain teacher, for their activation or a clip of their input, as a graph. */
import type { Layer } from '../../runtime-as/format/network.ts'
import type { Graph, Op } from './graph/graph.ts'
import { activationOp, type HiddenActivation } from './hidden-activation.ts'
import type { InputNormaliser, Limit } from './normalise.ts'

export interface Around {
  hidden: HiddenActivation
  normaliser?: InputNormaliser
  /** of the last layer's sums, before they are squashed */
  limit?: Limit
  squash: 'tanh' | 'clip'
}

/** The activations of the layers themselves are not looked at. */
export function generalForm(layers: readonly Layer[], { hidden, normaliser, limit, squash }: Around): Graph {
  const ops: Op[] = []
  const behind = (): [number] => [ops.length]
  const clip = (low: number, high: number, size: number) =>
    ops.push({
      op: 'clip',
      from: behind(),
      low: new Float64Array(size).fill(low),
      high: new Float64Array(size).fill(high),
    })
  const [{ inputs }] = layers
  if (normaliser) {
    const { mean, std } = normaliser
    ops.push({ op: 'scale', from: behind(), scale: std.map((s) => 1 / s), offset: std.map((s, i) => -mean[i] / s) })
    clip(-normaliser.clip, normaliser.clip, inputs)
  }
  for (const [l, { weights, bias }] of layers.entries()) {
    if (l > 0) ops.push(activationOp(hidden, ops.length))
    ops.push({ op: 'affine', from: behind(), weights, bias })
  }
  if (limit) clip(...limit, layers[layers.length - 1].outputs)
  if (squash === 'tanh') ops.push(activationOp({ name: 'tanh' }, ops.length))
  return { observations: inputs, ops }
}
