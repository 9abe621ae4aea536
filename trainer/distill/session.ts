/** What every phase of a distillation works with: the trainer with its data, the task to evaluate in, and networks as they ship. */
import type { Network } from '../../runtime-as/format/network.ts'
import { columnsOf } from '../data/columns.ts'
import { pieces, type Transitions } from '../data/transitions.ts'
import type { StepConfig } from '../kernels/config.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import type { Trainer } from '../kernels/trainer.ts'
import { randomStream } from '../random.ts'
import { type Controller, evaluate, type Purpose } from '../tasks/evaluate.ts'
import type { Task } from '../tasks/task.ts'
import { plainNetwork } from '../teachers/teach.ts'
import { compact } from './compact.ts'
import type { DistillOptions } from './options.ts'
import { foldNormaliser, type Normaliser, normaliserOf } from './student.ts'
import { variantOf } from './variants.ts'

export interface DistillJob {
  createTask: () => Task
  teacher: Controller
  transitions: Transitions
  /** runs a network as the shipped kernel does */
  controllerOf: (network: Network) => Controller
  /** size of the file that a network with this cut ships in */
  bytesOf: (network: Network, cut: number, studentWeights: number) => number
  options: DistillOptions
}

export class Session {
  readonly job: DistillJob
  readonly options: DistillOptions
  /** the last one begun: of the whole student, then of each pruned one */
  trainer: Trainer
  readonly #Backend: typeof Trainer
  readonly #normaliser: Normaliser
  readonly #task: Task

  /** Backend: of `loadBackend` */
  constructor(job: DistillJob, Backend: typeof Trainer) {
    const { options, transitions } = job
    this.job = job
    this.options = options
    this.#task = job.createTask()
    const config = stepConfig(this.#task, transitions, options)
    this.#Backend = Backend
    this.trainer = this.#begin(config, options.seed)
    this.#load()
    const { observationSize: o, actionSize: a } = config
    const { data, rowLength } = this.trainer
    this.#normaliser = normaliserOf(data, rowLength, o)
    const { mean, std } = this.#normaliser
    for (let at = 0; at < data.length; at += rowLength)
      for (let i = 0; i < o; i++) {
        data[at + i] = (data[at + i] - mean[i]) / std[i]
        data[at + o + a + 1 + i] = (data[at + o + a + 1 + i] - mean[i]) / std[i]
      }
  }

  /** Ends the trainer and begins one of other hidden sizes on the same transitions, in the same memory. */
  async resize(hidden: readonly number[]): Promise<Trainer> {
    const before = this.trainer
    await before.close()
    const seed = randomStream(this.options.seed, 'distill', 'tune').uint32()
    this.trainer = this.#begin({ ...before.config, hidden }, seed, before)
    return this.trainer
  }

  #begin(config: StepConfig, seed: number, reuse?: Trainer): Trainer {
    const { threads, fused, tile } = this.options
    const wide = tile === undefined ? undefined : tile === 'wide'
    return new this.#Backend(config, { seed, threads, relaxed: fused, wide, reuse })
  }

  /** Transitions piece by piece into the trainer's own rows, with the executed actions. */
  #load(): void {
    const { transitions } = this.job
    const { data, rowLength, config } = this.trainer
    const { observationSize: o, actionSize: a } = config
    const columns = columnsOf(o, a)
    for (const [first, rows] of pieces(transitions))
      for (let from = 0, to = first * rowLength; from < rows.length; from += columns.width, to += rowLength) {
        for (let i = 0; i < o + a; i++) data[to + i] = rows[from + i]
        data[to + o + a] = rows[from + columns.reward]
        for (let i = 0; i < o; i++) data[to + o + a + 1 + i] = rows[from + columns.next + i]
        data[to + 2 * o + a + 1] = rows[from + columns.terminal]
      }
    this.trainer.count = transitions.count
  }

  /** From now on the action to clone is the teacher's own, without noise, and not the executed one. */
  useTeacherActions(): void {
    const { data, rowLength, config } = this.trainer
    const { observationSize: o, actionSize: a } = config
    const columns = columnsOf(o, a)
    for (const [first, rows] of pieces(this.job.transitions))
      for (let from = 0, to = first * rowLength; from < rows.length; from += columns.width, to += rowLength)
        for (let i = 0; i < a; i++) data[to + o + i] = rows[from + columns.teacherAction + i]
  }

  /** The network of these means as it would ship: for raw observations, compacted. */
  networkOf(layers: readonly VariationalLayer[]): Network {
    return compact(foldNormaliser(plainNetwork(layers), this.#normaliser))
  }

  /** Mean return of a network. */
  returnOf(network: Network, purpose: Purpose, episodes: number): number {
    return evaluate(this.#task, this.job.controllerOf(network), this.options.seed, purpose, episodes).mean
  }
}

function stepConfig(task: Task, transitions: Transitions, options: DistillOptions): StepConfig {
  const { actionLow, actionHigh } = task.spec
  const { observationSize, actionSize, count } = transitions
  return {
    ...options,
    hidden: variantOf(options.variant).hidden(options, observationSize, actionSize),
    observationSize,
    actionSize,
    actionLow,
    actionHigh,
    capacity: count,
    cloneWeight: 1,
    kl: { shape: options.klShape, nu: options.nu, cap: options.klCap, steps: options.steps },
  }
}
