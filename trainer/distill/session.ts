/** What every phase of a distillation works with: the trainer with its data, the judge, and networks as they ship. */
import { type Network, weightCount } from '../../runtime-as/format/network.ts'
import type { PolicyContract } from '../contract.ts'
import type { Transitions } from '../data/transitions.ts'
import type { StepConfig } from '../kernels/config.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import type { Trainer } from '../kernels/trainer.ts'
import { randomStream } from '../random.ts'
import type { Controller } from '../tasks/evaluate.ts'
import { plainNetwork } from '../teachers/teach.ts'
import { compact } from './compact.ts'
import type { Sitting } from './judge.ts'
import type { DistillOptions } from './options.ts'
import type { Playground } from './playground.ts'
import type { EnvironmentSteps } from './points.ts'
import { isStaged, rowsFor } from './stages/plan.ts'
import { foldNormaliser } from './student.ts'
import { type ActionScale, actionScale, TrainingRows } from './training-rows.ts'
import { weightsOfSizes } from './variants/dense.ts'
import { variantOf } from './variants.ts'

/** A student to go on from. */
export interface Start {
  /** f32, of raw observations */
  network: Network
  /** that it was made with */
  environmentSteps?: EnvironmentSteps
}

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
  /** a student that there is already, of raw observations: nothing is trained before it is cut */
  start?: Start
  /** where students may act themselves, if they may */
  playground?: Playground
  /** a network as the file that acts like it; without provenance */
  policyOf: (network: Network) => Uint8Array
  /** runs a network as the shipped kernel does */
  controllerOf: (network: Network) => Controller
  /** size of the file that a network with this cut ships in */
  bytesOf: (network: Network, cut: number, studentWeights: number, steps?: EnvironmentSteps) => number
  options: DistillOptions
}

export class Session {
  readonly job: DistillJob
  readonly options: DistillOptions
  /** the last one begun: of the whole student, then of each pruned one */
  trainer: Trainer
  readonly rows: TrainingRows
  /** before pruning */
  readonly studentWeights: number
  readonly #Backend: typeof Trainer

  /** Backend: of `loadBackend` */
  constructor(job: DistillJob, Backend: typeof Trainer) {
    const { options, contract, scaled, cloneLabels } = job
    this.job = job
    this.options = options
    this.#Backend = Backend
    const scale = actionScale(contract, { scaled, weights: options.actionWeights })
    this.trainer = this.#begin(stepConfig(job, scale), options.seed)
    this.rows = new TrainingRows(this.trainer, job.training, scale, cloneLabels ? 'teacherAction' : 'action')
    this.trainer.count = this.rows.count
    this.studentWeights = job.start
      ? weightCount(job.start.network)
      : this.trainer.networks.actorSizes.reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0)
  }

  /** Ends the trainer and begins one of other hidden sizes on the same transitions, in the same memory. stream: of its random numbers. */
  async resize(hidden: readonly number[], ...stream: (string | number)[]): Promise<Trainer> {
    const before = this.trainer
    await before.close()
    const seed = randomStream(this.options.seed, 'distill', ...stream).uint32()
    this.trainer = this.#begin({ ...before.config, hidden }, seed, before)
    this.trainer.count = this.rows.count
    return this.trainer
  }

  #begin(config: StepConfig, seed: number, reuse?: Trainer): Trainer {
    const { threads, fused, tile } = this.options
    const wide = tile === undefined ? undefined : tile === 'wide'
    return new this.#Backend(config, { seed, threads, relaxed: fused, wide, reuse })
  }

  /** From now on the action to clone is the teacher's own, without noise, and not the executed one. */
  useTeacherActions(): void {
    const { training, cloneLabels } = this.job
    if (!cloneLabels) this.rows.cloneTeacher(training)
  }

  /** The network of these means as it would ship: for raw observations, compacted. */
  networkOf(layers: readonly VariationalLayer[]): Network {
    return compact(foldNormaliser(plainNetwork(layers), this.rows.normaliser))
  }

  /** How the judge finds a network. */
  scoreOf(network: Network, purpose: 'progress' | 'pick'): number {
    return this.job.judge.score(this.job.controllerOf(network), purpose)
  }
}

function stepConfig({ training, options }: DistillJob, { low, high }: ActionScale): StepConfig {
  const { observationSize, actionSize, count } = training
  const hidden = variantOf(options.variant).hidden(options, observationSize, actionSize)
  const weights = weightsOfSizes([observationSize, ...hidden, actionSize])
  return {
    ...options,
    hidden,
    observationSize,
    actionSize,
    actionLow: low,
    actionHigh: high,
    // critics judge the executed actions
    targetApart: options.clone === 'teacher' && options.valueWeight > 0,
    capacity: isStaged(options) ? rowsFor(count, weights, options) : count,
    cloneWeight: 1,
    kl: { shape: options.klShape, nu: options.nu, cap: options.klCap, steps: options.steps },
  }
}
