/**
 * The fast trainer: the BPD step over worker threads and shared memory. Transitions are rows
 * of one array. The calling thread takes part in the work, so `run` blocks; call it in short blocks.
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { InputError } from '../../runtime-as/errors.ts'
import { randomStream } from '../random.ts'
import { type NoiseMode, noiseModes, type StepConfig } from './config.ts'
import { cpuFeatures } from './cpu.ts'
import { instantiateKernels, type KernelOptions } from './kernels.ts'
import { arenaStart } from './layout.ts'
import { Networks } from './networks.ts'
import { type Replay, Step } from './step/bpd.ts'
import { Control, numbers, words } from './step/control.ts'
import type { Lane } from './step/lane.ts'
import { StepMemory, sums } from './step/memory.ts'
import { noiseFormulas } from './step/noise.ts'
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

/** of 64 KiB: what an address of 32 bits with a sign reaches */
const MOST_PAGES = 32_768

export class Trainer {
  readonly config: StepConfig
  /** transitions [s, a, r, s', terminal], and the action to clone where that is apart, one row after another; fill, then set `count` */
  readonly data: Float32Array
  readonly rowLength: number
  /** place of the action to clone in a row */
  readonly wantedAt: number
  readonly memory: StepMemory
  readonly networks: Networks
  /** for what the calling thread does alone, between steps */
  readonly lane: Lane
  readonly f32: Float32Array
  readonly threads: number
  protected readonly control: Control
  readonly #f64: Float64Array
  readonly #step: Step
  readonly #workers: Worker[] = []
  readonly #shared: WebAssembly.Memory

