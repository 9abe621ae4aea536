/**
 * Bayesian Policy Distillation, from transitions to a sparse network:
 *
 *   train    the Gaussian student with all three terms (value, cloning, KL), KL annealed
 *   sweep    one training run gives the whole trade-off: prune at each threshold,
 *   tune     train the survivors on with the mask frozen, without noise,
 *   pick     by a rule that is stated (`pick`), on episodes apart from the reported ones.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { FailedError } from '../../runtime-as/errors.ts'
import { type Network, weightCount } from '../../runtime-as/network.ts'
import { columnsOf, type Transitions } from '../data/transitions.ts'
import type { StepConfig } from '../kernels/config.ts'
import { Trainer, type VariationalLayer } from '../kernels/trainer.ts'
import { randomStream } from '../random.ts'
import { type Controller, evaluate, type ReturnStatistics } from '../tasks/evaluate.ts'
import type { Task } from '../tasks/task.ts'
import { plainNetwork } from '../teachers/teach.ts'
import { compact } from './compact.ts'
import type { DistillOptions } from './options.ts'
import { foldNormaliser, klDivergence, masksAt, type Normaliser, normaliserOf, pruned, survivors } from './student.ts'

/** One point of the training curve. Loss terms as means over the batch, before their weights; kl as a mean over the weights. */
export interface CurvePoint {
  step: number
  critic: number
  value: number
  clone: number
  kl: number
  /** mean return and weights of the student pruned at `options.threshold` */
  return: number
  weights: number
}

/** One threshold of the sweep. Returns are means over the picking episodes. */
export interface SweepPoint {
  threshold: number
  weights: number
  prunedReturn: number
  tunedReturn: number
}

export interface Progress {
  phase: 'train' | 'tune'
  /** steps of this phase */
  step: number
  steps: number
  /** estimate, of the whole job */
  secondsLeft: number
  point?: CurvePoint
  sweep?: SweepPoint
}

export interface Distilled {
  /** compacted, for raw observations */
  network: Network
  threshold: number
  curve: CurvePoint[]
  sweep: SweepPoint[]
  teacherReturn: ReturnStatistics
  /** weights of the student before pruning */
  studentWeights: number
  seconds: number
}

export interface DistillJob {
  createTask: () => Task
  teacher: Controller
  transitions: Transitions
  /** runs a network as the shipped kernel does */
  controllerOf: (network: Network) => Controller
  options: DistillOptions
  onProgress?: (progress: Progress) => void
}

export async function distill(job: DistillJob): Promise<Distilled> {
  const { options, transitions } = job
  const started = performance.now()
  const task = job.createTask()
  const config = stepConfig(task, transitions, options)
  const normaliser = normaliserOf(transitions.rows, transitions.rows.length / transitions.count, config.observationSize)
  const trainer = new Trainer(config, { seed: options.seed, threads: options.threads, relaxed: options.fused })
  const tuneSteps = options.tuneUpdates * config.delay
  // tuning steps have no critics: about a fifth of the work of a training step
  const work = { train: options.steps, tune: tuneSteps * options.thresholds.length * (options.tuneWithValue ? 1 : 0.2) }
  const left = (done: number) =>
    ((performance.now() - started) / 1000) * ((work.train + work.tune) / Math.max(done, 1) - 1)
  const returnOf = (network: Network, purpose: 'progress' | 'pick', episodes: number) =>
    evaluate(task, job.controllerOf(network), options.seed, purpose, episodes).mean
  const networkOf = (layers: readonly VariationalLayer[]) => compact(foldNormaliser(plainNetwork(layers), normaliser))
  try {
    fill(trainer, transitions, normaliser, 'action')
    trainer.setMode(options.noise)
    trainer.initialiseStudent(randomStream(options.seed, 'distill', 'student'))
    if (config.valueWeight > 0) trainer.initialiseCritics(randomStream(options.seed, 'distill', 'critics'))

    const curve: CurvePoint[] = []
    for (let step = 0; step < options.steps; ) {
      const block = Math.min(options.evaluateEvery, options.steps - step)
      trainer.run(block)
      step += block
      const layers = trainer.readActor()
      const masks = masksAt(layers, options.threshold)
      const losses = trainer.losses()
      curve.push({
        step,
        critic: losses.critic,
        value: losses.meanQ,
        clone: losses.clone,
        kl: klDivergence(layers) / weightsOf(layers),
        return: returnOf(networkOf(pruned(layers, masks)), 'progress', options.progressEpisodes),
        weights: survivors(masks),
      })
      requireFinite(curve[curve.length - 1])
      job.onProgress?.({ phase: 'train', step, steps: options.steps, secondsLeft: left(step), point: curve.at(-1) })
      await turn()
    }

    const trained = trainer.readActor()
    if (!options.tuneWithValue) fill(trainer, transitions, normaliser, 'teacherAction')
    const candidates: (SweepPoint & { network: Network })[] = []
    for (const [index, threshold] of options.thresholds.entries()) {
      const masks = masksAt(trained, threshold)
      const start = pruned(trained, masks)
      const prunedReturn = returnOf(networkOf(start), 'pick', options.pickEpisodes)
      trainer.writeActor(start)
      trainer.setMask(masks)
      trainer.setMode('none', { masked: true, value: options.tuneWithValue })
      tune(trainer, options.tuneUpdates)
      const network = networkOf(trainer.readActor())
      const tunedReturn = returnOf(network, 'pick', options.pickEpisodes)
      const sweep = { threshold, weights: weightCount(network), prunedReturn, tunedReturn }
      candidates.push({ ...sweep, network })
      const done = work.train + (work.tune * (index + 1)) / options.thresholds.length
      const progress = { step: index + 1, steps: options.thresholds.length, secondsLeft: left(done) }
      job.onProgress?.({ phase: 'tune', ...progress, sweep })
      await turn()
    }
    const teacherReturn = evaluate(task, job.teacher, options.seed, 'pick', options.pickEpisodes)
    const picked = pick(candidates, teacherReturn.mean, options.tolerance)
    return {
      network: picked.network,
      threshold: picked.threshold,
      curve,
      sweep: candidates.map(({ network: _, ...point }) => point),
      teacherReturn,
      studentWeights: weightsOf(trained),
      seconds: (performance.now() - started) / 1000,
    }
  } finally {
    trainer.close()
  }
}

