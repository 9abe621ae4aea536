/**
 * One step of Bayesian Policy Distillation, run by every thread at once (each takes its chunks of the batch and its share of the
 * parameters, and meets the others at barriers). Top to bottom this is Eq. 12 of the paper and TD3's critic:
 *
 *   y     = r + gamma (1 - terminal) min(Q1', Q2')(s', pi'(s'))                    critics: L_Q = mean (Q1 - y)^2 + mean (Q2 - y)^2
 *   every delay-th step:
 *   L     = -lambda mean Q1(s, pi(s)) + |D| mean (pi(s) - a)^2 + eta KL,           lambda = h |D| / mean |Q1(s, pi(s))|
 */
import { Actor } from './actor.ts'
import { klWeight, noiseModes, type StepConfig } from './config.ts'
import { Critics } from './critics.ts'
import type { Kernels } from './kernels.ts'
import { Arena, type Common, stride } from './layout.ts'

interface BatchChunk {
  rows: number
  sampler: number
  generator: number
  index: number
  state: number
  action: number
  reward: number
  next: number
  terminal: number
}

/** Words of the control block, i32. */
export const control = {
  command: 0,
  arrived: 16,
  generation: 32,
  first: 48,
  steps: 49,
  count: 50,
  mode: 51,
  masked: 52,
  criticUpdates: 53,
  actorUpdates: 54,
  /** 1: with the value term and the critics */
  value: 55,
} as const
/** Indices, in f64 from the control block: the factor on the actor's learning rate, and by how much L1 shrinks each weight. */
export const rateFactor = 28
export const shrinkage = 29
/** Sums a step leaves for each chunk, f64. */
export const sums = { criticError: 0, q: 1, absoluteQ: 2, cloneError: 3, size: 8 } as const

/** The memory of one trainer: everything at the same address for every thread. */
export class StepMemory {
  readonly config: StepConfig
  readonly control: number
  readonly sums: number
  readonly actor: Actor
  readonly critics: Critics
  readonly batch: BatchChunk[] = []
  readonly data: number
  /** bytes of one transition: state, action, reward, next state, terminal */
  readonly rowBytes: number
  readonly bytes: number

  /** data: where transitions of the same sizes already lie, in a memory that is used again */
  constructor(config: StepConfig, wide: boolean, data?: number) {
    this.config = config
    const arena = new Arena()
    this.control = arena.take(256)
    this.sums = arena.take(config.chunks * sums.size * 8)
    const outputs = config.actionSize * (config.gaussian ? 2 : 1)
    const widths = [config.observationSize + config.actionSize, outputs, ...config.hidden, ...config.criticHidden]
    const common: Common = {
      wide: wide ? 1 : 0,
      rows: Math.ceil(config.batch / config.chunks),
      zeros: arena.take(stride(Math.max(...widths)) + 64),
      edge: Array.from({ length: config.chunks }, () => arena.take(512)),
    }
    this.actor = new Actor(config, arena, common)
    this.critics = new Critics(config, arena, common)
    const matrix = (s: number) => arena.take((common.rows + 5) * s)
    for (let c = 0; c < config.chunks; c++) {
      this.batch.push({
        rows: Math.floor((config.batch + c) / config.chunks),
        sampler: arena.take(64),
        generator: arena.take(64),
        index: matrix(4),
        state: matrix(stride(config.observationSize)),
        action: matrix(stride(config.actionSize)),
        reward: matrix(4),
        next: matrix(stride(config.observationSize)),
        terminal: matrix(4),
      })
    }
    this.rowBytes = (2 * config.observationSize + config.actionSize + 2) * 4
    if (data !== undefined) {
      if (arena.size > data) throw new Error(`${arena.size} bytes of parameters, and transitions from byte ${data} on`)
      arena.size = data
    }
    this.data = arena.take(config.capacity * this.rowBytes)
    this.bytes = arena.size + 4096
  }
}

/** Adam's bias corrections as the kernels take them, for update number t = 1, 2, … */
export const stepSize = (rate: number, t: number) => rate / (1 - 0.9 ** t)
export const rootCorrection = (t: number) => 1 / Math.sqrt(1 - 0.999 ** t)

/** Puts a given minibatch and given noise into chunk c's arrays in place of drawn ones: how fixed vectors are replayed. */
export interface Replay {
  batch(c: number, step: number): void
  noise(c: number, step: number, of: 'target' | 'student'): void
}

