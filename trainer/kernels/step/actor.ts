/**
 * The actor: an MLP with ReLU hidden layers and a tanh output scaled to the action bounds. With noise its weights are Gaussian,
 * N(theta, sigma^2), and each pre-activation is sampled (`noise.ts`); without, it is the plain network theta.
 */
import type { StepConfig } from '../config.ts'
import {
  type Arena,
  biasIn,
  firstRow,
  type LayerLayout,
  layerLayouts,
  type Matrix,
  stride,
  weightsIn,
} from '../layout.ts'
import type { Bounds, Lane, Start } from './lane.ts'
import type { NoiseFormula } from './noise.ts'
import { type Adam, gradientOf, type Parameters, partOf, type Share, shareOf, takeParameters } from './optimiser.ts'

/** A layer of the live or of the target actor, as a pass reads it. */
interface ActorLayer {
  /** (inputs, outputs) */
  theta: Matrix
  variance: Matrix
  /** what outputs do not fall below: 0, and -Infinity in the last layer */
  floor: number
  /** where x theta starts without noise, and with: the floor is then for the sum of mean and noise */
  plain: Start
  mean: Start
}

/** What one layer leaves for the pass back. */
interface LayerPass {
  /** (rows, outputs): standard normals, then the derivative of each output by its variance */
  noise: Matrix
  /** (rows, outputs): activations; of the last layer the pre-activations, then their tanh */
  output: Matrix
  /** (rows, inputs): x^2 or |x| of the inputs */
  spread: Matrix
  /** (rows, outputs): of the loss by the pre-activations */
  gradient: Matrix
  /** (rows, outputs), of all layers in one place */
  scratch: Matrix
  /** of the loss by the layer's parameters, of the shape of each */
  byTheta: Matrix
  byBias: Matrix
  byVariance: Matrix
}

/** Workspace for the rows of one chunk of the batch. */
export interface ActorPass {
  layers: LayerPass[]
  /** (rows, actions) */
  action: Matrix
}

/** A thread's share of one layer's parameters. */
export interface LayerShare {
  theta: Parameters
  logSigma: Parameters
  /** addresses */
  variance: number
  targetVariance: number
  mask: number
  /** whole, of the last thread */
  bias?: Parameters
}

/** How an update of the actor goes. */
export interface ActorUpdate {
  noise: NoiseFormula | undefined
  /** L1: by how much each weight moves towards zero */
  shrinkage: number
  masked: boolean
  /** only the critics' targets need the actor's */
  withTarget: boolean
}

export class Actor {
  readonly layouts: LayerLayout[]
  /** weights and biases */
  readonly theta: Parameters
  /** its gradients are those by sigma^2 */
  readonly logSigma: Parameters
  /** a block like theta's */
  readonly mask: number
  readonly live: ActorLayer[]
  readonly target: ActorLayer[]
  readonly bounds: Bounds
  /** one a chunk */
  readonly passes: ActorPass[]
  /** for a single row */
  readonly single: ActorPass
  readonly #variance: number
  readonly #targetVariance: number
  readonly #thetaTransposed: Matrix[]
  readonly #varianceTransposed: Matrix[]
  readonly #config: StepConfig

