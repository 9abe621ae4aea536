/** A graph that is a stack of layers with ReLU or tanh, as the network that students and boards know. */
import type { Activation, Layer, Network } from '../../../runtime-as/format/network.ts'
import { MAX_LAYERS, MAX_WIDTH } from '../../../runtime-as/kernel/assembly/layout.ts'
import { randomStream } from '../../random.ts'
import type { Graph, Op } from './graph.ts'
import { graphRunner } from './run.ts'

type Scale = Extract<Op, { op: 'scale' }>

/** of the largest action: what folding a normaliser into float32 weights may change */
const tolerance = 5e-6
const probes = 32

/** Undefined where it is no such stack, where a board's format has no room for it, or where it would act otherwise in float32. */
export function plainNetworkOf(graph: Graph, squash: 'tanh' | 'clip'): Network | undefined {
  const layers: Layer[] = []
  let inputs = graph.observations
  let input: Scale | undefined
  let columns: Int32Array | undefined
  for (const [i, op] of graph.ops.entries()) {
    if (op.from.length !== 1 || op.from[0] !== i) return undefined
    const below = layers.at(-1)
    if (op.op === 'pick' && i === 0) columns = op.indices
    else if (op.op === 'scale' && !input && graph.ops[i + 1]?.op === 'affine') input = op
    else if (op.op === 'affine') {
      const layer = layerOf(op, input, columns, inputs)
      layers.push(layer)
      inputs = layer.outputs
      input = columns = undefined
    } else if (op.op === 'activation' && (op.name === 'relu' || op.name === 'tanh') && below?.activation === 'none')
      below.activation = op.name as Activation
    else return undefined
  }
  if (layers.length < 1 || layers.length > MAX_LAYERS || layers.some(({ outputs }) => outputs > MAX_WIDTH))
    return undefined
  if (layers[0].inputs > MAX_WIDTH) return undefined
  if (layers.some(({ weights, bias }) => !weights.every(Number.isFinite) || !bias.every(Number.isFinite)))
    return undefined
  // what becomes of the last layer `squash` says
  if (layers[layers.length - 1].activation !== (squash === 'tanh' ? 'tanh' : 'none')) return undefined
  const network = { layers }
  return agree(graph, network) ? network : undefined
}

/** scale: what its inputs go through before; columns: which of `inputs` they are. In float64, rounded once. */
function layerOf(
  { weights, bias }: Extract<Op, { op: 'affine' }>,
  scale: Scale | undefined,
  columns: Int32Array | undefined,
  inputs: number,
): Layer {
  const outputs = bias.length
  const own = weights.length / outputs
  if (!scale && !columns && weights instanceof Float32Array && bias instanceof Float32Array)
    return { inputs, outputs, activation: 'none', weights: weights.slice(), bias: bias.slice() }
  const all = new Float64Array(outputs * inputs)
  const shifted = Float64Array.from(bias, (b, row) => {
    for (let i = 0; i < own; i++) {
      const w = weights[row * own + i]
      all[row * inputs + (columns ? columns[i] : i)] += w * (scale?.scale[i] ?? 1)
      b += w * (scale?.offset[i] ?? 0)
    }
    return b
  })
  return { inputs, outputs, activation: 'none', weights: Float32Array.from(all), bias: Float32Array.from(shifted) }
}

/** On observations as large as the normaliser has them, and around zero, summed in float32 as a board does. */
function agree(graph: Graph, network: Network): boolean {
  const [scale] = graph.ops
  if (scale.op !== 'scale') return true
  const random = randomStream(1, 'plain')
  const exact = graphRunner(graph)
  for (let probe = 0; probe < probes; probe++) {
    const observation = Float32Array.from({ length: graph.observations }, (_, i) => {
      const [a, b] = [scale.scale[i], scale.offset[i]]
      return probe % 2 && a !== 0 ? (random.normal() - b) / a : random.normal()
    })
    const [wanted, found] = [exact(observation), inFloat32(network, observation)]
    const size = wanted.reduce((most, x) => Math.max(most, Math.abs(x)), 1)
    if (wanted.some((x, i) => !(Math.abs(x - found[i]) <= tolerance * size))) return false
  }
  return true
}

function inFloat32({ layers }: Network, observation: Float32Array): Float32Array {
  let x = observation
  for (const { inputs, activation, weights, bias } of layers)
    x = bias.map((b, row) => {
      for (let i = 0; i < inputs; i++) b = Math.fround(b + Math.fround(weights[row * inputs + i] * x[i]))
      return activation === 'relu' ? Math.max(0, b) : activation === 'tanh' ? Math.tanh(b) : b
    })
  return x
}

/** The other way round. */
export function graphOf({ layers }: Network): Graph {
  const ops = layers.flatMap(({ weights, bias, activation }): Op[] => {
    const affine = { op: 'affine' as const, weights, bias }
    const act = { op: 'activation' as const, name: activation as 'relu', alpha: 0, beta: 0 }
    return activation === 'none'
      ? [{ ...affine, from: [0] }]
      : [
          { ...affine, from: [0] },
          { ...act, from: [0] },
        ]
  })
  return { observations: layers[0].inputs, ops: ops.map((op, i) => ({ ...op, from: [i] }) as Op) }
}
