/** Twin critics Q1, Q2: MLPs of (state, action) with ReLU hidden layers and one linear output, in one parameter block. */
import type { StepConfig } from '../config.ts'
import {
  type Arena,
  biasIn,
  columnsOf,
  type LayerLayout,
  layerLayouts,
  type Matrix,
  stride,
  weightsIn,
} from '../layout.ts'
import type { Head, Lane, Start } from './lane.ts'
import { gradientOf, type Parameters, type Share, shareOf, takeParameters } from './optimiser.ts'

/** One critic's parameters, or their gradients. */
export interface Critic {
  /** (inputs, outputs), with the biases and the ReLU that a product begins and ends with */
  layers: { weights: Matrix; start: Start }[]
  head: Head
}

/** Workspace for the rows of one chunk of the batch; layers in arrays. */
export interface CriticPass {
  /** (rows, observations + actions), and its two parts */
  input: Matrix
  states: Matrix
  actions: Matrix
  /** (rows, outputs): activations, and the gradients by the pre-activations */
  hidden: Matrix[]
  gradient: Matrix[]
  /** (rows, 1): each critic's values, the target, the gradient by a value */
  q: [Matrix, Matrix]
  target: Matrix
  byQ: Matrix
  /** (rows, actions): gradient by the action */
  byAction: Matrix
  /** by each critic's parameters */
  gradients: [Critic, Critic]
}

export class Critics {
  readonly layouts: LayerLayout[]
  /** of both, one after the other */
  readonly parameters: Parameters
  readonly live: [Critic, Critic]
  readonly target: [Critic, Critic]
  /** one a chunk */
  readonly passes: CriticPass[]
  readonly #transposed: Matrix[][]
  /** of the critic that a pass back to the action goes through */
  readonly #actionRows: Matrix
  /** each critic's weights from the action to its first layer */
  readonly #fromAction: Matrix[]

  /** rows: of each chunk */
  constructor(config: StepConfig, arena: Arena, rows: readonly number[]) {
    const { observationSize, actionSize, criticHidden, chunks } = config
    const { layers, bytes } = layerLayouts([observationSize + actionSize, ...criticHidden])
    this.layouts = layers
    const headBytes = stride(criticHidden[criticHidden.length - 1]) + 64
    this.parameters = takeParameters(arena, 2 * (bytes + headBytes), chunks)
    this.live = this.pair(this.parameters.value)
    this.target = this.pair(this.parameters.target)
    this.#transposed = [0, 1].map(() => layers.map(({ inputs, outputs }) => arena.matrix(outputs, inputs)))
    this.#actionRows = arena.matrix(criticHidden[0], actionSize)
    this.#fromAction = this.live.map(({ layers: [{ weights }] }) => ({
      ...weights,
      at: weights.at + observationSize * weights.stride,
      rows: actionSize,
    }))
    this.passes = rows.map((count, c) => this.#newPass(config, arena, c, count))
  }

  /** Both critics in a block of their parameters: each has its hidden layers, then the head's weights as one row, then its bias. */
  pair(block: number): [Critic, Critic] {
    const last = this.layouts[this.layouts.length - 1]
    const critic = (at: number): Critic => {
      const head = at + last.offset + last.weightBytes + stride(last.outputs)
      return {
        layers: this.layouts.map((layout) => ({
          weights: weightsIn(at, layout),
          start: { bias: biasIn(at, layout), floor: 0 },
        })),
        head: {
          weights: { at: head, rows: 1, columns: last.outputs, stride: stride(last.outputs) },
          bias: { at: head + stride(last.outputs), rows: 1, columns: 1, stride: 4 },
        },
      }
    }
    return [critic(block), critic(block + this.parameters.bytes / 2)]
  }

  #newPass({ observationSize, actionSize }: StepConfig, arena: Arena, c: number, rows: number): CriticPass {
    const input = arena.matrix(rows, observationSize + actionSize)
    return {
      input,
      states: columnsOf(input, 0, observationSize),
      actions: columnsOf(input, observationSize, actionSize),
      hidden: this.layouts.map(({ outputs }) => arena.matrix(rows, outputs)),
      gradient: this.layouts.map(({ outputs }) => arena.matrix(rows, outputs)),
      q: [arena.column(rows), arena.column(rows)],
      target: arena.column(rows),
      byQ: arena.column(rows),
      byAction: arena.matrix(rows, actionSize),
      gradients: this.pair(gradientOf(this.parameters, c)),
    }
  }

  /** Puts states and actions side by side. */
  join(lane: Lane, pass: CriticPass, states: Matrix, actions: Matrix): void {
    lane.copy(pass.states, states)
    lane.copy(pass.actions, actions)
  }

  /** q = values of the joined rows by this critic */
  forward(lane: Lane, pass: CriticPass, critic: Critic, q: Matrix): void {
    let x = pass.input
    for (let l = 0; l < critic.layers.length; l++) {
      const { weights, start } = critic.layers[l]
      lane.product(pass.hidden[l], x, weights, start)
      x = pass.hidden[l]
    }
    lane.head(q, x, critic.head)
  }

  /** Gradients of critic i's parameters from byQ, for the pass that `forward` made of the live critic. */
  backward(lane: Lane, pass: CriticPass, i: number): void {
    const { hidden, gradient, byQ, gradients } = pass
    const { layers, head } = gradients[i]
    lane.headGradient(head, hidden[hidden.length - 1], byQ)
    this.#hiddenGradients(lane, pass, i)
    for (let l = layers.length - 1; l >= 0; l--) {
      lane.transposedProduct(layers[l].weights, l ? hidden[l - 1] : pass.input, gradient[l])
      lane.columnSums(layers[l].start.bias, gradient[l])
    }
  }

  /** byAction = gradient by the action from byQ, through live critic i, for which `refreshActionRows` was called. */
  backwardToAction(lane: Lane, pass: CriticPass, i: number): void {
    this.#hiddenGradients(lane, pass, i)
    lane.product(pass.byAction, pass.gradient[0], this.#actionRows)
  }

  #hiddenGradients(lane: Lane, { hidden, gradient, byQ }: CriticPass, i: number): void {
    const last = hidden.length - 1
    lane.throughHead(gradient[last], hidden[last], byQ, this.live[i].head)
    for (let l = last; l > 0; l--) {
      lane.product(gradient[l - 1], gradient[l], this.#transposed[i][l])
      lane.reluGradient(gradient[l - 1], hidden[l - 1])
    }
  }

  /** What a thread updates. */
  share(share: Share): Parameters {
    return shareOf(this.parameters, 0, this.parameters.bytes, share)
  }

  /** A thread's share of the transposed weights that the passes back read. */
  refreshTransposed(lane: Lane): void {
    for (let i = lane.thread; i < 2; i += lane.threads)
      for (let l = 1; l < this.layouts.length; l++)
        lane.transpose(this.#transposed[i][l], this.live[i].layers[l].weights)
    if (lane.thread === lane.threads - 1) this.refreshActionRows(lane, 0)
  }

  /** Makes ready for `backwardToAction` through critic i. */
  refreshActionRows(lane: Lane, i: number): void {
    lane.transpose(this.#actionRows, this.#fromAction[i])
  }
}
