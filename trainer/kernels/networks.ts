/** The trainer's networks, read and written as matrices (outputs, inputs), row-major, whatever their place in memory. */
import type { Layer, Network } from '../../runtime-as/format/network.ts'
import { biasIn, type Matrix, weightsIn } from './layout.ts'
import type { Control } from './step/control.ts'
import type { Critic } from './step/critics.ts'
import type { Lane } from './step/lane.ts'
import type { StepMemory } from './step/memory.ts'
import { noiseFormulas } from './step/noise.ts'

/** Layers (inputs, outputs) of a network. */
export interface Size {
  inputs: number
  outputs: number
}

/** One layer whose weights are Gaussians of mean theta and deviation sigma; a plain one has no use for sigma. */
export interface VariationalLayer {
  /** shape (outputs, inputs), row-major */
  theta: Float32Array
  /** the same shape */
  logSigma: Float32Array
  /** shape (outputs) */
  bias: Float32Array
}

export class Networks {
  readonly #memory: StepMemory
  readonly #lane: Lane
  readonly #control: Control

  /** lane: of a thread that works alone */
  constructor(memory: StepMemory, lane: Lane, control: Control) {
    this.#memory = memory
    this.#lane = lane
    this.#control = control
  }

  get actorSizes(): Size[] {
    return this.#memory.actor.layouts.map(({ inputs, outputs }) => ({ inputs, outputs }))
  }

  get criticSizes(): Size[] {
    const { layouts } = this.#memory.critics
    return [
      ...layouts.map(({ inputs, outputs }) => ({ inputs, outputs })),
      { inputs: layouts[layouts.length - 1].outputs, outputs: 1 },
    ]
  }

  /** Writes student parameters and, unless told otherwise, the same into its target. */
  writeActor(layers: readonly VariationalLayer[], into: 'both' | 'live' | 'target' = 'both'): void {
    const { actor } = this.#memory
    for (const part of partsOf(into))
      actor.layouts.forEach((layout, l) => {
        this.#write(weightsIn(actor.theta[part], layout), layers[l].theta)
        this.#write(weightsIn(actor.logSigma[part], layout), layers[l].logSigma)
        this.#write(biasIn(actor.theta[part], layout), layers[l].bias)
      })
    actor.refresh(this.#lane, noiseFormulas[this.#control.mode])
  }

  readActor(from: 'live' | 'target' = 'live'): VariationalLayer[] {
    const { actor } = this.#memory
    const [part] = partsOf(from)
    return actor.layouts.map((layout) => ({
      theta: this.#read(weightsIn(actor.theta[part], layout)),
      logSigma: this.#read(weightsIn(actor.logSigma[part], layout)),
      bias: this.#read(biasIn(actor.theta[part], layout)),
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
    actor.layouts.forEach((layout, l) => {
      this.#write(weightsIn(actor.mask, layout), masks[l])
    })
  }

  writeCritic(i: number, layers: readonly Layer[], into: 'both' | 'live' | 'target' = 'both'): void {
    const { critics } = this.#memory
    for (const part of partsOf(into)) {
      const critic = critics.pair(critics.parameters[part])[i]
      const places = matricesOf(critic)
      places.forEach(({ weights, bias }, l) => {
        this.#write(weights, layers[l].weights)
        this.#write(bias, layers[l].bias)
      })
    }
    critics.refreshTransposed(this.#lane)
  }

  /** Critic i's layers from a block of critic parameters (live, target, a moment). */
  readCritic(i: number, block = this.#memory.critics.parameters.value): Layer[] {
    return this.#readCritic(this.#memory.critics.pair(block)[i])
  }

  #readCritic(critic: Critic): Layer[] {
    const sizes = this.criticSizes
    return matricesOf(critic).map(({ weights, bias }, l) => ({
      ...sizes[l],
      activation: l < sizes.length - 1 ? 'relu' : 'none',
      weights: this.#read(weights),
      bias: this.#read(bias),
    }))
  }

  /** Critic i's gradients as handed to Adam (sums over the chunks). For tests. */
  criticGradients(i: number): Layer[] {
    const parts = this.#memory.critics.passes.map(({ gradients }) => this.#readCritic(gradients[i]))
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

  /** In memory a layer is (inputs, outputs), so that a batch multiplies it from the left; outside it is (outputs, inputs). */
  #write({ at, rows, columns, stride }: Matrix, values: Float32Array): void {
    const { f32 } = this.#lane
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) f32[(at + r * stride) / 4 + c] = values[c * rows + r]
  }

  #read({ at, rows, columns, stride }: Matrix): Float32Array {
    const { f32 } = this.#lane
    const values = new Float32Array(rows * columns)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) values[c * rows + r] = f32[(at + r * stride) / 4 + c]
    return values
  }

  /** Weights of the actor's layer l in any of its parameter blocks, (outputs, inputs). For tests. */
  readMatrix(block: number, l: number): Float32Array {
    return this.#read(weightsIn(block, this.#memory.actor.layouts[l]))
  }

  /** The biases of its layer l. For tests. */
  readBias(block: number, l: number): Float32Array {
    return this.#read(biasIn(block, this.#memory.actor.layouts[l]))
  }
}

const partsOf = (of: 'both' | 'live' | 'target'): ('value' | 'target')[] =>
  ({ live: ['value' as const], target: ['target' as const], both: ['value' as const, 'target' as const] })[of]

/** A critic's layers, the head the last. */
const matricesOf = ({ layers, head }: Critic): { weights: Matrix; bias: Matrix }[] => [
  ...layers.map(({ weights, start: { bias } }) => ({ weights, bias })),
  { weights: { ...head.weights, rows: head.weights.columns, columns: 1, stride: 4 }, bias: head.bias },
]
