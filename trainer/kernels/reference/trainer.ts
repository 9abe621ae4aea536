/**
 * The readable step in the fast trainer's place: the same memory, the same minibatches and the same noise from the same generators, and all
 * arithmetic between them by `step.ts`. Whatever runs on one runs on the other, several times slower here.
 */
import * as tf from '@tensorflow/tfjs-core'
import { klWeight, type StepConfig } from '../config.ts'
import { biasIn, type Matrix, weightsIn } from '../layout.ts'
import { words } from '../step/control.ts'
import type { Critic } from '../step/critics.ts'
import { Trainer, type TrainerOptions } from '../trainer.ts'
import { type Batch, criticStep, type Networks, type Parameter, type Settings, studentStep } from './step.ts'

/** Where a parameter lies in the trainer's memory. */
type Places = Record<keyof Parameter, Matrix>

export class ReferenceTrainer extends Trainer {
  constructor(config: StepConfig, options: TrainerOptions) {
    super(config, { ...options, threads: 1 })
  }

  /** Tensors are made of the memory before the first step and written back after the last. */
  protected override advance(n: number): void {
    const { config, mode } = this
    const { policyDelay } = config
    const block = this.control.words
    const first = block[words.first]
    const criticUpdates = block[words.criticUpdates]
    const actorUpdates = block[words.actorUpdates]
    const { withValue, masked, actorRate, shrinkage } = this.control.settings(config)
    const s: Settings = { config, mode, masked, shrinkage }
    const held: [parameter: Parameter, places: Places][] = []
    const parameter = (places: Places): Parameter => {
      const load = (place: Matrix) => tf.variable(this.#read([place]))
      const p = {
        value: load(places.value),
        mean: load(places.mean),
        square: load(places.square),
        target: load(places.target),
      }
      held.push([p, places])
      return p
    }
    const networks = this.#networks(parameter)
    const losses = this.losses()
    for (let i = 1; i <= n; i++) {
      const t = first + i
      const turns = Math.floor(t / policyDelay) - Math.floor(first / policyDelay)
      const actorTurn = t % policyDelay === 0
      if (!withValue && !actorTurn) continue
      const batch = this.#draw(withValue)
      if (withValue) {
        const noise = this.#noise(mode !== 'none' || config.smoothing !== undefined)
        losses.critic = criticStep(networks, batch, noise, s, criticUpdates + i)
        tf.dispose(noise)
      }
      if (actorTurn) {
        const noise = this.#noise(mode !== 'none')
        const update = { t: actorUpdates + turns, rate: actorRate, klWeight: klWeight(config.kl, t), withValue }
        Object.assign(losses, studentStep(networks, batch, noise, s, update))
        tf.dispose(noise)
      }
      tf.dispose({ ...batch })
    }
    this.storeLosses(losses)
    for (const [p, places] of held)
      for (const part of ['value', 'mean', 'square', 'target'] as const) {
        this.#write(p[part], places[part])
        p[part].dispose()
      }
    tf.dispose(networks.student.map(({ mask }) => mask))
  }

  #networks(parameter: (places: Places) => Parameter): Networks {
    const { actor, critics } = this.memory
    const student = actor.layouts.map((layout) => ({
      theta: parameter(inEach(actor.theta, (block) => weightsIn(block, layout))),
      logSigma: parameter(inEach(actor.logSigma, (block) => weightsIn(block, layout))),
      bias: parameter(inEach(actor.theta, (block) => biasIn(block, layout))),
      mask: this.#read([weightsIn(actor.mask, layout)]),
    }))
    const critic = (i: number) => {
      const of = (matrix: (critic: Critic) => Matrix) =>
        parameter(inEach(critics.parameters, (block) => matrix(critics.pair(block)[i])))
      const hidden = critics.layouts.map((_, l) => ({
        weights: of(({ layers }) => layers[l].weights),
        bias: of(({ layers }) => layers[l].start.bias),
      }))
      // (inputs, 1) here, one row there
      const column = ({ at, columns }: Matrix): Matrix => ({ at, rows: columns, columns: 1, stride: 4 })
      return [...hidden, { weights: of(({ head }) => column(head.weights)), bias: of(({ head }) => head.bias) }]
    }
    return { student, critics: [critic(0), critic(1)] }
  }

  /** A minibatch, drawn as the fast step draws it: one part a chunk. */
  #draw(withValue: boolean): Batch {
    const { chunks } = this.memory
    for (const chunk of chunks) this.memory.draw(this.lane, chunk, this.count, withValue)
    return {
      state: this.#read(chunks.map(({ state }) => state)),
      action: this.#read(chunks.map(({ action }) => action)),
      wanted: this.#read(chunks.map(({ wanted }) => wanted)),
      reward: this.#read(chunks.map(({ reward }) => reward)),
      next: this.#read(chunks.map(({ next }) => next)),
      terminal: this.#read(chunks.map(({ terminal }) => terminal)),
    }
  }

  /** One (batch, outputs) matrix of normals a layer; zeros where the step needs none. */
  #noise(needed: boolean): tf.Tensor[] {
    const { actor, chunks } = this.memory
    if (!needed) return actor.layouts.map(({ outputs }) => tf.zeros([this.config.batchSize, outputs]))
    for (const { actor: pass, generator } of chunks) actor.drawNoise(this.lane, pass, generator)
    return actor.layouts.map((_, l) => this.#read(actor.passes.map(({ layers }) => layers[l].noise)))
  }

  /** Matrices of one width, below each other. */
  #read(matrices: Matrix[]): tf.Tensor {
    const [{ columns }] = matrices
    const rows = matrices.reduce((sum, matrix) => sum + matrix.rows, 0)
    const values = new Float32Array(rows * columns)
    let row = 0
    for (const { at, rows, stride } of matrices)
      for (let r = 0; r < rows; r++, row++) {
        const from = (at + r * stride) / 4
        values.set(this.f32.subarray(from, from + columns), row * columns)
      }
    return tf.tensor(values, [rows, columns])
  }

  #write(tensor: tf.Tensor, { at, rows, columns, stride }: Matrix): void {
    const values = tensor.dataSync() as Float32Array
    for (let r = 0; r < rows; r++) this.f32.set(values.subarray(r * columns, (r + 1) * columns), (at + r * stride) / 4)
  }
}

/** A parameter's place in each of the blocks that belong to it. */
const inEach = (blocks: Record<keyof Parameter, number>, place: (block: number) => Matrix): Places => ({
  value: place(blocks.value),
  mean: place(blocks.mean),
  square: place(blocks.square),
  target: place(blocks.target),
})