  /** rows: of each chunk */
  constructor(config: StepConfig, arena: Arena, rows: readonly number[]) {
    const outputs = config.actionSize * (config.gaussian ? 2 : 1)
    const { layers: layouts, bytes } = layerLayouts([config.observationSize, ...config.hidden, outputs])
    this.#config = config
    this.layouts = layouts
    this.theta = takeParameters(arena, bytes, config.chunks)
    this.logSigma = takeParameters(arena, bytes, config.chunks)
    this.#variance = arena.take(bytes)
    this.#targetVariance = arena.take(bytes)
    this.mask = arena.take(bytes)
    this.live = this.#network(this.theta.value, this.#variance)
    this.target = this.#network(this.theta.target, this.#targetVariance)
    this.bounds = { middle: arena.matrix(1, config.actionSize), half: arena.matrix(1, config.actionSize) }
    this.#thetaTransposed = layouts.map((layer) => arena.matrix(layer.outputs, layer.inputs))
    this.#varianceTransposed = layouts.map((layer) => arena.matrix(layer.outputs, layer.inputs))
    this.passes = rows.map((count, c) => this.#newPass(arena, c, count))
    this.single = firstRowOf(this.passes[0])
  }

  #network(theta: number, variance: number): ActorLayer[] {
    return this.layouts.map((layout, l) => {
      const bias = biasIn(theta, layout)
      const floor = l === this.layouts.length - 1 ? -Infinity : 0
      return {
        theta: weightsIn(theta, layout),
        variance: weightsIn(variance, layout),
        floor,
        plain: { bias, floor },
        mean: { bias, floor: -Infinity },
      }
    })
  }

