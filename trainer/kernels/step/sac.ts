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
import type { Random } from '../../random.ts'
import type { Matrix } from '../layout.ts'
import type { ActorPass, ActorUpdate, LayerShare } from './actor.ts'
import type { Lane } from './lane.ts'
import type { Chunk, StepMemory } from './memory.ts'
import { Adam, adamOfOne, type Parameters } from './optimiser.ts'
import { criticGradients } from './td3.ts'

/** log std is kept within; at a bound it has no gradient. */
const logStdRange = [-20, 2] as const

/** A chunk's matrices, row by row, and what the policy's head works with. */
interface Head {
  /** means and log stds, and the noise; then t in the place of the means */
  outputs: Float32Array[]
  noise: Float32Array[]
  action: Float32Array[]
  /** by outputs; by the action, of one critic and of the smaller of both */
  gradient: Float32Array[]
  byAction: Float32Array[]
  bySmaller: Float32Array[]
  q: [Float32Array, Float32Array]
  byQ: Float32Array
  reward: Float32Array
  terminal: Float32Array
  logPi: Float64Array
  smaller: Float32Array
}

export class SoftStep {
  /** log alpha, and Adam's two moments of it */
  readonly temperature = new Float64Array(3)
  /** of the last step: means over the batch */
  readonly losses = { critic: 0, meanQ: 0, meanAbsoluteQ: 0, clone: 0 }
  readonly #memory: StepMemory
  readonly #lane: Lane
  readonly #heads: Head[]
  readonly #single: Head
  readonly #singleNoise: Float64Array
  readonly #middle: Float32Array
  readonly #half: Float32Array
  readonly #criticShare: Parameters
  readonly #adam = new Adam()
  readonly #actorShares: LayerShare[]
  readonly #update: ActorUpdate

