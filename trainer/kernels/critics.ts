/** Twin critics Q1, Q2: MLPs of (state, action) with ReLU hidden layers and one linear output, in one parameter block. */
import type { StepConfig } from './config.ts'
import type { Kernels } from './kernels.ts'
import { type Arena, type Common, type LayerLayout, layerLayouts, share, stride } from './layout.ts'

interface CriticChunk {
  /** (state, action) rows */
  input: number
  hidden: number[]
  gradient: number[]
  /** per row: the two critics' values, the target, the gradient by the value */
  q: [number, number]
  target: number
  byQ: number
  /** gradient by the action */
  byAction: number
  gradients: number
}

export class Critics {
  readonly layers: LayerLayout[]
  /** bytes of both critics' block; critic i begins at i * bytes / 2: hidden layers, then the head's weights as one row, then its bias */
  readonly bytes: number
  readonly parameters: number
  readonly mean: number
  readonly square: number
  readonly target: number
  readonly chunks: CriticChunk[] = []
  readonly head: number
  readonly headBias: number
  readonly #transposed: number[][]
  readonly #actionRows: number
  readonly #config: StepConfig
  readonly #common: Common
  readonly #inputSize: number
  readonly #width: number

  constructor(config: StepConfig, arena: Arena, common: Common) {
    this.#config = config
    this.#common = common
    this.#inputSize = config.observationSize + config.actionSize
    const { layers, bytes } = layerLayouts([this.#inputSize, ...config.criticHidden])
    this.layers = layers
    this.#width = config.criticHidden[config.criticHidden.length - 1]
    this.head = bytes
    this.headBias = bytes + stride(this.#width)
    this.bytes = 2 * (this.headBias + 64)
    this.parameters = arena.take(this.bytes)
    this.mean = arena.take(this.bytes)
    this.square = arena.take(this.bytes)
    this.target = arena.take(this.bytes)
    this.#transposed = [0, 1].map(() => layers.map((layer) => arena.take((layer.outputs + 15) * stride(layer.inputs))))
    this.#actionRows = arena.take((config.criticHidden[0] + 15) * stride(config.actionSize))
    const matrix = (s: number) => arena.take((common.rows + 5) * s)
    for (let c = 0; c < config.chunks; c++) {
      this.chunks.push({
        input: matrix(stride(this.#inputSize)),
        hidden: layers.map((layer) => matrix(layer.stride)),
        gradient: layers.map((layer) => matrix(layer.stride)),
        q: [matrix(4), matrix(4)],
        target: matrix(4),
        byQ: matrix(4),
        byAction: matrix(stride(config.actionSize)),
        gradients: arena.take(this.bytes),
      })
    }
  }

  /** Address of critic i in `block`. */
  critic(block: number, i: number): number {
    return block + (i * this.bytes) / 2
  }

  /** Puts (state, action) rows side by side. */
  join(k: Kernels, c: number, rows: number, states: number, actions: number): void {
    const { observationSize: o, actionSize: a } = this.#config
    const { input } = this.chunks[c]
    const to = stride(this.#inputSize)
    k.copyColumns(states, stride(o), input, to, rows, o * 4)
    k.copyColumns(actions, stride(a), input + o * 4, to, rows, a * 4)
  }

  /** Values of the joined rows by critic i of `block`, into q[i]. */
  forward(k: Kernels, f32: Float32Array, c: number, rows: number, block: number, i: number): void {
    const { input, hidden, q } = this.chunks[c]
    const p = this.critic(block, i)
    let x = input
    let lx = stride(this.#inputSize)
    for (let l = 0; l < this.layers.length; l++) {
      const { inputs, outputs, stride: s, offset } = this.layers[l]
      const w = p + offset
      this.#product(k, c, rows, outputs, inputs, x, lx, 4, w, s, hidden[l], w + inputs * s, 0)
      x = hidden[l]
      lx = s
    }
    k.dotRows(x, lx, rows, this.#width, p + this.head, f32[(p + this.headBias) >>> 2], q[i])
  }

  /** Gradients of critic i's parameters from byQ, for the pass that `forward` made. */
  backward(k: Kernels, f32: Float32Array, c: number, rows: number, i: number): void {
    const chunk = this.chunks[c]
    const g = this.critic(chunk.gradients, i)
    const last = this.layers.length - 1
    k.weightedSums(chunk.byQ, chunk.hidden[last], stride(this.#width), rows, this.#width, g + this.head)
    f32[(g + this.headBias) >>> 2] = k.total(chunk.byQ, rows, 0)
    this.#hiddenGradients(k, c, rows, i)
    for (let l = last; l >= 0; l--) {
      const { inputs, outputs, stride: s, offset } = this.layers[l]
      const x = l ? chunk.hidden[l - 1] : chunk.input
      const d = chunk.gradient[l]
      this.#product(k, c, inputs, outputs, rows, x, 4, stride(inputs), d, s, g + offset)
      k.columnSums(d, s, rows, outputs, g + offset + inputs * s)
    }
  }

  /** Gradient of critic i's value by the action, from byQ, into byAction. `refreshActionRows` was called for i. */
  backwardToAction(k: Kernels, c: number, rows: number, i = 0): void {
    const { gradient, byAction } = this.chunks[c]
    const { outputs, stride: s } = this.layers[0]
    const { actionSize } = this.#config
    this.#hiddenGradients(k, c, rows, i)
    const la = stride(actionSize)
    this.#product(k, c, rows, actionSize, outputs, gradient[0], s, 4, this.#actionRows, la, byAction)
  }

  #hiddenGradients(k: Kernels, c: number, rows: number, i: number): void {
    const { hidden, gradient, byQ } = this.chunks[c]
    const last = this.layers.length - 1
    const head = this.critic(this.parameters, i) + this.head
    k.outerRelu(byQ, head, hidden[last], stride(this.#width), rows, this.#width, gradient[last])
    for (let l = last; l > 0; l--) {
      const { inputs, outputs, stride: s } = this.layers[l]
      const lb = stride(inputs)
      const below = gradient[l - 1]
      this.#product(k, c, rows, inputs, outputs, gradient[l], s, 4, this.#transposed[i][l], lb, below)
      k.reluGradient(below, hidden[l - 1], rows * lb)
    }
  }

  /** Thread t's share of one Adam update. */
  update(k: Kernels, thread: number, threads: number, step: number, root: number): void {
    const { chunks } = this.#config
    const g = this.chunks[0].gradients
    const apart = chunks > 1 ? this.chunks[1].gradients - g : 0
    const [from, to] = share(this.bytes, thread, threads)
    const { parameters, mean, square } = this
    k.adam(parameters + from, mean + from, square + from, g + from, apart, to - from, step, root)
  }

  /** Thread t's share of the target networks' move. */
  moveTargets(k: Kernels, thread: number, threads: number): void {
    const [from, to] = share(this.bytes, thread, threads)
    k.polyak(this.parameters + from, this.target + from, to - from, this.#config.tau)
  }

  /** Thread t's share of the transposed weights that the backward passes read. */
  refreshTransposed(k: Kernels, thread: number, threads: number): void {
    for (let i = 0; i < 2; i++) {
      if (i % threads !== thread) continue
      const p = this.critic(this.parameters, i)
      for (let l = 1; l < this.layers.length; l++) {
        const { inputs, outputs, stride: s, offset } = this.layers[l]
        k.transpose(inputs, outputs, p + offset, s, this.#transposed[i][l], stride(inputs))
      }
    }
    if (thread === threads - 1) this.refreshActionRows(k, 0)
  }

  /** The weights from the action to critic i's first layer, transposed. */
  refreshActionRows(k: Kernels, i: number): void {
    const { outputs, stride: s } = this.layers[0]
    const { observationSize, actionSize } = this.#config
    const weights = this.critic(this.parameters, i) + observationSize * s
    k.transpose(actionSize, outputs, weights, s, this.#actionRows, stride(actionSize))
  }

  // biome-ignore format: one call, one line
  #product(k: Kernels, c: number, m: number, n: number, depth: number, a: number, ra: number, ka: number, b: number, lb: number, out: number, init: number = this.#common.zeros, floor = -Infinity): void {
    // the row stride of the result is that of b in every product here; the start value is one row (biases or zeros) for all
    k.product(this.#common.wide, this.#common.edge[c], m, n, depth, a, ra, ka, b, lb, out, lb, init, 0, floor)
  }
}
