/**
 * The fast trainer: the BPD step over worker threads and shared memory. Transitions are rows
 * of one array. The calling thread takes part in the work, so `run` blocks; call it in short blocks.
 */
import { Worker } from 'node:worker_threads'
import { randomStream } from '../random.ts'
import { type NoiseMode, noiseModes, type StepConfig } from './config.ts'
import { cpuFeatures, instantiateKernels, type KernelOptions, type Kernels } from './kernels.ts'
import { arenaStart } from './layout.ts'
import { Networks } from './networks.ts'
import { control, type Replay, rateFactor, Step, StepMemory, shrinkage, sums } from './step.ts'
import type { WorkerOptions } from './worker.ts'

export interface TrainerOptions extends KernelOptions {
  seed: number
  threads?: number
  /** a closed trainer of the same transitions: its memory is used again, and they stay in it */
  reuse?: Trainer
  /** for tests with fixed vectors; one thread only */
  replay?: (trainer: Trainer) => Replay
}

/** Loss terms of the last step, each a mean over the batch as the loss has it, before its weight. */
export interface StepLosses {
  /** mean (Q1 - y)^2 + mean (Q2 - y)^2 */
  critic: number
  meanQ: number
  meanAbsoluteQ: number
  /** mean over batch and action of (pi(s) - a)^2 */
  clone: number
}

export class Trainer {
  readonly config: StepConfig
  /** transitions [s, a, r, s', terminal], one row after another; fill, then set `count` */
  readonly data: Float32Array
  readonly rowLength: number
  readonly memory: StepMemory
  readonly networks: Networks
  readonly kernels: Kernels
  readonly f32: Float32Array
  readonly threads: number
  readonly #f64: Float64Array
  readonly #words: Int32Array
  readonly #step: Step
  readonly #workers: Worker[] = []
  readonly #shared: WebAssembly.Memory

  constructor(config: StepConfig, options: TrainerOptions) {
    this.config = config
    const wide = options.wide ?? cpuFeatures().wide
    const relaxed = options.relaxed ?? true
    this.threads = Math.max(1, Math.min(options.threads ?? 1, config.chunks))
    const { reuse } = options
    const layout = new StepMemory(config, wide, reuse?.memory.data)
    const pages = Math.ceil(layout.bytes / 65536)
    const memory = { initial: pages, maximum: pages, shared: true }
    this.#shared = reuse ? reuse.#shared : new WebAssembly.Memory(memory)
    const count = reuse?.count ?? 0
    reuse?.f32.fill(0, arenaStart / 4, layout.data / 4)
    const buffer = this.#shared.buffer as unknown as SharedArrayBuffer
    this.memory = layout
    this.f32 = new Float32Array(buffer)
    this.#f64 = new Float64Array(buffer)
    this.#words = new Int32Array(buffer, layout.control, 64)
    this.kernels = instantiateKernels(this.#shared, relaxed)
    this.networks = new Networks(layout, this.kernels, buffer)
    this.#step = new Step(layout, this.kernels, buffer, 0, this.threads, options.replay?.(this))
    this.rowLength = layout.rowBytes / 4
    this.data = this.f32.subarray(layout.data / 4, layout.data / 4 + config.capacity * this.rowLength)
    layout.actor.writeBounds(this.f32)
    this.rateFactor = 1
    this.count = count
    this.#words[control.value] = config.valueWeight > 0 ? 1 : 0
    this.#seedGenerators(options.seed)
    for (let thread = 1; thread < this.threads; thread++) {
      const shared = { config, memory: this.#shared, wide, relaxed, data: layout.data }
      const workerData: WorkerOptions = { ...shared, thread, threads: this.threads }
      const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData })
      worker.unref()
      this.#workers.push(worker)
    }
  }

  set count(rows: number) {
    this.#words[control.count] = rows
  }

  get count(): number {
    return this.#words[control.count]
  }

  get stepsDone(): number {
    return this.#words[control.first]
  }

  /** Switches the actor's noise, the mask of `setMask` and the value term on or off. Adam starts anew for the actor. */
  setMode(mode: NoiseMode, { masked = false, value = this.config.valueWeight > 0 } = {}): void {
    const { actor } = this.memory
    if (value && this.config.valueWeight === 0) throw new Error('no value term in this configuration')
    this.#words[control.value] = value ? 1 : 0
    this.#words[control.mode] = noiseModes.indexOf(mode)
    this.#words[control.masked] = masked ? 1 : 0
    this.#words[control.actorUpdates] = 0
    for (const block of [actor.thetaMean, actor.thetaSquare, actor.logSigmaMean, actor.logSigmaSquare])
      this.#clear(block, actor.bytes)
    actor.refresh(this.kernels, mode)
  }

  /** Factor on the actor's learning rate from now on; 1 at the start. */
  set rateFactor(factor: number) {
    this.#f64[this.memory.control / 8 + rateFactor] = factor
  }

  /** L1: each weight moves by this much towards zero after every update of the actor; 0 at the start. */
  set shrinkage(amount: number) {
    this.#f64[this.memory.control / 8 + shrinkage] = amount
  }