  #newPass(arena: Arena, c: number, rows: number): ActorPass {
    const widest = Math.max(...this.layouts.map((layout) => layout.outputs))
    const scratch = arena.matrix(rows, widest)
    const [byTheta, byVariance] = [gradientOf(this.theta, c), gradientOf(this.logSigma, c)]
    const layers = this.layouts.map((layout) => {
      const gradient = arena.matrix(rows, layout.outputs)
      return {
        noise: arena.matrix(rows, layout.outputs),
        output: arena.matrix(rows, layout.outputs),
        spread: arena.matrix(rows, layout.inputs),
        gradient,
        scratch: { ...gradient, at: scratch.at },
        byTheta: weightsIn(byTheta, layout),
        byBias: biasIn(byTheta, layout),
        byVariance: weightsIn(byVariance, layout),
      }
    })
    return { layers, action: arena.matrix(rows, this.#config.actionSize) }
  }

  /** Writes the action bounds; once, by the thread that owns the memory. */
  writeBounds(f32: Float32Array): void {
    const { actionLow: low, actionHigh: high } = this.#config
    const { middle, half } = this.bounds
    for (let i = 0; i < this.#config.actionSize; i++) {
      f32[middle.at / 4 + i] = (high[i] + low[i]) / 2
      f32[half.at / 4 + i] = (high[i] - low[i]) / 2
    }
  }

  /** Draws the noise of one pass. */
  drawNoise(lane: Lane, pass: ActorPass, generator: number): void {
    for (const { noise } of pass.layers) lane.normals(noise, generator)
  }

  /** Actions for states (rows, observations) by the live or the target network. */
  forward(lane: Lane, pass: ActorPass, network: ActorLayer[], states: Matrix, noise?: NoiseFormula): void {
    this.propagate(lane, pass, network, states, noise)
    lane.squash(pass.action, pass.layers[pass.layers.length - 1].output, this.bounds)
  }

  /** As far as the last layer's pre-activations. */
  propagate(lane: Lane, pass: ActorPass, network: ActorLayer[], states: Matrix, formula?: NoiseFormula): void {
    let x = states
    for (let l = 0; l < network.length; l++) {
      const { theta, variance, floor, plain, mean } = network[l]
      const { output: y, noise, spread, scratch } = pass.layers[l]
      if (formula) {
        lane.product(y, x, theta, mean)
        formula.spread(lane, spread, x)
        lane.product(scratch, spread, variance)
        formula.add(lane, y, noise, scratch, floor)
      } else lane.product(y, x, theta, plain)
      x = y
    }
  }

  /** TD3's target policy smoothing of the actions that `forward` left, by the last layer's noise. */
  smooth(lane: Lane, pass: ActorPass, { sigma, clip }: { sigma: number; clip: number }): void {
    lane.smooth(pass.action, pass.layers[pass.layers.length - 1].noise, this.bounds, sigma, clip)
  }

  /** Gradients by theta and sigma^2 from the gradient by the last pre-activation, for the pass that `forward` made of these states. */
  backward(lane: Lane, pass: ActorPass, states: Matrix, formula?: NoiseFormula): void {
    for (let l = pass.layers.length - 1; l >= 0; l--) {
      const { gradient: d, noise, spread, scratch: byWeighed, byTheta, byBias, byVariance } = pass.layers[l]
      const x = l ? pass.layers[l - 1].output : states
      lane.transposedProduct(byTheta, x, d)
      lane.columnSums(byBias, d)
      if (formula) {
        lane.multiply(byWeighed, d, noise)
        lane.transposedProduct(byVariance, spread, byWeighed)
      }
      if (l === 0) return
      const below = pass.layers[l - 1].gradient
      lane.product(below, d, this.#thetaTransposed[l])
      if (formula) {
        // the spread is no longer needed: its place takes the gradient that comes through the variance
        lane.product(spread, byWeighed, this.#varianceTransposed[l])
        formula.backward(lane, below, spread, x)
      } else lane.reluGradient(below, x)
    }
  }

  /** What a thread updates of each layer. */
  shares(share: Share): LayerShare[] {
    return this.layouts.map(({ offset, weightBytes, outputs }) => {
      const theta = shareOf(this.theta, offset, weightBytes, share)
      const at = theta.value - this.theta.value
      return {
        theta,
        logSigma: shareOf(this.logSigma, offset, weightBytes, share),
        variance: this.#variance + at,
        targetVariance: this.#targetVariance + at,
        mask: this.mask + at,
        bias:
          share.thread === share.threads - 1 ? partOf(this.theta, offset + weightBytes, stride(outputs)) : undefined,
      }
    })
  }

  /** An update of a thread's share. With noise log sigma moves too, and the KL term counts. */
  update(lane: Lane, shares: LayerShare[], how: ActorUpdate, adam: Adam, kl: number): void {
    const { noise, shrinkage, masked, withTarget } = how
    const { tau } = this.#config
    for (const layer of shares) {
      const { theta, logSigma, mask, bias } = layer
      if (noise) lane.variationalAdam(theta, logSigma, adam, kl)
      else lane.adam(theta, adam)
      if (shrinkage > 0) lane.shrink(theta, shrinkage)
      if (masked) lane.applyMask(theta, mask)
      if (bias) lane.adam(bias, adam)
      if (withTarget) {
        lane.polyak(theta, tau)
        if (noise) lane.polyak(logSigma, tau)
        if (bias) lane.polyak(bias, tau)
      }
      if (noise) refreshVariances(lane, layer, noise.epsilon, withTarget)
    }
  }

  /** Recomputes everything that is derived from the parameters, after they were written from outside; by a thread that works alone. */
  refresh(alone: Lane, noise: NoiseFormula | undefined): void {
    for (const layer of this.shares(alone)) refreshVariances(alone, layer, noise?.epsilon ?? 0, true)
    this.refreshTransposed(alone, noise)
  }

  /** A thread's share of the transposed weights that the pass back reads. */
  refreshTransposed(lane: Lane, noise: NoiseFormula | undefined): void {
    for (let l = 1; l < this.live.length; l++) {
      const { theta, variance } = this.live[l]
      if (lane.thread === 0) lane.transpose(this.#thetaTransposed[l], theta)
      if (lane.thread === lane.threads - 1 && noise) lane.transpose(this.#varianceTransposed[l], variance)
    }
  }
}

function refreshVariances(lane: Lane, layer: LayerShare, epsilon: number, withTarget: boolean): void {
  const { logSigma, variance, targetVariance } = layer
  lane.variances(variance, logSigma.value, logSigma.bytes, epsilon)
  if (withTarget) lane.variances(targetVariance, logSigma.target, logSigma.bytes, epsilon)
}

/** The same workspace for a single row. */
function firstRowOf({ layers, action }: ActorPass): ActorPass {
  const single = layers.map((layer) => ({
    ...layer,
    noise: firstRow(layer.noise),
    output: firstRow(layer.output),
    spread: firstRow(layer.spread),
    scratch: firstRow(layer.scratch),
  }))
  return { layers: single, action: firstRow(action) }
}
