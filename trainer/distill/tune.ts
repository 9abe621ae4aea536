/** Phase 2: prunes at each level, trains the survivors on with the mask frozen, and measures both. */
import { setImmediate as turn } from 'node:timers/promises'
import { type Network, weightCount } from '../../runtime-as/format/network.ts'
import { Interrupted } from '../interrupted.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import type { Trainer } from '../kernels/trainer.ts'
import { plainNetwork } from '../teachers/teach.ts'
import type { Checkpoints } from './checkpoint.ts'
import { compact } from './compact.ts'
import type { Session } from './session.ts'
import { pruned } from './student.ts'
import { requireFiniteStep } from './train.ts'
import type { Variant } from './variants.ts'

/** One level of the sweep. Returns are means over the picking episodes. */
export interface SweepPoint {
  /** log alpha, or a number of weights for variants that aim at one */
  threshold: number
  weights: number
  /** of the whole file */
  bytes: number
  prunedReturn: number
  tunedReturn: number
}

export interface Candidate extends SweepPoint {
  network: Network
}

export async function sweep(
  session: Session,
  variant: Variant,
  trained: readonly VariationalLayer[],
  onPoint: (point: SweepPoint, index: number) => void,
  /** levels that were tuned before an interruption; `save` is called with all that are done */
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
  const { tuneUpdates, pickEpisodes } = options
  const tuneWithValue = options.tuneWithValue && options.valueWeight > 0
  // without the critics the executed action is not needed, and the teacher's own has no noise
  if (!tuneWithValue) session.useTeacherActions()
  const critics = tuneWithValue ? [0, 1].map((i) => session.trainer.networks.readCritic(i)) : []
  const studentWeights = trained.reduce((sum, { theta }) => sum + theta.length, 0)
  const candidates: Candidate[] = []
  for (const [index, threshold] of variant.levels(trained).entries()) {
    if (index < tuned.length) {
      candidates.push(tuned[index])
      onPoint(withoutNetwork(tuned[index]), index)
      continue
    }
    const start = pruned(trained, variant.masksAt(trained, threshold))
    const prunedReturn = session.returnOf(session.networkOf(start), 'pick', pickEpisodes)
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
    requireFiniteStep(session, `the end of tuning at ${threshold}`, checkpoints)
    const network = session.networkOf(trainer.networks.readActor())
    const tunedReturn = session.returnOf(network, 'pick', pickEpisodes)
    const bytes = session.job.bytesOf(network, threshold, studentWeights)
    const point = { threshold, weights: weightCount(network), bytes, prunedReturn, tunedReturn }
    candidates.push({ ...point, network })
    onPoint(point, index)
    await save?.(candidates)
  }
  return candidates
}

export const withoutNetwork = ({ network: _, ...point }: Candidate): SweepPoint => point

/** The learning rate falls from `rate` to zero along half a cosine. */
async function tune(trainer: Trainer, updates: number, rate: number, signal?: AbortSignal): Promise<void> {
  const blocks = Math.min(updates, 50)
  for (let b = 0; b < blocks; b++) {
    if (signal?.aborted)
      throw new Interrupted('interrupted while tuning; --resume continues after the last tuned threshold')
    trainer.rateFactor = ((rate / trainer.config.actorRate) * (1 + Math.cos((Math.PI * b) / blocks))) / 2
    const share = Math.floor(((b + 1) * updates) / blocks) - Math.floor((b * updates) / blocks)
    trainer.run(share * trainer.config.delay)
    await turn()
  }
  trainer.rateFactor = 1
}

export interface PickRule {
  tolerance: number
  maxWeights?: number
  maxBytes?: number
}

/**
 * The rule, all returns on the same picking episodes: of the students whose mean return is at least the teacher's minus `tolerance` x |teacher's|,
 * the one with the fewest weights; if there is none, the one with the best return. Within a budget of weights or bytes: of those inside it, the one
 * with the best return; if there is none, the one with the fewest weights.
 */
export function pick<T extends SweepPoint>(candidates: readonly T[], teacherReturn: number, rule: PickRule): T {
  const { tolerance, maxWeights, maxBytes } = rule
  const fewest = (of: readonly T[]) => of.reduce((a, b) => (b.weights < a.weights ? b : a))
  const best = (of: readonly T[]) => of.reduce((a, b) => (b.tunedReturn > a.tunedReturn ? b : a))
  if (maxWeights !== undefined || maxBytes !== undefined) {
    const small = candidates.filter((c) => c.weights <= (maxWeights ?? Infinity) && c.bytes <= (maxBytes ?? Infinity))
    return small.length ? best(small) : fewest(candidates)
  }
  const floor = teacherReturn - tolerance * Math.abs(teacherReturn)
  const good = candidates.filter((c) => c.tunedReturn >= floor)
  return good.length ? fewest(good) : best(candidates)
}
