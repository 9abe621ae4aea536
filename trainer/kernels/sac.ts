/**
 * Soft actor-critic (Haarnoja et al. 2018, arXiv 1812.05905), for small actors: critics, products and Adam are the kernels'; the policy's head,
 * which is a few numbers a row, is said here as one reads it. For each action, from the actor's outputs mean and log std, and noise e:
 *
 *   u = mean + std e,  t = tanh u,  a = middle + half t,        log pi = sum of -e^2/2 - log std - log(2 pi)/2 - log(1 - t^2)
 *   critics      y = r + gamma (1 - terminal) (min(Q1', Q2')(s', a') - alpha log pi(a' | s')),  a' of the present policy
 *   actor        mean of alpha log pi - min(Q1, Q2)(s, a)
 *   temperature  mean of -log alpha (log pi + target),  target = -(number of actions), as they advise
 *
 * log pi is that of t: half, a constant, is left out. One thread.
 */
import type { Random } from '../random.ts'
import type { StepConfig } from './config.ts'
import { criticGradients, rootCorrection, sampleBatch, stepSize } from './step.ts'
import { Trainer, type TrainerOptions } from './trainer.ts'

/** log std is kept within; at a bound it has no gradient. */
const logStdRange = [-20, 2] as const

export class SoftActorCritic extends Trainer {
  /** log alpha, and Adam's two moments of it */
  readonly #temperature = new Float64Array(3)

  constructor(config: StepConfig, options: Omit<TrainerOptions, 'threads' | 'replay'>) {
    super({ ...config, gaussian: true, delay: 1 }, { ...options, threads: 1 })
  }

