/** Phase 1: trains the student with all loss terms, and writes down the curve. */
import { setImmediate as turn } from 'node:timers/promises'
import { FailedError } from '../../runtime-as/errors.ts'
import { Interrupted } from '../interrupted.ts'
import { klWeight } from '../kernels/config.ts'
import { initialiseCritics } from '../kernels/initialise.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import { randomStream } from '../random.ts'
import type { Checkpoint, Checkpoints } from './checkpoint.ts'
import { type CurvePoint, scoreKeys } from './points.ts'
import type { Session } from './session.ts'
import { isStaged } from './stages/plan.ts'
import { klDivergence, layersOn, logAlpha, pruned, survivors } from './student.ts'
import type { Variant } from './variants/variant.ts'

/** Steps between two looks at the signal and the clock. */
const piece = 250

export async function train(
  session: Session,
  variant: Variant,
  onPoint: (point: CurvePoint) => void,
  { checkpoints, resumed, signal }: { checkpoints?: Checkpoints; resumed?: Checkpoint; signal?: AbortSignal },
): Promise<{ layers: VariationalLayer[]; curve: CurvePoint[] }> {
  const { trainer, options } = session
  const { seed, steps } = options
  const { start } = session.job
  if (start) return { layers: layersOn(start.network, session.rows.normaliser), curve: [] }
  const reshape = !isStaged(options) &&
    variant.reshape && { every: variant.reshape.every(options), apply: variant.reshape.apply }
  const masked = !!reshape || (variant.masked === true && !isStaged(options))
  trainer.setMode(variant.noise(options), { masked })
  variant.initialise(trainer, randomStream(seed, 'distill', 'student'), options)
  if (options.valueWeight > 0) initialiseCritics(trainer.networks, randomStream(seed, 'distill', 'critics'))
  if (resumed) trainer.restore(resumed.memory)
  const curve = resumed ? resumed.curve : []
  for (const point of curve) onPoint(point)

  const every = [piece, options.evaluateEvery, ...(reshape ? [reshape.every] : [])]
  for (let step = resumed?.step ?? 0; step < steps; ) {
    if (reshape && step % reshape.every === 0) reshape.apply(trainer, step / steps, options)
    const next = Math.min(steps, ...every.map((n) => step - (step % n) + n))
    trainer.run(next - step)
    step = next
    requireFiniteStep(session, `step ${step}`, checkpoints)
    if (step % options.evaluateEvery === 0 || step === steps) {
      const point = curvePoint(session, variant, step)
      requireFinite(point, checkpoints)
      curve.push(point)
      onPoint(point)
    }
    await turn()
    // the end too: tuning can always begin anew from it
    if (signal?.aborted || step === steps || checkpoints?.due())
      await checkpoints?.save({ step, curve, memory: trainer.save(), tuned: [] })
    if (signal?.aborted)
      throw new Interrupted(`interrupted at step ${step}${checkpoints ? '; --resume continues' : ''}`)
  }
  return { layers: resumed?.trained ?? trainer.networks.readActor(), curve }
}

function curvePoint(session: Session, variant: Variant, step: number): CurvePoint {
  const { trainer, options } = session
  const layers = trainer.networks.readActor()
  const masks = variant.masksAt(layers, variant.curveCut(options))
  const losses = trainer.losses()
  const alphas = layers.map(logAlpha)
  const histogram = new Array<number>(20).fill(0)
  for (const layer of alphas) for (const a of layer) histogram[Math.min(19, Math.floor(a + 10))]++
  const noisy = variant.noise(options) !== 'none'
  return {
    step,
    critic: losses.critic,
    value: losses.meanQ,
    absoluteValue: losses.meanAbsoluteQ,
    clone: losses.clone,
    kl: noisy ? klDivergence(layers) / layers.reduce((n, { theta }) => n + theta.length, 0) : 0,
    klWeight: noisy ? klWeight(trainer.config.kl, step) : 0,
    [scoreKeys[session.job.judge.measure].curve]: session.scoreOf(session.networkOf(pruned(layers, masks)), 'progress'),
    weights: survivors(masks),
    weightsPerLayer: masks.map((mask) => survivors([mask])),
    logAlphaHistogram: noisy ? histogram : [],
  }
}

/** Losses and weights after the last step: looked at before anything is evaluated or saved. */
export function requireFiniteStep({ trainer }: Session, when: string, checkpoints?: Checkpoints): void {
  const what = trainer.notFinite()
  if (what) throw diverged(when, what, checkpoints)
}

function diverged(when: string, what: string, checkpoints?: Checkpoints): FailedError {
  const last = checkpoints?.last ? `the last good checkpoint is ${checkpoints.last}` : 'no checkpoint yet'
  return new FailedError(`training diverged by ${when}: ${what}; ${last}`)
}

function requireFinite(point: CurvePoint, checkpoints?: Checkpoints): void {
  for (const [name, value] of Object.entries(point))
    if (typeof value === 'number' && !Number.isFinite(value))
      throw diverged(`step ${point.step}`, `${name} is ${value}`, checkpoints)
}
