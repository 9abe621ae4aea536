/**
 * The actor: an MLP with ReLU hidden layers and a tanh output scaled to the action bounds. With noise its weights are Gaussian,
 * N(theta, sigma^2), and each pre-activation is sampled (local reparametrisation); without, it is the plain network theta.
 */
import type { NoiseMode, StepConfig } from './config.ts'
import type { Kernels } from './kernels.ts'
import { type Arena, type Common, type LayerLayout, layerLayouts, share, stride } from './layout.ts'

/** Workspace of one chunk of the batch; arrays have one entry a layer. */
interface ActorChunk {
  noise: number[]
  /** layer outputs: hidden activations, then tanh of the last pre-activation */
  output: number[]
  /** x^2 (paper) or |x| (official) of each layer's input */
  spread: number[]
  /** gradient by each layer's pre-activation */
  gradient: number[]
  action: number
  scratch: number
  byTheta: number
  byVariance: number
}

export class Actor {
  readonly layers: LayerLayout[]
  /** bytes of one parameter block */
  readonly bytes: number
  // parameter blocks: value, Adam's two moments, target
  readonly theta: number
  readonly thetaMean: number
  readonly thetaSquare: number
  readonly targetTheta: number
  readonly logSigma: number
  readonly logSigmaMean: number
  readonly logSigmaSquare: number
  readonly targetLogSigma: number
  readonly variance: number
  readonly targetVariance: number
  readonly mask: number
  readonly chunks: ActorChunk[] = []
  readonly actionStride: number
  readonly #thetaTransposed: number[]
  readonly #varianceTransposed: number[]
  readonly middle: number
  readonly half: number
  readonly #gradientsApart: number
  readonly #config: StepConfig
  readonly #common: Common

  constructor(config: StepConfig, arena: Arena, common: Common) {
    const outputs = config.actionSize * (config.gaussian ? 2 : 1)
    const sizes = [config.observationSize, ...config.hidden, outputs]
    const { layers, bytes } = layerLayouts(sizes)
    this.layers = layers
    this.bytes = bytes
    this.#config = config
    this.#common = common
    this.actionStride = stride(config.actionSize)
    const block = () => arena.take(bytes)
    this.theta = block()
    this.thetaMean = block()
    this.thetaSquare = block()
    this.targetTheta = block()
    this.logSigma = block()
    this.logSigmaMean = block()
    this.logSigmaSquare = block()
    this.targetLogSigma = block()
    this.variance = block()
    this.targetVariance = block()
    this.mask = block()
    this.middle = arena.take(this.actionStride)
    this.half = arena.take(this.actionStride)
    const transposed = () => layers.map((layer) => arena.take((layer.outputs + 15) * stride(layer.inputs)))
    this.#thetaTransposed = transposed()
    this.#varianceTransposed = transposed()
    const widest = Math.max(...layers.map((layer) => layer.stride), stride(config.observationSize))
    // a tile may read up to five rows past the last one
    const matrix = (s: number) => arena.take((common.rows + 5) * s)
    for (let c = 0; c < config.chunks; c++) {
      this.chunks.push({
        noise: layers.map((layer) => matrix(layer.stride)),
        output: layers.map((layer) => matrix(layer.stride)),
        spread: layers.map((layer) => matrix(stride(layer.inputs))),
        gradient: layers.map((layer) => matrix(layer.stride)),
        action: matrix(this.actionStride),
        scratch: matrix(widest),
        byTheta: block(),
        byVariance: block(),
      })
    }
    this.#gradientsApart = config.chunks > 1 ? this.chunks[1].byTheta - this.chunks[0].byTheta : 0
  }

  /** Writes the action bounds; once, by the thread that owns the memory. */
  writeBounds(f32: Float32Array): void {
    const { actionLow, actionHigh } = this.#config
    for (let i = 0; i < this.#config.actionSize; i++) {
      f32[this.middle / 4 + i] = (actionHigh[i] + actionLow[i]) / 2
      f32[this.half / 4 + i] = (actionHigh[i] - actionLow[i]) / 2
    }
  }

