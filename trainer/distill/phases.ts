/**
 * Bayesian Policy Distillation, from transitions to a sparse network:
 *
 *   train    the Gaussian student with all three terms (value, cloning, KL), KL annealed        train.ts
 *   sweep    one training run gives the whole trade-off: prune at each cut,                     tune.ts
 *   tune     train the survivors on with the mask frozen, without noise,
 *   stages   in their place, if so wanted: cut little by little, from budget to budget          stages/
 *   pick     by a rule that is stated, as the judge finds them                                  judge.ts, pick.ts
 */
import type { Network } from '../../runtime-as/format/network.ts'
import { loadBackend } from '../kernels/backend.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import type { Checkpoints } from './checkpoint.ts'
import type { CutRun } from './cut-run.ts'
import { Estimate } from './estimate.ts'
import type { Verdict } from './judge.ts'
import {
  type Candidate,
  type CurvePoint,
  type Cut,
  type EnvironmentSteps,
  type Stage,
  type SweepPoint,
  withoutNetwork,
} from './points.ts'
import { type DistillJob, Session } from './session.ts'
import { cutCount, isStaged, planOf } from './stages/plan.ts'
import { stages } from './stages/stages.ts'
import { train } from './train.ts'
import { sweep } from './tune.ts'
import { variantOf } from './variants.ts'

/** Where a distillation stands. */
export interface Progress {
  phase: 'train' | 'tune' | 'stage'
  /** steps of this phase that are done */
  step: number
  /** steps of this phase */
  steps: number
  /** estimate, of the whole job, in seconds; absent: a resumed run has done nothing yet */
  secondsLeft?: number
  /** since the point before, evaluation included */
  stepsPerSecond?: number
  point?: CurvePoint
  sweep?: SweepPoint
  stage?: Stage
  /** of several that are tried, which one: the first is 0 */
  penalty?: { l1: number; at: number; of: number }
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
  /** the student before pruning, on normalised observations */
  trained: VariationalLayer[]
  /** weights of it */
  studentWeights: number
  /** of the picked student; absent: none, it is offline */
  environmentSteps?: EnvironmentSteps
  /** of work, before an interruption too */
  seconds: number
}

/** Students before they are cut, in files of their own. */
export interface TrainedStudents {
  /** in place of the training */
  load?: Checkpoints
  save?: Checkpoints
}

export interface DistillRun {
  onProgress?: (progress: Progress) => void
  checkpoints?: Checkpoints
  trained?: TrainedStudents
  /** aborting saves a checkpoint and throws `Interrupted` */
  signal?: AbortSignal
}

const bytesOf = ({ network, threshold, budget, environmentSteps }: Candidate, { job, studentWeights }: Session) =>
  job.bytesOf(network, (threshold ?? budget)!, studentWeights, environmentSteps)

/** job: all that the bits depend on */
export async function runPhases(
  job: DistillJob,
  { onProgress, checkpoints, trained: files, signal }: DistillRun = {},
): Promise<Distilled> {
  const { options } = job
  const { steps } = options
  const started = performance.now()
  const session = new Session(job, await loadBackend(options.backend))
  const staged = isStaged(options)
  const updates = staged
    ? planOf(session.studentWeights, options).map((round) => round.updates)
    : new Array<number>(cutCount(options)).fill(options.tuneUpdates)
  const estimate = new Estimate(options, updates)
  try {
    let last = { step: 0, time: started }
    const onPoint = (point: CurvePoint) => {
      const { step } = point
      const now = performance.now()
      const stepsPerSecond = (1000 * (step - last.step)) / (now - last.time)
      last = { step, time: now }
      // points of a resumed run are told at once
      const secondsLeft = estimate.left(step)
      onProgress?.({
        phase: 'train',
        step,
        steps,
        point,
        ...(secondsLeft !== undefined && { secondsLeft, stepsPerSecond }),
      })
    }
    const resumed = checkpoints?.load(session.trainer) ?? files?.load?.loadTrained(session.trainer)
    if (resumed) estimate.goesOnFrom(resumed.step, resumed.stages?.done ?? resumed.tuned?.length ?? 0)
    const variant = variantOf(options.variant)
    const { layers, curve } = await train(session, variant, onPoint, { checkpoints, resumed, signal })
    // tuning takes the trainer's memory: what a checkpoint needs of it is taken before
    const whole = { step: steps, curve, memory: session.trainer.save(), trained: layers }
    await files?.save?.save({ ...whole, tuned: [] })
    // whatever ends the first cut, the training is not done twice
    if (!resumed?.trained) await checkpoints?.save({ ...whole, tuned: [] })
    const run: CutRun = {
      tell: (done, more) => {
        const secondsLeft = estimate.left(steps, done)
        onProgress?.({ phase: more.stage ? 'stage' : 'tune', step: done, steps: updates.length, secondsLeft, ...more })
      },
      resumed,
      save: checkpoints && ((more) => checkpoints.save({ ...whole, ...more })),
      checkpoints,
      signal,
    }
    const cut = staged ? await stages(session, layers, run) : await sweep(session, variant, layers, run)
    // a run that was resumed may be stored in another way than before
    const candidates = cut.map((one) => ({ ...one, bytes: bytesOf(one, session) }))
    const { picked, verdict } = job.judge.decide(candidates, ({ network }) => job.controllerOf(network))
    const { network, threshold, budget, environmentSteps } = picked
    return {
      network,
      threshold,
      budget,
      curve,
      sweep: candidates.map(withoutNetwork),
      candidates,
      ...verdict,
      ...(environmentSteps && { environmentSteps }),
      trained: layers,
      studentWeights: session.studentWeights,
      seconds: (performance.now() - started) / 1000,
    }
  } finally {
    await session.trainer.close()
  }
}