  constructor(memory: StepMemory, lane: Lane) {
    const { actor, critics, chunks, config } = memory
    this.#memory = memory
    this.#lane = lane
    this.#heads = chunks.map((chunk) => headOf(lane.f32, chunk, chunk.actor))
    this.#single = headOf(lane.f32, chunks[0], actor.single)
    this.#singleNoise = new Float64Array(config.actionSize)
    ;[this.#middle] = rowsOf(lane.f32, actor.bounds.middle)
    ;[this.#half] = rowsOf(lane.f32, actor.bounds.half)
    this.#criticShare = critics.share(lane)
    this.#actorShares = actor.shares(lane)
    this.#update = {
      noise: undefined,
      shrinkage: 0,
      masked: false,
      withTarget: false,
    }
  }

  get alpha(): number {
    return Math.exp(this.temperature[0])
  }

  /** Update number t = 1, 2, … of everything, on a minibatch of the first `count` transitions. */
  run(t: number, count: number): void {
    const { actor, critics, chunks, config } = this.#memory
    const lane = this.#lane
    const { losses } = this
    losses.critic = losses.meanQ = losses.meanAbsoluteQ = 0
    let meanLogPi = 0
    for (const chunk of chunks) {
      this.#memory.draw(lane, chunk, count, true)
      this.#sample(chunk, chunk.next)
      this.#softenReward(this.#heads[chunk.c])
      losses.critic += criticGradients(lane, this.#memory, chunk) / config.batchSize
    }
    lane.adam(this.#criticShare, this.#adam.at(config.criticRate, t))
    critics.refreshTransposed(lane)
    for (const chunk of chunks) {
      const head = this.#heads[chunk.c]
      this.#sample(chunk, chunk.state)
      for (const logPi of head.logPi) meanLogPi += logPi / config.batchSize
      this.#smallerValue(chunk, head)
      for (const q of head.smaller) {
        losses.meanQ += q / config.batchSize
        losses.meanAbsoluteQ += Math.abs(q) / config.batchSize
      }
      this.#actorGradient(head)
      actor.backward(lane, chunk.actor, chunk.state)
    }
    const adam = this.#adam.at(config.actorRate, t)
    actor.update(lane, this.#actorShares, this.#update, adam, 0)
    actor.refreshTransposed(lane, undefined)
    lane.polyak(this.#criticShare, config.tau)
    // log alpha has the gradient -(mean log pi + target)
    adamOfOne(this.temperature, config.actionSize - meanLogPi, adam)
  }

  /** Samples an action for each of the states, with its log pi. */
  #sample({ c, generator, actor: pass }: Chunk, states: Matrix): void {
    const { actor } = this.#memory
    const { outputs, noise, action, logPi } = this.#heads[c]
    actor.propagate(this.#lane, pass, actor.live, states)
    this.#lane.normals(pass.layers[pass.layers.length - 1].noise, generator)
    for (let r = 0; r < outputs.length; r++) logPi[r] = this.#act(outputs[r], noise[r], action[r])
  }

  /** One row: the actor's outputs, whose means become t, and its action. Gives log pi. */
  #act(outputs: Float32Array, noise: Float32Array | Float64Array, action: Float32Array): number {
    const { actionSize: n } = this.#memory.config
    let logPi = 0
    for (let i = 0; i < n; i++) {
      const logStd = clamp(outputs[n + i])
      const e = noise[i]
      const u = outputs[i] + Math.exp(logStd) * e
      const t = Math.tanh(u)
      outputs[i] = t
      action[i] = this.#middle[i] + this.#half[i] * t
      logPi -= (e * e) / 2 + logStd + Math.log(2 * Math.PI) / 2 + logSlope(u)
    }
    return logPi
  }

  /** The reward takes what the entropy of the next action adds to the target. */
  #softenReward({ reward, terminal, logPi }: Head): void {
    const { discount } = this.#memory.config
    for (let r = 0; r < reward.length; r++) reward[r] -= discount * (1 - terminal[r]) * this.alpha * logPi[r]
  }

  /** min(Q1, Q2) of the chunk's states and sampled actions, and the gradient of minus its mean over the batch by the action. */
  #smallerValue({ state, actor: { action }, critics: pass }: Chunk, head: Head): void {
    const { critics, config } = this.#memory
    const lane = this.#lane
    const { q, byQ, byAction, bySmaller, smaller } = head
    critics.join(lane, pass, state, action)
    for (let i = 0; i < 2; i++) critics.forward(lane, pass, critics.live[i], pass.q[i])
    for (const row of bySmaller) row.fill(0)
    // the hidden layers hold the pass of the second
    for (let i = 1; i >= 0; i--) {
      if (i === 0) critics.forward(lane, pass, critics.live[0], pass.q[0])
      for (let r = 0; r < byQ.length; r++) byQ[r] = q[0][r] <= q[1][r] === (i === 0) ? -1 / config.batchSize : 0
      critics.refreshActionRows(lane, i)
      critics.backwardToAction(lane, pass, i)
      for (let r = 0; r < byAction.length; r++)
        for (let j = 0; j < config.actionSize; j++) bySmaller[r][j] += byAction[r][j]
    }
    for (let r = 0; r < smaller.length; r++) smaller[r] = Math.min(q[0][r], q[1][r])
  }

  /** Gradient of the actor's loss by its outputs, for the sample that the head holds. */
  #actorGradient({ outputs, noise, gradient, bySmaller }: Head): void {
    const { actionSize: n, batchSize } = this.#memory.config
    const weight = this.alpha / batchSize
    for (let r = 0; r < outputs.length; r++) {
      for (let i = 0; i < n; i++) {
        const t = outputs[r][i]
        const logStd = outputs[r][n + i]
        const byValue = bySmaller[r][i] * this.#half[i] * (1 - t * t)
        // -log(1 - tanh^2 u) rises by 2 tanh u
        const byU = byValue + weight * 2 * t
        gradient[r][i] = byU
        gradient[r][n + i] = clamp(logStd) === logStd ? byU * Math.exp(logStd) * noise[r][i] - weight : 0
      }
    }
  }

  /** An action as the policy draws it, for acting while learning. */
  explore(observation: ArrayLike<number>, action: Float32Array, random: Random): void {
    const { actor, observation: state } = this.#memory
    this.#lane.f32.set(observation, state.at / 4)
    actor.propagate(this.#lane, actor.single, actor.live, state)
    for (let i = 0; i < action.length; i++) this.#singleNoise[i] = random.normal()
    this.#act(this.#single.outputs[0], this.#singleNoise, this.#single.action[0])
    action.set(this.#single.action[0])
  }
}

const clamp = (logStd: number) => Math.max(logStdRange[0], Math.min(logStdRange[1], logStd))

/** log(1 - tanh^2 u), also where tanh rounds to 1 */
const logSlope = (u: number) => 2 * (Math.LN2 - Math.abs(u) - Math.log1p(Math.exp(-2 * Math.abs(u))))

/** Views of a matrix's rows. */
const rowsOf = (f32: Float32Array, { at, rows, columns, stride }: Matrix): Float32Array[] =>
  Array.from({ length: rows }, (_, r) => f32.subarray((at + r * stride) / 4, (at + r * stride) / 4 + columns))

const columnOf = (f32: Float32Array, { at, rows }: Matrix): Float32Array => f32.subarray(at / 4, at / 4 + rows)

function headOf(f32: Float32Array, chunk: Chunk, { layers, action }: ActorPass): Head {
  const { output, noise, gradient } = layers[layers.length - 1]
  const { q, byQ, byAction } = chunk.critics
  return {
    outputs: rowsOf(f32, output),
    noise: rowsOf(f32, noise),
    action: rowsOf(f32, action),
    gradient: rowsOf(f32, gradient),
    byAction: rowsOf(f32, byAction),
    bySmaller: Array.from({ length: chunk.rows }, () => new Float32Array(action.columns)),
    q: [columnOf(f32, q[0]), columnOf(f32, q[1])],
    byQ: columnOf(f32, byQ),
    reward: columnOf(f32, chunk.reward),
    terminal: columnOf(f32, chunk.terminal),
    logPi: new Float64Array(chunk.rows),
    smaller: new Float32Array(chunk.rows),
  }
}
