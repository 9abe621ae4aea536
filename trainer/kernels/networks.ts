/** The trainer's networks, read and written as matrices (outputs, inputs), row-major, whatever their place in memory. */
import type { Layer, Network } from '../../runtime-as/format/network.ts'
import { noiseModes } from './config.ts'
import type { Kernels } from './kernels.ts'
import type { LayerLayout } from './layout.ts'
import { control, type StepMemory } from './step.ts'

/** Layers (inputs, outputs) of a network. */
export interface Size {
  inputs: number
  outputs: number
}

/** theta, log sigma and biases of one layer; matrices are (outputs, inputs), row-major */
export interface VariationalLayer {
  theta: Float32Array
  logSigma: Float32Array
  bias: Float32Array
}

export class Networks {
  readonly #memory: StepMemory
  readonly #kernels: Kernels
  readonly #f32: Float32Array
  readonly #words: Int32Array

  constructor(memory: StepMemory, kernels: Kernels, buffer: SharedArrayBuffer) {
    this.#memory = memory
    this.#kernels = kernels
    this.#f32 = new Float32Array(buffer)
    this.#words = new Int32Array(buffer, memory.control, 64)
  }

  get actorSizes(): Size[] {
    return this.#memory.actor.layers.map(({ inputs, outputs }) => ({ inputs, outputs }))
  }

  get criticSizes(): Size[] {
    const { layers } = this.#memory.critics
    return [
      ...layers.map(({ inputs, outputs }) => ({ inputs, outputs })),
      { inputs: layers[layers.length - 1].outputs, outputs: 1 },
    ]
  }

  /** Writes student parameters and, unless told otherwise, the same into its target. */
  writeActor(layers: readonly VariationalLayer[], into: 'both' | 'live' | 'target' = 'both'): void {
    const { actor } = this.#memory
    const blocks: [theta: number, logSigma: number][] = []
    if (into !== 'target') blocks.push([actor.theta, actor.logSigma])
    if (into !== 'live') blocks.push([actor.targetTheta, actor.targetLogSigma])
    for (const [theta, logSigma] of blocks) {
      actor.layers.forEach((layout, l) => {
        this.#writeMatrix(theta, layout, layers[l].theta)
        this.#writeMatrix(logSigma, layout, layers[l].logSigma)
        this.#f32.set(layers[l].bias, this.#biasRow(theta, layout))
      })
    }
    actor.refresh(this.#kernels, noiseModes[this.#words[control.mode]])
  }

  readActor(from: 'live' | 'target' = 'live'): VariationalLayer[] {
    const { actor } = this.#memory
    const [theta, logSigma] =
      from === 'live' ? [actor.theta, actor.logSigma] : [actor.targetTheta, actor.targetLogSigma]
    return actor.layers.map((layout) => ({
      theta: this.#readMatrix(theta, layout),
      logSigma: this.#readMatrix(logSigma, layout),
      bias: this.#f32.slice(this.#biasRow(theta, layout), this.#biasRow(theta, layout) + layout.outputs),
    }))
  }

  /** A plain network into the actor and its target. */
  writeNetwork(network: Network): void {
    this.writeActor(
      network.layers.map(({ weights, bias }) => ({
        theta: weights,
        logSigma: new Float32Array(weights.length).fill(-5),
        bias,
      })),
    )
  }

  /** Only weights with 1 in the mask survive from now on (when the mode is masked); one matrix (outputs, inputs) a layer. */
  setMask(masks: readonly Float32Array[]): void {
    const { actor } = this.#memory
    actor.layers.forEach((layout, l) => {
      this.#writeMatrix(actor.mask, layout, masks[l])
    })
  }

  writeCritic(i: number, layers: readonly Layer[], into: 'both' | 'live' | 'target' = 'both'): void {
    const { critics } = this.#memory
    const blocks = [...(into !== 'target' ? [critics.parameters] : []), ...(into !== 'live' ? [critics.target] : [])]
    for (const block of blocks) {
      const p = critics.critic(block, i)
      critics.layers.forEach((layout, l) => {
        this.#writeMatrix(p, layout, layers[l].weights)
        this.#f32.set(layers[l].bias, this.#biasRow(p, layout))
      })
      const head = layers[layers.length - 1]
      this.#f32.set(head.weights, (p + critics.head) / 4)
      this.#f32[(p + critics.headBias) / 4] = head.bias[0]
    }
    for (let t = 0; t < 2; t++) critics.refreshTransposed(this.#kernels, t, 2)
  }

  /** Critic i's layers from a block of critic parameters (live, target, or a chunk's gradients). */
  readCritic(i: number, block = this.#memory.critics.parameters): Layer[] {
    const { critics } = this.#memory
    const p = critics.critic(block, i)
    const layers: Layer[] = critics.layers.map((layout) => ({
      inputs: layout.inputs,
      outputs: layout.outputs,
      activation: 'relu',
      weights: this.#readMatrix(p, layout),
      bias: this.#f32.slice(this.#biasRow(p, layout), this.#biasRow(p, layout) + layout.outputs),
    }))
    const inputs = layers[layers.length - 1].outputs
    const head = (p + critics.head) / 4
    const bias = (p + critics.headBias) / 4
    layers.push({
      inputs,
      outputs: 1,
      activation: 'none',
      weights: this.#f32.slice(head, head + inputs),
      bias: this.#f32.slice(bias, bias + 1),
    })
    return layers
  }

  /** Critic i's gradients as handed to Adam (sums over the chunks). For tests. */
  criticGradients(i: number): Layer[] {
    const { critics } = this.#memory
    const parts = critics.chunks.map((chunk) => this.readCritic(i, chunk.gradients))
    return parts[0].map((layer, l) => ({
      ...layer,
      weights: this.#sumOverChunks((c) => parts[c][l].weights),
      bias: this.#sumOverChunks((c) => parts[c][l].bias),
    }))
  }

  #sumOverChunks(read: (c: number) => Float32Array): Float32Array {
    const sum = read(0)
    for (let c = 1; c < this.#memory.config.chunks; c++)
      read(c).forEach((x, i) => {
        sum[i] += x
      })
    return sum
  }

  #biasRow(block: number, layout: LayerLayout): number {
    return (block + layout.offset + layout.inputs * layout.stride) / 4
  }

  /** In memory a layer is (inputs, outputs), so that a batch multiplies it from the left; outside it is (outputs, inputs). */
  #writeMatrix(block: number, { inputs, outputs, offset, stride: s }: LayerLayout, matrix: Float32Array): void {
    for (let i = 0; i < inputs; i++) {
      const row = (block + offset + i * s) / 4
      for (let o = 0; o < outputs; o++) this.#f32[row + o] = matrix[o * inputs + i]
    }
  }

  #readMatrix(block: number, { inputs, outputs, offset, stride: s }: LayerLayout): Float32Array {
    const matrix = new Float32Array(inputs * outputs)
    for (let i = 0; i < inputs; i++) {
      const row = (block + offset + i * s) / 4
      for (let o = 0; o < outputs; o++) matrix[o * inputs + i] = this.#f32[row + o]
    }
    return matrix
  }

  /** Weights of the actor's layer l in any of its parameter blocks, (outputs, inputs). For tests. */
  readMatrix(block: number, l: number): Float32Array {
    return this.#readMatrix(block, this.#memory.actor.layers[l])
  }
}