/** Draws chunk c's part of a minibatch from the first `count` transitions; of those, without a value term, only state and action. */
// biome-ignore format: one line
export function sampleBatch({ config, batch, data }: StepMemory, k: Kernels, c: number, count: number, withValue: boolean): void {
  const b = batch[c]
  k.indices(b.sampler, b.index, (b.rows + 3) & ~3, count)
  const { observationSize: o, actionSize: a } = config
  k.gather(data, b.index, b.rows, o, a, b.state, stride(o), b.action, stride(a))
  if (withValue) k.gatherNext(data, b.index, b.rows, o, a, b.reward, b.next, stride(o), b.terminal)
}

/**
 * Gradients of both critics on chunk c, where the actor has left its actions for the next states; gives the sum of squared errors. y: twin
 * critics' clipped double Q.
 */
export function criticGradients(m: StepMemory, k: Kernels, f32: Float32Array, c: number): number {
  const { config, batch, actor, critics } = m
  const { rows, next, state, action, reward, terminal } = batch[c]
  const chunk = critics.chunks[c]
  critics.join(k, c, rows, next, actor.chunks[c].action)
  critics.forward(k, f32, c, rows, critics.target, 0)
  critics.forward(k, f32, c, rows, critics.target, 1)
  k.targets(reward, terminal, chunk.q[0], chunk.q[1], rows, config.discount, chunk.target)
  critics.join(k, c, rows, state, action)
  let error = 0
  for (let i = 0; i < 2; i++) {
    critics.forward(k, f32, c, rows, critics.parameters, i)
    error += k.squaredErrorGradient(chunk.q[i], chunk.target, rows, 2 / config.batch, chunk.byQ)
    critics.backward(k, f32, c, rows, i)
  }
  return error
}

export class Step {
  readonly #m: StepMemory
  readonly #k: Kernels
  readonly #f32: Float32Array
  readonly #f64: Float64Array
  readonly #words: Int32Array
  readonly #thread: number
  readonly #threads: number
  readonly #replay: Replay | undefined

  // biome-ignore format: one line
  constructor(memory: StepMemory, kernels: Kernels, buffer: SharedArrayBuffer, thread: number, threads: number, replay?: Replay) {
    this.#replay = replay
    this.#m = memory
    this.#k = kernels
    this.#f32 = new Float32Array(buffer)
    this.#f64 = new Float64Array(buffer)
    this.#words = new Int32Array(buffer, memory.control, 64)
    this.#thread = thread
    this.#threads = threads
  }

