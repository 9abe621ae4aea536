/** Phase 2: prunes at each cut, trains the survivors on with the mask frozen, and measures both. */
import { setImmediate as turn } from 'node:timers/promises'
import { weightCount } from '../../runtime-as/format/network.ts'
import { Interrupted } from '../interrupted.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import type { Trainer } from '../kernels/trainer.ts'
import { plainNetwork } from '../teachers/teach.ts'
import { compact } from './compact.ts'
import type { CutRun } from './cut-run.ts'
import { type Candidate, cutAt, describeCut, scoreKeys, withoutNetwork } from './points.ts'
import type { Session } from './session.ts'
import { pruned } from './student.ts'
import { requireFiniteStep } from './train.ts'
import type { Variant } from './variants/variant.ts'

export async function sweep(
  session: Session,
  variant: Variant,
  trained: readonly VariationalLayer[],
  { tell, resumed, save, checkpoints, signal }: CutRun,
): Promise<Candidate[]> {
  const tuned = resumed?.tuned ?? []
  const { options } = session
  const { tuneUpdates } = options
  const keys = scoreKeys[session.job.judge.measure]
  const tuneWithValue = options.tuneWithValue && options.valueWeight > 0
  // without the critics the executed action is not needed, and the teacher's own has no noise
  if (!tuneWithValue) session.useTeacherActions()
  const critics = tuneWithValue ? [0, 1].map((i) => session.trainer.networks.readCritic(i)) : []
  const candidates: Candidate[] = []
  for (const [index, cut] of variant.cuts(trained, options).entries()) {
    if (index < tuned.length) {
      candidates.push(tuned[index])
      tell(index + 1, { sweep: withoutNetwork(tuned[index]) })
      continue
    }
    const start = pruned(trained, variant.masksAt(trained, cut))
    const before = session.scoreOf(session.networkOf(start), 'pick')
    // units that pruning emptied are gone before, not after: a tenth of the arithmetic
    const { layers } = compact(plainNetwork(start))
    const trainer = await session.resize(
      layers.slice(1).map(({ inputs }) => inputs),
      'tune',
    )
    trainer.networks.writeNetwork({ layers })
    trainer.networks.setMask(layers.map(({ weights }) => weights.map((w) => (w === 0 ? 0 : 1))))
    critics.forEach((critic, i) => {
      trainer.networks.writeCritic(i, critic)
    })
    trainer.setMode('none', { masked: true, value: tuneWithValue })
    const goesOn = index > 0 ? 'after the last tuned student' : 'after the training'
    await runUpdates(trainer, tuneUpdates, falling(options.tuneRate ?? options.actorRate), { signal, goesOn })
    const at = cutAt(variant.cutKind, cut)
    requireFiniteStep(session, `the end of tuning at ${describeCut(at)}`, checkpoints)
    const network = session.networkOf(trainer.networks.readActor())
    const after = session.scoreOf(network, 'pick')
    const bytes = session.job.bytesOf(network, cut, session.studentWeights)
    const point = { ...at, weights: weightCount(network), bytes, [keys.pruned]: before, [keys.tuned]: after }
    candidates.push({ ...point, network })
    tell(index + 1, { sweep: point })
    await save?.({ tuned: candidates })
  }
  return candidates
}

/** Half a cosine, from `rate` to zero. */
export const falling = (rate: number) => (progress: number) => (rate * (1 + Math.cos(Math.PI * progress))) / 2

/** Updates of the student; rateAt: its learning rate, of progress in 0..1; goesOn: where a resumed run does. Throws Interrupted. */
export async function runUpdates(
  trainer: Trainer,
  updates: number,
  rateAt: (progress: number) => number,
  { signal, goesOn }: { signal?: AbortSignal; goesOn: string },
): Promise<void> {
  const blocks = Math.min(updates, 50)
  for (let b = 0; b < blocks; b++) {
    if (signal?.aborted) throw new Interrupted(`interrupted while tuning; --resume continues ${goesOn}`)
    trainer.rateFactor = rateAt(b / blocks) / trainer.config.actorRate
    const share = Math.floor(((b + 1) * updates) / blocks) - Math.floor((b * updates) / blocks)
    trainer.run(share * trainer.config.policyDelay)
    await turn()
  }
  trainer.rateFactor = 1
}