  get alpha(): number {
    return Math.exp(this.#temperature[0])
  }

  protected override advance(n: number): void {
    const { first } = this.settings()
    for (let t = first + 1; t <= first + n; t++) this.#step(t)
  }

  /** Update number t = 1, 2, … of everything. */
  #step(t: number): void {
    const { config, memory, kernels: k, f32 } = this
    const { actor, critics, batch } = memory
    const { criticRate, actorRate, discount, actionSize } = config
    const losses = { critic: 0, meanQ: 0, meanAbsoluteQ: 0, clone: 0 }
    let meanLogPi = 0
    batch.forEach(({ next, reward, terminal }, c) => {
      sampleBatch(memory, k, c, this.count, true)
      this.#sample(c, next).forEach((logPi, r) => {
        f32[reward / 4 + r] -= discount * (1 - f32[terminal / 4 + r]) * this.alpha * logPi
      })
      losses.critic += criticGradients(memory, k, f32, c) / config.batch
    })
    critics.update(k, 0, 1, stepSize(criticRate, t), rootCorrection(t))
    critics.refreshTransposed(k, 0, 1)
    batch.forEach(({ state, rows }, c) => {
      for (const logPi of this.#sample(c, state)) meanLogPi += logPi / config.batch
      const { values, byAction } = this.#smallerValues(c)
      for (const q of values) {
        losses.meanQ += q / config.batch
        losses.meanAbsoluteQ += Math.abs(q) / config.batch
      }
      this.#actorGradient(c, byAction)
      actor.backward(k, c, rows, state, 'none')
    })
    actor.update(k, 0, 1, 'none', false, 0, stepSize(actorRate, t), rootCorrection(t), 0, false)
    actor.refreshTransposed(k, 0, 1, 'none')
    critics.moveTargets(k, 0, 1)
    this.#updateTemperature(actionSize - meanLogPi, stepSize(actorRate, t), rootCorrection(t))
    this.storeLosses(losses)
  }

  /** Samples an action for each of chunk c's states; gives log pi of each. Leaves t in the place of the means. */
  #sample(c: number, states: number): Float64Array {
    const { kernels: k, memory, f32 } = this
    const { actor, batch } = memory
    const { rows, generator } = batch[c]
    const last = actor.layers.length - 1
    actor.propagate(k, c, rows, states, false, 'none')
    const { output, noise, action } = actor.chunks[c]
    const s = actor.layers[last].stride / 4
    k.normals(generator, noise[last], rows * s)
    const noiseOf = (r: number, i: number) => f32[noise[last] / 4 + r * s + i]
    return Float64Array.from({ length: rows }, (_, r) =>
      this.#act(output[last] / 4 + r * s, (action + r * actor.actionStride) / 4, (i) => noiseOf(r, i)),
    )
  }

  /** One row: outputs at index `output`, of which the means become t; its action to index `action`. Gives log pi. */
  #act(output: number, action: number, noise: (i: number) => number): number {
    const { f32, config } = this
    const { middle, half } = this.memory.actor
    let logPi = 0
    for (let i = 0; i < config.actionSize; i++) {
      const [mean, logStd, e] = [f32[output + i], clamp(f32[output + config.actionSize + i]), noise(i)]
      const u = mean + Math.exp(logStd) * e
      const t = Math.tanh(u)
      f32[output + i] = t
      f32[action + i] = f32[middle / 4 + i] + f32[half / 4 + i] * t
      logPi -= (e * e) / 2 + logStd + Math.log(2 * Math.PI) / 2 + logSlope(u)
    }
    return logPi
  }

  /** min(Q1, Q2) of chunk c's states and actions, and the gradient of minus its mean over the batch by the action. */
  #smallerValues(c: number): { values: Float32Array; byAction: Float32Array } {
    const { kernels: k, f32 } = this
    const { actor, critics, batch } = this.memory
    const { rows, state } = batch[c]
    const chunk = critics.chunks[c]
    critics.join(k, c, rows, state, actor.chunks[c].action)
    for (const i of [0, 1]) critics.forward(k, f32, c, rows, critics.parameters, i)
    const [q1, q2] = chunk.q.map((q) => f32.slice(q / 4, q / 4 + rows))
    const byAction = new Float32Array((rows * actor.actionStride) / 4)
    // the hidden layers hold the pass of the second
    for (const i of [1, 0]) {
      if (i === 0) critics.forward(k, f32, c, rows, critics.parameters, 0)
      for (let r = 0; r < rows; r++) f32[chunk.byQ / 4 + r] = q1[r] <= q2[r] === (i === 0) ? -1 / this.config.batch : 0
      critics.refreshActionRows(k, i)
      critics.backwardToAction(k, c, rows, i)
      for (let j = 0; j < byAction.length; j++) byAction[j] += f32[chunk.byAction / 4 + j]
    }
    return { values: q1.map((q, r) => Math.min(q, q2[r])), byAction }
  }

  /** Gradient of the actor's loss by its outputs, for the sample that chunk c holds. */
  #actorGradient(c: number, byAction: Float32Array): void {
    const { f32, config } = this
    const { actor, batch } = this.memory
    const { actionSize: n } = config
    const last = actor.layers.length - 1
    const { output, noise, gradient } = actor.chunks[c]
    const weight = this.alpha / config.batch
    for (let r = 0; r < batch[c].rows; r++) {
      const row = (r * actor.layers[last].stride) / 4
      for (let i = 0; i < n; i++) {
        const t = f32[output[last] / 4 + row + i]
        const logStd = f32[output[last] / 4 + row + n + i]
        const e = f32[noise[last] / 4 + row + i]
        const byValue = byAction[(r * actor.actionStride) / 4 + i] * f32[actor.half / 4 + i] * (1 - t * t)
        // -log(1 - tanh^2 u) rises by 2 tanh u
        const byU = byValue + weight * 2 * t
        f32[gradient[last] / 4 + row + i] = byU
        f32[gradient[last] / 4 + row + n + i] = clamp(logStd) === logStd ? byU * Math.exp(logStd) * e - weight : 0
      }
    }
  }

  /** Adam of log alpha; log alpha has the gradient -(mean log pi + target). */
  #updateTemperature(gradient: number, step: number, root: number): void {
    const [value, mean, square] = this.#temperature
    const [m, v] = [0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient ** 2]
    this.#temperature.set([value - (step * m) / (Math.sqrt(v) * root + 1e-8), m, v])
  }

  /** An action as the policy draws it, for acting while learning. */
  explore(observation: ArrayLike<number>, action: Float32Array, random: Random): void {
    const { kernels: k, memory, f32 } = this
    const { actor, batch } = memory
    f32.set(Float32Array.from(observation), batch[0].state / 4)
    actor.propagate(k, 0, 1, batch[0].state, false, 'none')
    const { output, action: chosen } = actor.chunks[0]
    this.#act(output[output.length - 1] / 4, chosen / 4, () => random.normal())
    for (let i = 0; i < action.length; i++) action[i] = f32[chosen / 4 + i]
  }

  override save(): Uint8Array {
    const memory = super.save()
    const whole = new Uint8Array(memory.length + this.#temperature.byteLength)
    whole.set(memory)
    whole.set(new Uint8Array(this.#temperature.buffer), memory.length)
    return whole
  }

  override restore(state: Uint8Array): void {
    const at = state.length - this.#temperature.byteLength
    super.restore(state.subarray(0, at))
    new Uint8Array(this.#temperature.buffer).set(state.subarray(at))
  }
}

const clamp = (logStd: number) => Math.max(logStdRange[0], Math.min(logStdRange[1], logStd))

/** log(1 - tanh^2 u), also where tanh rounds to 1 */
const logSlope = (u: number) => 2 * (Math.LN2 - Math.abs(u) - Math.log1p(Math.exp(-2 * Math.abs(u))))