/**
 * The rule: of the students whose mean return is at least the teacher's minus `tolerance` x |teacher's|, on the same picking episodes, the one
 * with the fewest weights; if there is none, the one with the best return.
 */
export function pick<T extends SweepPoint>(candidates: readonly T[], teacherReturn: number, tolerance: number): T {
  const floor = teacherReturn - tolerance * Math.abs(teacherReturn)
  const good = candidates.filter((c) => c.tunedReturn >= floor)
  if (good.length) return good.reduce((a, b) => (b.weights < a.weights ? b : a))
  return candidates.reduce((a, b) => (b.tunedReturn > a.tunedReturn ? b : a))
}

/** Trains the masked network on; the learning rate falls to zero along half a cosine. */
function tune(trainer: Trainer, updates: number): void {
  const blocks = Math.min(updates, 50)
  for (let b = 0; b < blocks; b++) {
    trainer.rateFactor = (1 + Math.cos((Math.PI * b) / blocks)) / 2
    const share = Math.floor(((b + 1) * updates) / blocks) - Math.floor((b * updates) / blocks)
    trainer.run(share * trainer.config.delay)
  }
  trainer.rateFactor = 1
}

function stepConfig(task: Task, transitions: Transitions, options: DistillOptions): StepConfig {
  const { spec } = task
  const { observationSize, actionSize, count } = transitions
  const { actionLow, actionHigh } = spec
  return {
    ...options,
    ...{ observationSize, actionSize, actionLow, actionHigh, capacity: count, cloneWeight: 1 },
    kl: { shape: options.klShape, nu: options.nu, cap: options.klCap, steps: options.steps },
  }
}

/** Transitions into the trainer's rows, observations normalised; the action is the executed one or the teacher's own. */
function fill(
  trainer: Trainer,
  { rows, count }: Transitions,
  normaliser: Normaliser,
  target: 'action' | 'teacherAction',
) {
  const { observationSize: o, actionSize: a } = trainer.config
  const columns = columnsOf(o, a)
  const { mean, std } = normaliser
  for (let r = 0; r < count; r++) {
    const from = r * columns.width
    const to = r * trainer.rowLength
    for (let i = 0; i < o; i++) {
      trainer.data[to + i] = (rows[from + columns.observation + i] - mean[i]) / std[i]
      trainer.data[to + o + a + 1 + i] = (rows[from + columns.next + i] - mean[i]) / std[i]
    }
    for (let i = 0; i < a; i++) trainer.data[to + o + i] = rows[from + columns[target] + i]
    trainer.data[to + o + a] = rows[from + columns.reward]
    trainer.data[to + 2 * o + a + 1] = rows[from + columns.terminal]
  }
  trainer.count = count
}

const weightsOf = (layers: readonly VariationalLayer[]) => layers.reduce((sum, { theta }) => sum + theta.length, 0)

function requireFinite(point: CurvePoint): void {
  for (const [name, value] of Object.entries(point))
    if (!Number.isFinite(value)) throw new FailedError(`training diverged at step ${point.step}: ${name} is ${value}`)
}