  get mode(): NoiseMode {
    return noiseModes[this.#words[control.mode]]
  }

  /** Runs n steps on all threads and returns when they are done. */
  run(n: number): void {
    this.advance(n)
    const words = this.#words
    const { config } = this
    const first = words[control.first]
    words[control.first] = first + n
    if (words[control.value]) words[control.criticUpdates] += n
    words[control.actorUpdates] += Math.floor((first + n) / config.delay) - Math.floor(first / config.delay)
  }

  /** The n steps themselves; `run` keeps the counts. */
  protected advance(n: number): void {
    const words = this.#words
    words[control.steps] = n
    if (this.threads > 1) {
      Atomics.add(words, control.command, 1)
      Atomics.notify(words, control.command)
    }
    this.#step.run()
  }

  /** What the control block asks of the next steps. */
  protected settings() {
    const [words, f64] = [this.#words, this.#f64.subarray(this.memory.control / 8)]
    return {
      first: words[control.first],
      criticUpdates: words[control.criticUpdates],
      actorUpdates: words[control.actorUpdates],
      withValue: words[control.value] !== 0,
      masked: words[control.masked] !== 0,
      rateFactor: f64[rateFactor],
      shrinkage: f64[shrinkage],
    }
  }

  /** Losses as `losses` gives them. */
  protected storeLosses({ critic, meanQ, meanAbsoluteQ, clone }: StepLosses): void {
    const { batch, chunks, actionSize } = this.config
    const at = this.memory.sums / 8
    this.#f64.fill(0, at, at + chunks * sums.size)
    this.#f64[at + sums.criticError] = critic * batch
    this.#f64[at + sums.q] = meanQ * batch
    this.#f64[at + sums.absoluteQ] = meanAbsoluteQ * batch
    this.#f64[at + sums.cloneError] = clone * batch * actionSize
  }

  losses(): StepLosses {
    const { batch, chunks, actionSize } = this.config
    const total = (field: number) => {
      let sum = 0
      for (let c = 0; c < chunks; c++) sum += this.#f64[this.memory.sums / 8 + c * sums.size + field]
      return sum
    }
    return {
      critic: total(sums.criticError) / batch,
      meanQ: total(sums.q) / batch,
      meanAbsoluteQ: total(sums.absoluteQ) / batch,
      clone: total(sums.cloneError) / (batch * actionSize),
    }
  }

  /** What is not finite after the last step, in words. */
  notFinite(): string | undefined {
    for (const [name, value] of Object.entries(this.losses())) if (!Number.isFinite(value)) return `${name} is ${value}`
    const { actor, critics } = this.memory
    const blocks = [
      ['student weight', actor.theta, actor.bytes],
      ['log sigma', actor.logSigma, actor.bytes],
      ['critic weight', critics.parameters, critics.bytes],
    ] as const
    for (const [name, address, bytes] of blocks) {
      const values = this.f32.subarray(address / 4, (address + bytes) / 4)
      const bad = values.findIndex((x) => !Number.isFinite(x))
      if (bad >= 0) return `a ${name} is ${values[bad]}`
    }
    return undefined
  }

  /** The live actor (without noise) on one observation, into `action`; for acting while learning. */
  act(observation: ArrayLike<number>, action: Float32Array): void {
    const { actor, batch } = this.memory
    const at = batch[0].state / 4
    for (let i = 0; i < this.config.observationSize; i++) this.f32[at + i] = observation[i]
    actor.forward(this.kernels, 0, 1, batch[0].state, false, 'none')
    const from = actor.chunks[0].action / 4
    for (let i = 0; i < this.config.actionSize; i++) action[i] = this.f32[from + i]
  }

  /** Everything a later `restore` needs to continue with the same bits: all the memory but the transitions. */
  save(): Uint8Array {
    return new Uint8Array(this.f32.buffer).slice(this.#stateStart, this.memory.data)
  }

  /** Continues where `save` was called, with the same configuration and transitions. */
  restore(state: Uint8Array): void {
    const { data } = this.memory
    if (state.length !== data - this.#stateStart)
      throw new Error(`a state of ${state.length} bytes, expected ${data - this.#stateStart}`)
    new Uint8Array(this.f32.buffer).set(state, this.#stateStart)
  }

  /** The words before it coordinate the threads that run now. */
  get #stateStart(): number {
    return this.memory.control + control.first * 4
  }

  /** Ends the worker threads; once they have ended, another trainer may reuse the memory. */
  async close(): Promise<void> {
    Atomics.store(this.#words, control.command, -1)
    Atomics.notify(this.#words, control.command)
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  #seedGenerators(seed: number): void {
    const u32 = new Uint32Array(this.#shared.buffer as unknown as SharedArrayBuffer)
    this.memory.batch.forEach((chunk, c) => {
      for (const [name, address] of [
        ['sampler', chunk.sampler],
        ['noise', chunk.generator],
      ] as const) {
        const random = randomStream(seed, name, c)
        for (let i = 0; i < 16; i++) u32[address / 4 + i] = random.uint32()
      }
    })
  }

  #clear(block: number, bytes: number): void {
    this.f32.fill(0, block / 4, (block + bytes) / 4)
  }
}
