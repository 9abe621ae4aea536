/**
 * The readable step in the fast trainer's place: the same memory, the same minibatches and the same noise from the same generators, and all
 * arithmetic between them by `step.ts`. Whatever runs on one runs on the other, several times slower here.
 */
import * as tf from '@tensorflow/tfjs-core'
import { klWeight, type StepConfig } from '../config.ts'
import { stride } from '../layout.ts'
import { sampleBatch } from '../step.ts'
import { Trainer, type TrainerOptions } from '../trainer.ts'
import { type Batch, criticStep, type Networks, type Parameter, type Settings, studentStep } from './step.ts'

/** Where a matrix lies in the trainer's memory; stride in bytes from row to row. */
interface Place {
  address: number
  rows: number
  width: number
  stride: number
}

export class ReferenceTrainer extends Trainer {
  constructor(config: StepConfig, options: TrainerOptions) {
    super(config, { ...options, threads: 1 })
  }

  /** Tensors are made of the memory before the first step and written back after the last. */
  protected override advance(n: number): void {
    const { config } = this
    const { delay, actorRate } = config
    const { first, criticUpdates, actorUpdates, withValue, masked, rateFactor, shrinkage } = this.settings()
    const s: Settings = { config, mode: this.mode, masked, shrinkage }
    const held: [parameter: Parameter, places: Record<keyof Parameter, Place>][] = []
    const parameter = (places: Record<keyof Parameter, Place>): Parameter => {
      const load = (place: Place) => tf.variable(this.#read([place]))
      const p = {
        ...{ value: load(places.value), mean: load(places.mean) },
        ...{ square: load(places.square), target: load(places.target) },
      }
      held.push([p, places])
      return p
    }
    const networks = this.#networks(parameter)
    const losses = this.losses()
    for (let i = 1; i <= n; i++) {
      const t = first + i
      const turns = Math.floor(t / delay) - Math.floor(first / delay)
      const actorTurn = t % delay === 0
      if (!withValue && !actorTurn) continue
      const batch = this.#sample(withValue)
      if (withValue) {
        const noise = this.#noise(s.mode !== 'none' || config.smoothing !== undefined)
        losses.critic = criticStep(networks, batch, noise, s, criticUpdates + i)
        tf.dispose(noise)
      }
      if (actorTurn) {
        const noise = this.#noise(s.mode !== 'none')
        const about = { rate: actorRate * rateFactor, klWeight: klWeight(config.kl, t), withValue }
        Object.assign(losses, studentStep(networks, batch, noise, s, { t: actorUpdates + turns, ...about }))
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

  #networks(parameter: (places: Record<keyof Parameter, Place>) => Parameter): Networks {
    const { actor, critics } = this.memory
    const student = actor.layers.map(({ inputs, outputs, stride: s, offset }) => {
      const at = (block: number, row: number, rows: number) => ({
        ...{ address: block + offset + row * s, rows, width: outputs, stride: s },
      })
      const theta = (row: number, rows: number) =>
        parameter({
          ...{ value: at(actor.theta, row, rows), mean: at(actor.thetaMean, row, rows) },
          ...{ square: at(actor.thetaSquare, row, rows), target: at(actor.targetTheta, row, rows) },
        })
      const logSigma = parameter({
        ...{ value: at(actor.logSigma, 0, inputs), mean: at(actor.logSigmaMean, 0, inputs) },
        ...{ square: at(actor.logSigmaSquare, 0, inputs), target: at(actor.targetLogSigma, 0, inputs) },
      })
      const mask = this.#read([at(actor.mask, 0, inputs)])
      return { theta: theta(0, inputs), logSigma, bias: theta(inputs, 1), mask }
    })
    const critic = (i: number) => {
      const at = (offset: number, rows: number, width: number, s: number) => {
        const place = (block: number) => ({ address: critics.critic(block, i) + offset, rows, width, stride: s })
        const { parameters, mean, square, target } = critics
        return parameter({
          ...{ value: place(parameters), mean: place(mean), square: place(square), target: place(target) },
        })
      }
      const hidden = critics.layers.map(({ inputs, outputs, stride: s, offset }) => ({
        weights: at(offset, inputs, outputs, s),
        bias: at(offset + inputs * s, 1, outputs, s),
      }))
      const width = this.config.criticHidden[this.config.criticHidden.length - 1]
      return [...hidden, { weights: at(critics.head, width, 1, 4), bias: at(critics.headBias, 1, 1, 4) }]
    }
    return { student, critics: [critic(0), critic(1)] }
  }

  /** A minibatch, drawn as the fast step draws it: one part a chunk. */
  #sample(withValue: boolean): Batch {
    const { observationSize: o, actionSize: a } = this.config
    const { batch } = this.memory
    batch.forEach((_, c) => {
      sampleBatch(this.memory, this.kernels, c, this.count, withValue)
    })
    const whole = (of: 'state' | 'action' | 'reward' | 'next' | 'terminal', width: number, s: number) =>
      this.#read(batch.map((chunk) => ({ address: chunk[of], rows: chunk.rows, width, stride: s })))
    return {
      ...{ state: whole('state', o, stride(o)), action: whole('action', a, stride(a)) },
      ...{ reward: whole('reward', 1, 4), next: whole('next', o, stride(o)), terminal: whole('terminal', 1, 4) },
    }
  }

  /** One (batch, outputs) matrix of normals a layer; zeros where the step needs none. */
  #noise(needed: boolean): tf.Tensor[] {
    const { actor, batch } = this.memory
    if (!needed) return actor.layers.map(({ outputs }) => tf.zeros([this.config.batch, outputs]))
    batch.forEach(({ rows, generator }, c) => {
      actor.drawNoise(this.kernels, c, rows, generator)
    })
    return actor.layers.map(({ outputs, stride: s }, l) =>
      this.#read(batch.map(({ rows }, c) => ({ address: actor.chunks[c].noise[l], rows, width: outputs, stride: s }))),
    )
  }

  /** Matrices of one width, below each other. */
  #read(places: Place[]): tf.Tensor {
    const { width } = places[0]
    const rows = places.reduce((sum, place) => sum + place.rows, 0)
    const values = new Float32Array(rows * width)
    let row = 0
    for (const { address, rows, stride: s } of places)
      for (let r = 0; r < rows; r++, row++) {
        const from = (address + r * s) / 4
        values.set(this.f32.subarray(from, from + width), row * width)
      }
    return tf.tensor(values, [rows, width])
  }

  #write(tensor: tf.Tensor, { address, rows, width, stride: s }: Place): void {
    const values = tensor.dataSync() as Float32Array
    for (let r = 0; r < rows; r++) this.f32.set(values.subarray(r * width, (r + 1) * width), (address + r * s) / 4)
  }
}
