/**
 * One step of Bayesian Policy Distillation, run by every thread at once (each takes its chunks of the batch and its share of the
 * parameters, and meets the others at barriers). Top to bottom this is Eq. 12 of the paper, and TD3's critics (`td3.ts`):
 *
 *   every step                  the critics' loss down its gradient
 *   every policyDelay-th step   the student's, and all targets move:
 *   L = -lambda mean Q1(s, pi(s)) + |D| mean (pi(s) - a)^2 + eta KL,    lambda = h |D| / mean |Q1(s, pi(s))|
 */
import { klWeight } from '../config.ts'
import type { LayerShare } from './actor.ts'
import { type Control, type StepSettings, words } from './control.ts'
import type { Lane, OutputGradient } from './lane.ts'
import { type Chunk, type StepMemory, sums } from './memory.ts'
import { Adam, type Parameters } from './optimiser.ts'
import { criticGradients } from './td3.ts'

/** Puts a given minibatch and given noise into chunk c's matrices in place of drawn ones: how fixed vectors are replayed. */
export interface Replay {
  batch(c: number, step: number): void
  noise(c: number, step: number, of: 'target' | 'student'): void
}

export class Step {
  readonly #memory: StepMemory
  readonly #lane: Lane
  readonly #control: Control
  readonly #replay: Replay | undefined
  /** the chunks that this thread works on, and what it updates */
  readonly #mine: Chunk[]
  readonly #actorShares: LayerShare[]
  readonly #criticShare: Parameters
  readonly #adam = new Adam()
  /** one a chunk: views of the sums, and what the gradient by the actor's outputs is made of */
  readonly #sums: Float64Array[]
  readonly #outputs: OutputGradient[]

  constructor(memory: StepMemory, lane: Lane, control: Control, replay?: Replay) {
    const { actor, critics, chunks } = memory
    this.#memory = memory
    this.#lane = lane
    this.#control = control
    this.#replay = replay
    this.#mine = chunks.filter(({ c }) => c % lane.threads === lane.thread)
    this.#actorShares = actor.shares(lane)
    this.#criticShare = critics.share(lane)
    const f64 = new Float64Array(lane.f32.buffer)
    this.#sums = chunks.map((chunk) => f64.subarray(chunk.sums, chunk.sums + sums.size))
    this.#outputs = chunks.map(({ actor: { layers, action }, wanted, critics: { byAction } }) => {
      const { gradient, output } = layers[layers.length - 1]
      return { gradient, byAction, action, wanted, tanh: output, bounds: actor.bounds }
    })
  }

  /** Runs the steps that the control block asks for. */
  run(): void {
    const { config } = this.#memory
    const block = this.#control.words
    const settings = this.#control.settings(config)
    const { withValue } = settings
    const first = block[words.first]
    const last = first + block[words.steps]
    let criticUpdates = block[words.criticUpdates]
    let actorUpdates = block[words.actorUpdates]
    for (let t = first + 1; t <= last; t++) {
      const actorTurn = t % config.policyDelay === 0
      for (const chunk of this.#mine) {
        if (withValue || actorTurn) this.#draw(chunk, t, withValue)
        if (withValue) this.#criticGradients(chunk, t, settings)
      }
      if (withValue) {
        this.#barrier()
        this.#updateCritics(++criticUpdates)
      }
      if (!actorTurn) continue
      for (const chunk of this.#mine) this.#actorForward(chunk, t, settings)
      this.#barrier()
      for (const chunk of this.#mine) this.#actorGradients(chunk, settings)
      this.#barrier()
      this.#updateActor(++actorUpdates, klWeight(config.kl, t), settings)
    }
  }

  #draw(chunk: Chunk, t: number, withValue: boolean): void {
    if (this.#replay) this.#replay.batch(chunk.c, t)
    else this.#memory.draw(this.#lane, chunk, this.#control.words[words.count], withValue)
  }

  #criticGradients(chunk: Chunk, t: number, { noise }: StepSettings): void {
    const { config, actor } = this.#memory
    const { c, generator, next, actor: pass } = chunk
    const lane = this.#lane
    const { smoothing } = config
    if (this.#replay) this.#replay.noise(c, t, 'target')
    else if (noise || smoothing) actor.drawNoise(lane, pass, generator)
    actor.forward(lane, pass, actor.target, next, noise)
    if (smoothing) actor.smooth(lane, pass, smoothing)
    this.#sums[c][sums.criticError] = criticGradients(lane, this.#memory, chunk)
  }

  #updateCritics(t: number): void {
    const { critics, config } = this.#memory
    this.#lane.adam(this.#criticShare, this.#adam.at(config.criticRate, t))
    this.#barrier()
    critics.refreshTransposed(this.#lane)
    this.#barrier()
  }

  /** The student's actions, their values by Q1, and the gradient of minus the mean value by the actions. */
  #actorForward(chunk: Chunk, t: number, { noise, withValue }: StepSettings): void {
    const { actor, critics, config } = this.#memory
    const { c, generator, state, actor: pass } = chunk
    const lane = this.#lane
    if (this.#replay) this.#replay.noise(c, t, 'student')
    else if (noise) actor.drawNoise(lane, pass, generator)
    actor.forward(lane, pass, actor.live, state, noise)
    if (!withValue) return
    const [q] = chunk.critics.q
    critics.join(lane, chunk.critics, state, pass.action)
    critics.forward(lane, chunk.critics, critics.live[0], q)
    this.#sums[c][sums.q] = lane.total(q)
    this.#sums[c][sums.absoluteQ] = lane.absoluteTotal(q)
    lane.fill(chunk.critics.byQ, -1 / config.batchSize)
    critics.backwardToAction(lane, chunk.critics, 0)
  }

  #actorGradients({ c, state, actor: pass }: Chunk, { noise, withValue }: StepSettings): void {
    const { actor, config } = this.#memory
    const { batchSize, actionSize, dataScale, valueWeight, cloneWeight } = config
    const lane = this.#lane
    let lambda = 0
    if (withValue) {
      let absoluteQ = 0
      for (const ofChunk of this.#sums) absoluteQ += ofChunk[sums.absoluteQ]
      lambda = (valueWeight * dataScale) / (absoluteQ / batchSize)
    }
    const clone = (cloneWeight * dataScale * 2) / (batchSize * actionSize)
    this.#sums[c][sums.cloneError] = lane.outputGradient(this.#outputs[c], lambda, clone, withValue)
    actor.backward(lane, pass, state, noise)
  }

  #updateActor(t: number, kl: number, settings: StepSettings): void {
    const { actor, config } = this.#memory
    actor.update(this.#lane, this.#actorShares, settings, this.#adam.at(settings.actorRate, t), kl)
    if (settings.withValue) this.#lane.polyak(this.#criticShare, config.tau)
    this.#barrier()
    actor.refreshTransposed(this.#lane, settings.noise)
    this.#barrier()
  }

  #barrier(): void {
    this.#control.barrier(this.#lane.threads)
  }
}
