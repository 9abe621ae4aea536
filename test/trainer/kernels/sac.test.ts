import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Layer } from '../../../runtime-as/format/network.ts'
import { initialiseCritics, initialisePlainActor } from '../../../trainer/kernels/initialise.ts'
import { instantiateKernels } from '../../../trainer/kernels/kernels.ts'
import { type Matrix, stride } from '../../../trainer/kernels/layout.ts'
import type { VariationalLayer } from '../../../trainer/kernels/networks.ts'
import { startTensorflow } from '../../../trainer/kernels/reference/tensorflow.ts'
import { SoftActorCritic } from '../../../trainer/kernels/soft-actor-critic.ts'
import type { Chunk } from '../../../trainer/kernels/step/memory.ts'
import { randomStream } from '../../../trainer/random.ts'
import { configOf, tensorsOf } from '../../support/reference-step.ts'
import { relativeError } from '../../support/vectors.ts'

const [observations, actions, batch, low, high] = [5, 2, 38, -1.5, 0.5]
const shape = { observations, actions, hidden: [12, 9], criticHidden: [24, 16], batch }
const config = configOf(shape, { actorRate: 1e-3, discount: 0.9 })

/** A trainer with random data, in which some of the second action's standard deviations are at their bound. */
function newTrainer(): SoftActorCritic {
  const trainer = new SoftActorCritic(config, { seed: 7 })
  const random = randomStream(7, 'data')
  for (let i = 0; i < trainer.data.length; i++)
    trainer.data[i] = i % trainer.rowLength === trainer.rowLength - 1 ? Number(random.uniform() < 0.2) : random.normal()
  trainer.count = config.capacity
  trainer.setMode('none')
  initialisePlainActor(trainer.networks, random)
  const layers = trainer.networks.readActor()
  const last = layers[2]
  const inputs = last.theta.length / last.bias.length
  for (let i = 0; i < inputs; i++) last.theta[3 * inputs + i] = random.normal()
  last.bias[3] = -20.45
  trainer.networks.writeActor(layers)
  initialiseCritics(trainer.networks, random)
  const targets = [0, 1].map((i) => trainer.networks.readCritic(i))
  initialiseCritics(trainer.networks, random)
  for (const i of [0, 1]) trainer.networks.writeCritic(i, targets[i], 'target')
  return trainer
}

/** Rows of both chunks' matrices, below each other. */
function rows(trainer: SoftActorCritic, of: (chunk: Chunk) => Matrix): tf.Tensor2D {
  const values = trainer.memory.chunks.map(of).flatMap(({ at, rows: count, columns, stride: s }) =>
    Array.from({ length: count }, (_, r) => {
      const from = (at + r * s) / 4
      return [...trainer.f32.subarray(from, from + columns)]
    }),
  )
  return tf.tensor2d(values)
}

/** The noise that the policy's sample has taken: it needs but half of it. */
const takenNoise = (trainer: SoftActorCritic) =>
  rows(trainer, ({ actor }) => ({ ...actor.layers[2].noise, columns: actions }))

/** What the chunks' noise generators give next. */
function nextNoise({ memory, f32 }: SoftActorCritic): tf.Tensor2D {
  const own = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true })
  const kernels = instantiateKernels(own, true)
  const floats = new Float32Array(own.buffer)
  const width = stride(2 * actions) / 4
  const noise = memory.chunks.flatMap(({ generator, rows: count }) => {
    floats.set(f32.subarray(generator / 4, generator / 4 + 16), 1024)
    kernels.normals(4096, 8192, count * width)
    return Array.from({ length: count }, (_, r) => [...floats.subarray(2048 + r * width, 2048 + r * width + actions)])
  })
  return tf.tensor2d(noise)
}

const transposed = (matrix: Float32Array, outputs: number) =>
  tf.transpose(tf.tensor2d(matrix, [outputs, matrix.length / outputs])) as tf.Tensor2D

function forward(weights: tf.Tensor[], biases: tf.Tensor[], x: tf.Tensor): tf.Tensor {
  weights.forEach((w, l) => {
    const y = tf.add(tf.matMul(x, w), biases[l])
    x = l < weights.length - 1 ? tf.relu(y) : y
  })
  return x
}

/** Actions and log pi, (B, 1), as the paper has them (appendix C). */
function sample(outputs: tf.Tensor, noise: tf.Tensor): { action: tf.Tensor; logPi: tf.Tensor } {
  const [mean, raw] = tf.split(outputs, 2, 1)
  const logStd = tf.clipByValue(raw, -20, 2)
  const t = tf.tanh(tf.add(mean, tf.mul(tf.exp(logStd), noise)))
  const gaussian = tf.sub(tf.mul(-0.5, tf.square(noise)), tf.add(logStd, 0.5 * Math.log(2 * Math.PI)))
  const logPi = tf.sum(tf.sub(gaussian, tf.log(tf.sub(1, tf.square(t)))), 1, true)
  return { action: tf.add((high + low) / 2, tf.mul((high - low) / 2, t)), logPi }
}

const valueBy = (critic: Layer[], states: tf.Tensor, action: tf.Tensor) =>
  forward(
    critic.map(({ weights, outputs }) => transposed(weights, outputs)),
    critic.map(({ bias }) => tf.tensor1d(bias)),
    tf.concat([states, action], 1),
  )