  /** Draws the noise of one forward pass of chunk c. */
  drawNoise(k: Kernels, c: number, rows: number, generator: number): void {
    const { noise } = this.chunks[c]
    for (let l = 0; l < this.layers.length; l++) k.normals(generator, noise[l], (rows * this.layers[l].stride) / 4)
  }

  /** Actions of `rows` states (row stride that of the observation) into chunk c's `action`. */
  forward(k: Kernels, c: number, rows: number, states: number, target: boolean, mode: NoiseMode): void {
    const { output, action } = this.chunks[c]
    this.propagate(k, c, rows, states, target, mode)
    k.squash(
      output[output.length - 1],
      action,
      this.actionStride,
      rows,
      this.#config.actionSize,
      this.middle,
      this.half,
    )
  }

  /** As far as the last layer's pre-activations, in `output`. */
  propagate(k: Kernels, c: number, rows: number, states: number, target: boolean, mode: NoiseMode): void {
    const chunk = this.chunks[c]
    const theta = target ? this.targetTheta : this.theta
    const variance = target ? this.targetVariance : this.variance
    let x = states
    let lx = stride(this.#config.observationSize)
    for (let l = 0; l < this.layers.length; l++) {
      const { inputs, outputs, stride: s, offset } = this.layers[l]
      const last = l === this.layers.length - 1
      const floor = last ? -Infinity : 0
      const y = chunk.output[l]
      const w = theta + offset
      this.#product(k, c, rows, outputs, inputs, x, lx, 4, w, s, y, w + inputs * s, mode === 'none' ? floor : -Infinity)
      if (mode !== 'none') {
        const spread = chunk.spread[l]
        if (mode === 'paper') k.square(x, spread, rows * lx)
        else k.absolute(x, spread, rows * lx)
        this.#product(k, c, rows, outputs, inputs, spread, lx, 4, variance + offset, s, chunk.scratch)
        if (mode === 'paper') k.addNoise(y, chunk.noise[l], chunk.scratch, rows * s, floor)
        else k.addNoiseOfficial(y, chunk.noise[l], chunk.scratch, rows * s, floor)
      }
      x = y
      lx = s
    }
  }

  smoothTarget(k: Kernels, c: number, rows: number, sigma: number, clip: number): void {
    const { action, noise } = this.chunks[c]
    const { actionSize } = this.#config
    k.smooth(
      action,
      noise[this.layers.length - 1],
      this.actionStride,
      rows,
      actionSize,
      this.middle,
      this.half,
      sigma,
      clip,
    )
  }

  /** Gradients by theta and sigma^2 from the gradient by the last pre-activation, for the pass that `forward` made. */
  backward(k: Kernels, c: number, rows: number, states: number, mode: NoiseMode): void {
    const chunk = this.chunks[c]
    for (let l = this.layers.length - 1; l >= 0; l--) {
      const { inputs, outputs, stride: s, offset } = this.layers[l]
      const x = l ? chunk.output[l - 1] : states
      const lx = stride(inputs)
      const d = chunk.gradient[l]
      const t = chunk.scratch
      if (mode !== 'none') k.multiply(d, chunk.noise[l], t, rows * s)
      this.#product(k, c, inputs, outputs, rows, x, 4, lx, d, s, chunk.byTheta + offset)
      k.columnSums(d, s, rows, outputs, chunk.byTheta + offset + inputs * s)
      if (mode !== 'none') {
        this.#product(k, c, inputs, outputs, rows, chunk.spread[l], 4, lx, t, s, chunk.byVariance + offset)
      }
      if (l === 0) return
      const below = chunk.gradient[l - 1]
      this.#product(k, c, rows, inputs, outputs, d, s, 4, this.#thetaTransposed[l], lx, below)
      if (mode === 'none') {
        k.reluGradient(below, x, rows * lx)
        continue
      }
      // the spread is no longer needed: its place takes the gradient that comes through the variance
      const through = chunk.spread[l]
      this.#product(k, c, rows, inputs, outputs, t, s, 4, this.#varianceTransposed[l], lx, through)
      if (mode === 'paper') k.squareReluGradient(below, through, x, rows * lx)
      else k.addReluGradient(below, through, x, rows * lx)
    }
  }

  /** Thread t's share of one Adam update; with noise also of log sigma and the KL term. Only the critics' targets need the actor's. */
  update(
    k: Kernels,
    thread: number,
    threads: number,
    mode: NoiseMode,
    masked: boolean,
    shrinkage: number,
    step: number,
    root: number,
    kl: number,
    withTarget: boolean,
  ): void {
    const { tau } = this.#config
    const apart = this.#gradientsApart
    const { byTheta, byVariance } = this.chunks[0]
    for (const { inputs, stride: s, offset } of this.layers) {
      const weights = inputs * s
      const [from, to] = share(weights, thread, threads)
      const at = offset + from
      const bytes = to - from
      const p = this.theta + at
      // biome-ignore format: one call, one line
      if (mode === 'none') k.adam(p, this.thetaMean + at, this.thetaSquare + at, byTheta + at, apart, bytes, step, root)
      // biome-ignore format: one call, one line
      else k.variationalAdam(p, this.thetaMean + at, this.thetaSquare + at, this.logSigma + at, this.logSigmaMean + at, this.logSigmaSquare + at, byTheta + at, byVariance + at, apart, bytes, step, root, kl)
      if (shrinkage > 0) k.shrink(p, bytes, shrinkage)
      if (masked) k.applyMask(p, this.mask + at, bytes)
      if (withTarget) k.polyak(p, this.targetTheta + at, bytes, tau)
      if (mode !== 'none') {
        if (withTarget) k.polyak(this.logSigma + at, this.targetLogSigma + at, bytes, tau)
        this.#refreshVariances(k, at, bytes, mode, withTarget)
      }
      if (thread === threads - 1) {
        const b = offset + weights
        k.adam(this.theta + b, this.thetaMean + b, this.thetaSquare + b, byTheta + b, apart, s, step, root)
        if (withTarget) k.polyak(this.theta + b, this.targetTheta + b, s, tau)
      }
    }
  }

  #refreshVariances(k: Kernels, at: number, bytes: number, mode: NoiseMode, withTarget: boolean): void {
    const epsilon = mode === 'official' ? 1e-8 : 0
    k.variances(this.logSigma + at, this.variance + at, bytes, epsilon)
    if (withTarget) k.variances(this.targetLogSigma + at, this.targetVariance + at, bytes, epsilon)
  }

