/**
 * Bayesian Policy Distillation, from transitions to a sparse network:
 *
 *   train    the Gaussian student with all three terms (value, cloning, KL), KL annealed        train.ts
 *   sweep    one training run gives the whole trade-off: prune at each cut,                     tune.ts
 *   tune     train the survivors on with the mask frozen, without noise,
 *   pick     by a rule that is stated, as the judge finds them                                  judge.ts, pick.ts
 */
import type { Network } from '../../runtime-as/format/network.ts'
import { loadBackend } from '../kernels/backend.ts'
import type { Checkpoints } from './checkpoint.ts'
import type { Verdict } from './judge.ts'
import { type Candidate, type CurvePoint, type Cut, type SweepPoint, withoutNetwork } from './points.ts'
import { type DistillJob, Session } from './session.ts'
import { train } from './train.ts'
import { sweep } from './tune.ts'
import { variantOf } from './variants.ts'

/** Where a distillation stands. */
export interface Progress {
  phase: 'train' | 'tune'
  /** steps of this phase that are done */
  step: number
  /** steps of this phase */
  steps: number
  /** estimate, of the whole job, in seconds */
  secondsLeft: number
  /** since the point before, evaluation included */
  stepsPerSecond?: number
  point?: CurvePoint
  sweep?: SweepPoint
}

/** What came of a distillation. The cut is the picked student's. */
export interface Distilled extends Cut, Verdict {
  /** compacted, for raw observations */
  network: Network
  /** of the training, in order */
  curve: CurvePoint[]
  /** every student that was cut and tuned, in the order of the cuts */
  sweep: SweepPoint[]
  /** the same, with their networks */
  candidates: Candidate[]
  /** weights of the student before pruning */
  studentWeights: number
  /** of work, before an interruption too */
  seconds: number
}

export interface DistillRun {
  onProgress?: (progress: Progress) => void
  checkpoints?: Checkpoints
  /** aborting saves a checkpoint and throws `Interrupted` */
  signal?: AbortSignal
}

/** job: all that the bits depend on */
export async function runPhases(
  job: DistillJob,
  { onProgress, checkpoints, signal }: DistillRun = {},
): Promise<Distilled> {
  const { options } = job
  const started = performance.now()
  const variant = variantOf(options.variant)
  const cuts = variant.cutCount(options)
  const session = new Session(job, await loadBackend(options.backend))
  // without critics, and without the units that pruning emptied, tuning is a small part of the work of as many steps
  const tuneCost =
    options.tuneUpdates * options.policyDelay * (options.tuneWithValue ? 1 : options.valueWeight > 0 ? 0.05 : 0.3)
  const work = options.steps + tuneCost * cuts
  let begun = 0
  const left = (done: number) => ((performance.now() - started) / 1000 / Math.max(done - begun, 1)) * (work - done)
  try {
    const { steps } = options
    let last = { step: 0, time: started }
    const onPoint = (point: CurvePoint) => {
      const { step } = point
      const now = performance.now()
      const stepsPerSecond = (1000 * (step - last.step)) / (now - last.time)
      last = { step, time: now }
      // points of a resumed run are told at once
      const speed = step > begun ? { stepsPerSecond } : {}
      onProgress?.({ phase: 'train', step, steps, secondsLeft: left(step), ...speed, point })
    }
    const resumed = checkpoints?.load(session.trainer)
    begun = resumed?.step ?? 0
    const { layers, curve } = await train(session, variant, onPoint, { checkpoints, resumed, signal })
    const onCut = (point: SweepPoint, i: number) =>
      onProgress?.({
        phase: 'tune',
        step: i + 1,
        steps: cuts,
        secondsLeft: left(steps + tuneCost * (i + 1)),
        sweep: point,
      })
    // tuning takes the trainer's memory: what a checkpoint needs of it is taken before
    const trained = checkpoints && { step: steps, curve, memory: session.trainer.save(), trained: layers }
    const save = trained && ((tuned: Candidate[]) => checkpoints.save({ ...trained, tuned }))
    const resume = { tuned: resumed?.tuned, save, checkpoints, signal }
    const candidates = await sweep(session, variant, layers, onCut, resume)
    const { picked, verdict } = job.judge.decide(candidates, ({ network }) => job.controllerOf(network))
    const { network, threshold, budget } = picked
    return {
      network,
      threshold,
      budget,
      curve,
      sweep: candidates.map(withoutNetwork),
      candidates,
      ...verdict,
      studentWeights: layers.reduce((sum, { theta }) => sum + theta.length, 0),
      seconds: (performance.now() - started) / 1000,
    }
  } finally {
    await session.trainer.close()
  }
}