  /** Runs the steps that the control block asks for. */
  run(): void {
    const { config } = this.#m
    const first = this.#words[control.first]
    const steps = this.#words[control.steps]
    let criticUpdates = this.#words[control.criticUpdates]
    let actorUpdates = this.#words[control.actorUpdates]
    for (let t = first + 1; t <= first + steps; t++) {
      const withValue = this.#words[control.value] !== 0
      const actorTurn = t % config.delay === 0
      for (let c = this.#thread; c < config.chunks; c += this.#threads) {
        if (withValue || actorTurn) this.#sample(c, t, withValue)
        if (withValue) this.#criticGradients(c, t)
      }
      if (withValue) {
        this.#barrier()
        this.#updateCritics(++criticUpdates)
      }
      if (!actorTurn) continue
      for (let c = this.#thread; c < config.chunks; c += this.#threads) this.#actorForward(c, t, withValue)
      this.#barrier()
      for (let c = this.#thread; c < config.chunks; c += this.#threads) this.#actorGradients(c, withValue)
      this.#barrier()
      this.#updateActor(++actorUpdates, klWeight(config.kl, t), withValue)
    }
  }

  #sample(c: number, t: number, withValue: boolean): void {
    if (this.#replay) this.#replay.batch(c, t)
    else sampleBatch(this.#m, this.#k, c, this.#words[control.count], withValue)
  }

  #criticGradients(c: number, t: number): void {
    const { config, batch, actor } = this.#m
    const { rows, generator, next } = batch[c]
    const k = this.#k
    const mode = noiseModes[this.#words[control.mode]]
    const { smoothing } = config
    if (this.#replay) this.#replay.noise(c, t, 'target')
    else if (mode !== 'none' || smoothing) actor.drawNoise(k, c, rows, generator)
    actor.forward(k, c, rows, next, true, mode)
    if (smoothing) actor.smoothTarget(k, c, rows, smoothing.sigma, smoothing.clip)
    this.#sums(c)[sums.criticError] = criticGradients(this.#m, k, this.#f32, c)
  }

  #updateCritics(t: number): void {
    const { critics, config } = this.#m
    critics.update(this.#k, this.#thread, this.#threads, stepSize(config.criticRate, t), rootCorrection(t))
    this.#barrier()
    critics.refreshTransposed(this.#k, this.#thread, this.#threads)
    this.#barrier()
  }

  #actorForward(c: number, t: number, withValue: boolean): void {
    const { batch, actor, critics, config } = this.#m
    const { rows, generator, state } = batch[c]
    const k = this.#k
    const mode = noiseModes[this.#words[control.mode]]
    if (this.#replay) this.#replay.noise(c, t, 'student')
    else if (mode !== 'none') actor.drawNoise(k, c, rows, generator)
    actor.forward(k, c, rows, state, false, mode)
    if (!withValue) return
    const { q, byQ } = critics.chunks[c]
    critics.join(k, c, rows, state, actor.chunks[c].action)
    critics.forward(k, this.#f32, c, rows, critics.parameters, 0)
    this.#sums(c)[sums.q] = k.total(q[0], rows, 0)
    this.#sums(c)[sums.absoluteQ] = k.total(q[0], rows, 1)
    k.fill(byQ, rows, -1 / config.batch)
    critics.backwardToAction(k, c, rows)
  }

  #actorGradients(c: number, withValue: boolean): void {
    const { batch, actor, critics, config } = this.#m
    const { rows, state, action } = batch[c]
    const k = this.#k
    const mode = noiseModes[this.#words[control.mode]]
    const { actionSize, dataScale, cloneWeight } = config
    let lambda = 0
    if (withValue) {
      let absoluteQ = 0
      for (let i = 0; i < config.chunks; i++) absoluteQ += this.#sums(i)[sums.absoluteQ]
      lambda = (config.valueWeight * dataScale) / (absoluteQ / config.batch)
    }
    const clone = (cloneWeight * dataScale * 2) / (config.batch * actionSize)
    const last = actor.layers.length - 1
    const { output, action: chosen, gradient } = actor.chunks[c]
    const byAction = withValue ? critics.chunks[c].byAction : 0
    const { actionStride, half } = actor
    // biome-ignore format: one call, one line
    this.#sums(c)[sums.cloneError] = k.outputGradient(byAction, lambda, clone, chosen, action, output[last], actionStride, rows, actionSize, half, gradient[last])
    actor.backward(k, c, rows, state, mode)
  }

  #updateActor(t: number, kl: number, withValue: boolean): void {
    const { actor, critics, config } = this.#m
    const k = this.#k
    const mode = noiseModes[this.#words[control.mode]]
    const masked = this.#words[control.masked] !== 0
    const [thread, threads] = [this.#thread, this.#threads]
    const rate = config.actorRate * this.#f64[this.#m.control / 8 + rateFactor]
    const amount = this.#f64[this.#m.control / 8 + shrinkage]
    actor.update(k, thread, threads, mode, masked, amount, stepSize(rate, t), rootCorrection(t), kl, withValue)
    if (withValue) critics.moveTargets(k, thread, threads)
    this.#barrier()
    actor.refreshTransposed(k, thread, threads, mode)
    this.#barrier()
  }

  /** A view of chunk c's sums; made once. */
  readonly #views: Float64Array[] = []
  #sums(c: number): Float64Array {
    this.#views[c] ??= this.#f64.subarray(this.#m.sums / 8 + c * sums.size, this.#m.sums / 8 + (c + 1) * sums.size)
    return this.#views[c]
  }

  /** All threads wait for the last: briefly awake, then asleep. */
  #barrier(): void {
    if (this.#threads === 1) return
    const words = this.#words
    const generation = Atomics.load(words, control.generation)
    if (Atomics.add(words, control.arrived, 1) === this.#threads - 1) {
      Atomics.store(words, control.arrived, 0)
      Atomics.add(words, control.generation, 1)
      Atomics.notify(words, control.generation)
      return
    }
    for (let spin = 0; spin < 5000; spin++) if (Atomics.load(words, control.generation) !== generation) return
    while (Atomics.load(words, control.generation) === generation) Atomics.wait(words, control.generation, generation)
  }
}
