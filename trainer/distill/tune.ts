/** Phase 2: prunes at each cut, trains the survivors on with the mask frozen, and measures both. */
import { setImmediate as turn } from 'node:timers/promises'
import { weightCount } from '../../runtime-as/format/network.ts'
import { Interrupted } from '../interrupted.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import type { Trainer } from '../kernels/trainer.ts'
import { plainNetwork } from '../teachers/teach.ts'
import type { Checkpoints } from './checkpoint.ts'
import { compact } from './compact.ts'
import { type Candidate, cutAt, describeCut, type SweepPoint, scoreKeys, withoutNetwork } from './points.ts'
import type { Session } from './session.ts'
import { pruned } from './student.ts'
import { requireFiniteStep } from './train.ts'
import type { Variant } from './variants/variant.ts'

export async function sweep(
  session: Session,
  variant: Variant,
  trained: readonly VariationalLayer[],
  onPoint: (point: SweepPoint, index: number) => void,
  /** candidates that were tuned before an interruption; `save` is called with all that are done */
  {
    tuned = [],
    save,
    checkpoints,
    signal,
  }: {
    tuned?: Candidate[]
    save?: (tuned: Candidate[]) => Promise<void>
    checkpoints?: Checkpoints
    signal?: AbortSignal
  },
): Promise<Candidate[]> {
  const { options } = session
  const { tuneUpdates } = options
  const keys = scoreKeys[session.job.judge.measure]
  const tuneWithValue = options.tuneWithValue && options.valueWeight > 0
  // without the critics the executed action is not needed, and the teacher's own has no noise
  if (!tuneWithValue) session.useTeacherActions()
  const critics = tuneWithValue ? [0, 1].map((i) => session.trainer.networks.readCritic(i)) : []
  const studentWeights = trained.reduce((sum, { theta }) => sum + theta.length, 0)
  const candidates: Candidate[] = []
  for (const [index, cut] of variant.cuts(trained, options).entries()) {
    if (index < tuned.length) {
      candidates.push(tuned[index])
      onPoint(withoutNetwork(tuned[index]), index)
      continue
    }
    const start = pruned(trained, variant.masksAt(trained, cut))
    const before = session.scoreOf(session.networkOf(start), 'pick')
    // units that pruning emptied are gone before, not after: a tenth of the arithmetic
    const { layers } = compact(plainNetwork(start))
    const trainer = await session.resize(layers.slice(1).map(({ inputs }) => inputs))
    trainer.networks.writeNetwork({ layers })
    trainer.networks.setMask(layers.map(({ weights }) => weights.map((w) => (w === 0 ? 0 : 1))))
    critics.forEach((critic, i) => {
      trainer.networks.writeCritic(i, critic)
    })
    trainer.setMode('none', { masked: true, value: tuneWithValue })
    await tune(trainer, tuneUpdates, options.tuneRate ?? options.actorRate, signal)
    const at = cutAt(variant.cutKind, cut)
    requireFiniteStep(session, `the end of tuning at ${describeCut(at)}`, checkpoints)
    const network = session.networkOf(trainer.networks.readActor())
    const after = session.scoreOf(network, 'pick')
    const bytes = session.job.bytesOf(network, cut, studentWeights)
    const point = { ...at, weights: weightCount(network), bytes, [keys.pruned]: before, [keys.tuned]: after }
    candidates.push({ ...point, network })
    onPoint(point, index)
    await save?.(candidates)
  }
  return candidates
}

/** The learning rate falls from `rate` to zero along half a cosine. */
async function tune(trainer: Trainer, updates: number, rate: number, signal?: AbortSignal): Promise<void> {
  const blocks = Math.min(updates, 50)
  for (let b = 0; b < blocks; b++) {
    if (signal?.aborted)
      throw new Interrupted('interrupted while tuning; --resume continues after the last tuned student')
    trainer.rateFactor = ((rate / trainer.config.actorRate) * (1 + Math.cos((Math.PI * b) / blocks))) / 2
    const share = Math.floor(((b + 1) * updates) / blocks) - Math.floor((b * updates) / blocks)
    trainer.run(share * trainer.config.policyDelay)
    await turn()
  }
  trainer.rateFactor = 1
}