describe('one update of soft actor-critic', () => {
  let trainer: SoftActorCritic
  let before: { actor: VariationalLayer[]; critics: Layer[][]; targets: Layer[][]; noise: tf.Tensor2D; alpha: number }
  let states: tf.Tensor2D

  beforeAll(async () => {
    await startTensorflow()
    trainer = newTrainer()
    const { networks, memory } = trainer
    const critics = (block: number) => [0, 1].map((i) => networks.readCritic(i, block))
    before = {
      actor: networks.readActor(),
      critics: critics(memory.critics.parameters.value),
      targets: critics(memory.critics.parameters.target),
      noise: nextNoise(trainer),
      alpha: trainer.alpha,
    }
    trainer.run(1)
    states = rows(trainer, ({ state }) => state)
  })

  const actorTensors = () => ({
    weights: before.actor.map(({ theta, bias }) => transposed(theta, bias.length)),
    biases: before.actor.map(({ bias }) => tf.tensor1d(bias)),
  })

  it('has the actor gradients of alpha log pi - min(Q1, Q2), by automatic differentiation', () => {
    const { networks } = trainer
    const noise = takenNoise(trainer)
    const { weights, biases } = actorTensors()
    const outputs = forward(weights, biases, states).arraySync() as number[][]
    const atBound = outputs.filter((row) => row[3] < -20).length
    expect(atBound).toBeGreaterThan(3)
    expect(atBound).toBeLessThan(batch - 3)
    // the critics moved first
    const critics = [0, 1].map((i) => networks.readCritic(i))
    const loss = (...parameters: tf.Tensor[]) => {
      const { action, logPi } = sample(forward(parameters.slice(0, 3), parameters.slice(3), states), noise)
      const [q1, q2] = critics.map((critic) => valueBy(critic, states, action))
      return tf.mean(tf.sub(tf.mul(before.alpha, logPi), tf.minimum(q1, q2))) as tf.Scalar
    }
    const gradients = tf.grads(loss)([...weights, ...biases])
    const means = tensorsOf(trainer, 'mean')
    for (let l = 0; l < 3; l++) {
      const wanted = tf.transpose(gradients[l]).dataSync() as Float32Array
      expect(
        relativeError(
          means.get(`student theta ${l}`)!.map((m) => 10 * m),
          wanted,
        ),
      ).toBeLessThan(1e-4)
      const bias = gradients[3 + l].dataSync() as Float32Array
      expect(
        relativeError(
          means.get(`student bias ${l}`)!.map((m) => 10 * m),
          bias,
        ),
      ).toBeLessThan(1e-4)
    }
  })

  it('has the critic gradients of the soft target', () => {
    const { memory, networks, data, rowLength } = trainer
    const u32 = new Uint32Array(trainer.f32.buffer)
    const column = (offset: number) =>
      tf.tensor2d(
        memory.chunks.flatMap(({ index, rows: count }) =>
          Array.from({ length: count }, (_, r) => [data[u32[index.at / 4 + r] * rowLength + offset]]),
        ),
      )
    const next = rows(trainer, ({ next }) => next)
    const taken = rows(trainer, ({ action }) => action)
    const { weights, biases } = actorTensors()
    const { action, logPi } = sample(forward(weights, biases, next), before.noise)
    const [q1, q2] = before.targets.map((critic) => valueBy(critic, next, action))
    const soft = tf.sub(tf.minimum(q1, q2), tf.mul(before.alpha, logPi))
    const [reward, terminal] = [column(observations + actions), column(rowLength - 1)]
    const y = tf.add(reward, tf.mul(tf.sub(1, terminal), tf.mul(config.discount, soft)))
    before.critics.forEach((critic, i) => {
      const inputs = critic.map(({ weights: w, outputs }) => transposed(w, outputs))
      const others = critic.map(({ bias }) => tf.tensor1d(bias))
      const loss = (...w: tf.Tensor[]) =>
        tf.mean(tf.squaredDifference(forward(w, others, tf.concat([states, taken], 1)), y)) as tf.Scalar
      const gradients = tf.grads(loss)(inputs)
      networks.criticGradients(i).forEach((layer, l) => {
        const wanted = tf.transpose(gradients[l]).dataSync() as Float32Array
        expect(relativeError(layer.weights, wanted)).toBeLessThan(1e-4)
      })
    })
  })

  it('lowers the temperature where the entropy is above minus one nat an action, and raises it below', () => {
    const noise = takenNoise(trainer)
    const { weights, biases } = actorTensors()
    const { logPi } = sample(forward(weights, biases, states), noise)
    const entropy = -tf.mean(logPi).dataSync()[0]
    // Adam's first step is the rate, against the sign of the gradient
    const wanted = Math.log(before.alpha) - config.actorRate * Math.sign(entropy + actions)
    expect(Math.log(trainer.alpha)).toBeCloseTo(wanted, 6)
  })

  it('goes on after `restore` to the bits of one that never stopped', () => {
    const whole = newTrainer()
    whole.run(20)
    const state = whole.save()
    whole.run(10)
    const resumed = newTrainer()
    resumed.restore(state)
    resumed.run(10)
    expect(resumed.networks.readActor()).toEqual(whole.networks.readActor())
    expect(resumed.alpha).toBe(whole.alpha)
    expect(resumed.alpha).not.toBe(1)
  })
})