  /** Recomputes everything that is derived from the parameters: after they were written from outside. */
  refresh(k: Kernels, mode: NoiseMode): void {
    for (const { inputs, stride: s, offset } of this.layers) this.#refreshVariances(k, offset, inputs * s, mode, true)
    for (let t = 0; t < 2; t++) this.refreshTransposed(k, t, 2, mode)
  }

  /** Thread t's share of the transposed weights that the backward pass reads. */
  refreshTransposed(k: Kernels, thread: number, threads: number, mode: NoiseMode): void {
    for (let l = 1; l < this.layers.length; l++) {
      const { inputs, outputs, stride: s, offset } = this.layers[l]
      const lt = stride(inputs)
      if (thread === 0) k.transpose(inputs, outputs, this.theta + offset, s, this.#thetaTransposed[l], lt)
      if (thread === threads - 1 && mode !== 'none')
        k.transpose(inputs, outputs, this.variance + offset, s, this.#varianceTransposed[l], lt)
    }
  }

  // biome-ignore format: one call, one line
  #product(k: Kernels, c: number, m: number, n: number, depth: number, a: number, ra: number, ka: number, b: number, lb: number, out: number, init: number = this.#common.zeros, floor = -Infinity): void {
    // the row stride of the result is that of b in every product here; the start value is one row (biases or zeros) for all
    k.product(this.#common.wide, this.#common.edge[c], m, n, depth, a, ra, ka, b, lb, out, lb, init, 0, floor)
  }
}
