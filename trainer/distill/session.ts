/** What every phase of a distillation works with: the trainer with its data, the judge, and networks as they ship. */
import type { Network } from '../../runtime-as/format/network.ts'
import type { PolicyContract } from '../contract.ts'
import { columnsOf } from '../data/columns.ts'
import { pieces, type Transitions } from '../data/transitions.ts'
import type { StepConfig } from '../kernels/config.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import type { Trainer } from '../kernels/trainer.ts'
import { randomStream } from '../random.ts'
import type { Controller } from '../tasks/evaluate.ts'
import { plainNetwork } from '../teachers/teach.ts'
import { compact } from './compact.ts'
import type { Sitting } from './judge.ts'
import type { DistillOptions } from './options.ts'
import { foldNormaliser, type Normaliser, normaliserOf } from './student.ts'
import { variantOf } from './variants.ts'

export interface DistillJob {
  contract: PolicyContract
  judge: Sitting
  /** what is trained on */
  training: Transitions
  /** clones the teacher's own actions from the beginning, not the executed ones */
  cloneLabels: boolean
  /** brings the range of every action to -1..1 for the training, so that one counts as much as another whatever its unit */
  scaled: boolean
  /** what the result depends on beside the options, for checkpoints */
  identity: Record<string, unknown>
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

  /** Backend: of `loadBackend` */
  constructor(job: DistillJob, Backend: typeof Trainer) {
    const { options } = job
    this.job = job
    this.options = options
    const config = stepConfig(job)
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

  /** Transitions piece by piece into the trainer's own rows, with the executed actions or, if so wanted, the teacher's. */
  #load(): void {
    const { training, cloneLabels } = this.job
    const { data, rowLength, config } = this.trainer
    const { observationSize: o, actionSize: a } = config
    const columns = columnsOf(o, a)
    const actions = cloneLabels ? columns.teacherAction : columns.action
    for (const [first, rows] of pieces(training))
      for (let from = 0, to = first * rowLength; from < rows.length; from += columns.width, to += rowLength) {
        for (let i = 0; i < o; i++) data[to + i] = rows[from + i]
        this.#writeAction(rows, from + actions, to + o)
        data[to + o + a] = rows[from + columns.reward]
        for (let i = 0; i < o; i++) data[to + o + a + 1 + i] = rows[from + columns.next + i]
        data[to + 2 * o + a + 1] = rows[from + columns.terminal]
      }
    this.trainer.count = training.count
  }

  /** From now on the action to clone is the teacher's own, without noise, and not the executed one. */
  useTeacherActions(): void {
    const { training, cloneLabels } = this.job
    if (cloneLabels) return
    const { rowLength, config } = this.trainer
    const { observationSize: o, actionSize: a } = config
    const columns = columnsOf(o, a)
    for (const [first, rows] of pieces(training))
      for (let from = 0, to = first * rowLength; from < rows.length; from += columns.width, to += rowLength)
        this.#writeAction(rows, from + columns.teacherAction, to + o)
  }

  #writeAction(rows: Float32Array, from: number, to: number): void {
    const { data } = this.trainer
    const { scaled, contract } = this.job
    const { actionLow, actionHigh } = contract
    for (let i = 0; i < actionLow.length; i++) {
      const x = rows[from + i]
      const ofRange = (2 * x - actionLow[i] - actionHigh[i]) / (actionHigh[i] - actionLow[i])
      // no student can do more than its bounds
      data[to + i] = scaled ? Math.max(-1, Math.min(1, ofRange)) : x
    }
  }

  /** The network of these means as it would ship: for raw observations, compacted. */
  networkOf(layers: readonly VariationalLayer[]): Network {
    return compact(foldNormaliser(plainNetwork(layers), this.#normaliser))
  }

  /** How the judge finds a network. */
  scoreOf(network: Network, purpose: 'progress' | 'pick'): number {
    return this.job.judge.score(this.job.controllerOf(network), purpose)
  }
}

function stepConfig({ contract, training, scaled, options }: DistillJob): StepConfig {
  const { actionLow, actionHigh } = contract
  const { observationSize, actionSize, count } = training
  const all = (x: number) => actionLow.map(() => x)
  return {
    ...options,
    hidden: variantOf(options.variant).hidden(options, observationSize, actionSize),
    observationSize,
    actionSize,
    actionLow: scaled ? all(-1) : actionLow,
    actionHigh: scaled ? all(1) : actionHigh,
    capacity: count,
    cloneWeight: 1,
    kl: { shape: options.klShape, nu: options.nu, cap: options.klCap, steps: options.steps },
  }
}