  constructor(config: StepConfig, options: TrainerOptions) {
    this.config = config
    const wide = options.wide ?? cpuFeatures().wide
    const relaxed = options.relaxed ?? true
    const threads = Math.max(1, Math.min(options.threads ?? 1, config.chunks))
    const { reuse } = options
    const layout = new StepMemory(config, wide, reuse?.memory.data)
    const pages = Math.ceil(layout.bytes / 65536)
    if (pages > MOST_PAGES)
      throw new InputError(
        `${config.capacity} transitions: ${(layout.bytes / 2 ** 30).toFixed(1)} GiB of memory, expected at most 2`,
      )
    this.#shared = reuse ? reuse.#shared : new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    const count = reuse?.count ?? 0
    reuse?.f32.fill(0, arenaStart / 4, layout.data / 4)
    const buffer = this.#shared.buffer as unknown as SharedArrayBuffer
    const kernels = instantiateKernels(this.#shared, relaxed)
    this.threads = threads
    this.memory = layout
    this.f32 = new Float32Array(buffer)
    this.#f64 = new Float64Array(buffer)
    this.control = new Control(buffer, layout.control)
    this.lane = layout.lane(kernels, buffer, { thread: 0, threads: 1 })
    this.networks = new Networks(layout, this.lane, this.control)
    const first = layout.lane(kernels, buffer, { thread: 0, threads })
    this.#step = new Step(layout, first, this.control, options.replay?.(this))
    this.rowLength = layout.rowBytes / 4
    this.wantedAt = config.targetApart ? this.rowLength - config.actionSize : config.observationSize
    this.data = this.f32.subarray(layout.data / 4, layout.data / 4 + config.capacity * this.rowLength)
    layout.actor.writeBounds(this.f32)
    this.rateFactor = 1
    this.count = count
    this.control.words[words.value] = config.valueWeight > 0 ? 1 : 0
    this.#seedGenerators(options.seed)
    for (let thread = 1; thread < threads; thread++) {
      const workerData: WorkerOptions = {
        config,
        memory: this.#shared,
        wide,
        relaxed,
        data: layout.data,
        thread,
        threads,
      }
      const worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), { workerData })
      worker.unref()
      this.#workers.push(worker)
    }
  }

  set count(rows: number) {
    this.control.words[words.count] = rows
  }

  get count(): number {
    return this.control.words[words.count]
  }

  get stepsDone(): number {
    return this.control.words[words.first]
  }

  /** Switches the actor's noise, the mask of `setMask` and the value term on or off. Adam starts anew for the actor. */
  setMode(mode: NoiseMode, { masked = false, value = this.config.valueWeight > 0 } = {}): void {
    const { actor } = this.memory
    if (value && this.config.valueWeight === 0) throw new Error('no value term in this configuration')
    this.control.words[words.value] = value ? 1 : 0
    this.control.words[words.mode] = noiseModes.indexOf(mode)
    this.control.words[words.masked] = masked ? 1 : 0
    this.control.words[words.actorUpdates] = 0
    for (const { mean, square, bytes } of [actor.theta, actor.logSigma])
      for (const moment of [mean, square]) this.f32.fill(0, moment / 4, (moment + bytes) / 4)
    actor.refresh(this.lane, noiseFormulas[mode])
  }

  /** Factor on the actor's learning rate from now on; 1 at the start. */
  set rateFactor(factor: number) {
    this.control.numbers[numbers.rateFactor] = factor
  }

  /** L1: each weight moves by this much towards zero after every update of the actor; 0 at the start. */
  set shrinkage(amount: number) {
    this.control.numbers[numbers.shrinkage] = amount
  }

  get mode(): NoiseMode {
    return this.control.mode
  }

  /** Runs n steps on all threads and returns when they are done. */
  run(n: number): void {
    this.advance(n)
    const block = this.control.words
    const { policyDelay } = this.config
    const first = block[words.first]
    block[words.first] = first + n
    if (block[words.value]) block[words.criticUpdates] += n
    block[words.actorUpdates] += Math.floor((first + n) / policyDelay) - Math.floor(first / policyDelay)
  }

  /** The n steps themselves; `run` keeps the counts. */
  protected advance(n: number): void {
    this.control.words[words.steps] = n
    if (this.threads > 1) this.control.start()
    this.#step.run()
  }

  /** Losses as `losses` gives them. */
  protected storeLosses({ critic, meanQ, meanAbsoluteQ, clone }: StepLosses): void {
    const { batchSize, actionSize } = this.config
    for (const chunk of this.memory.chunks) this.#f64.fill(0, chunk.sums, chunk.sums + sums.size)
    const [{ sums: at }] = this.memory.chunks
    this.#f64[at + sums.criticError] = critic * batchSize
    this.#f64[at + sums.q] = meanQ * batchSize
    this.#f64[at + sums.absoluteQ] = meanAbsoluteQ * batchSize
    this.#f64[at + sums.cloneError] = clone * batchSize * actionSize
  }

  losses(): StepLosses {
    const { batchSize, actionSize } = this.config
    const total = (field: number) => this.memory.chunks.reduce((sum, chunk) => sum + this.#f64[chunk.sums + field], 0)
    return {
      critic: total(sums.criticError) / batchSize,
      meanQ: total(sums.q) / batchSize,
      meanAbsoluteQ: total(sums.absoluteQ) / batchSize,
      clone: total(sums.cloneError) / (batchSize * actionSize),
    }
  }

  /** What is not finite after the last step, in words. */
  notFinite(): string | undefined {
    for (const [name, value] of Object.entries(this.losses())) if (!Number.isFinite(value)) return `${name} is ${value}`
    const { actor, critics } = this.memory
    const blocks = [
      ['student weight', actor.theta],
      ['log sigma', actor.logSigma],
      ['critic weight', critics.parameters],
    ] as const
    for (const [name, { value, bytes }] of blocks) {
      const values = this.f32.subarray(value / 4, (value + bytes) / 4)
      const bad = values.findIndex((x) => !Number.isFinite(x))
      if (bad >= 0) return `a ${name} is ${values[bad]}`
    }
    return undefined
  }

  /** The live actor (without noise) on one observation, into `action`; for acting while learning. */
  act(observation: ArrayLike<number>, action: Float32Array): void {
    const { actor, observation: state } = this.memory
    this.f32.set(observation, state.at / 4)
    actor.forward(this.lane, actor.single, actor.live, state)
    const from = actor.single.action.at / 4
    for (let i = 0; i < action.length; i++) action[i] = this.f32[from + i]
  }

  /** Everything a later `restore` needs to continue with the same bits: all the memory but the transitions. */
  save(): Uint8Array {
    return new Uint8Array(this.f32.buffer).slice(this.#stateStart, this.memory.data)
  }

  /** `stepsDone` of a state that `save` gave. */
  stepsIn(state: Uint8Array): number {
    return new DataView(state.buffer, state.byteOffset).getInt32(0, true)
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
    return this.memory.control + words.first * 4
  }

  /** Ends the worker threads; once they have ended, another trainer may reuse the memory. */
  async close(): Promise<void> {
    this.control.stop()
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  #seedGenerators(seed: number): void {
    const u32 = new Uint32Array(this.#shared.buffer as unknown as SharedArrayBuffer)
    for (const { c, sampler, generator } of this.memory.chunks) {
      for (const [name, address] of [
        ['sampler', sampler],
        ['noise', generator],
      ] as const) {
        const random = randomStream(seed, name, c)
        for (let i = 0; i < 16; i++) u32[address / 4 + i] = random.uint32()
      }
    }
  }
}
