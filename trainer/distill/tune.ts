/** Phase 2: prunes at each level, trains the survivors on with the mask frozen, and measures both. */
import { setImmediate as turn } from 'node:timers/promises'
import { type Network, weightCount } from '../../runtime-as/network.ts'
import { Interrupted } from '../interrupted.ts'
import type { Trainer, VariationalLayer } from '../kernels/trainer.ts'
import type { Session } from './session.ts'
import { pruned } from './student.ts'
import type { Variant } from './variants.ts'

/** One level of the sweep. Returns are means over the picking episodes. */
export interface SweepPoint {
  /** log alpha, or a number of weights for variants that aim at one */
  threshold: number
  weights: number
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
  signal?: AbortSignal,
): Promise<Candidate[]> {
  const { trainer, options } = session
  const { tuneUpdates, pickEpisodes } = options
  const tuneWithValue = options.tuneWithValue && options.valueWeight > 0
  // without the critics the executed action is not needed, and the teacher's own has no noise
  if (!tuneWithValue) session.loadTransitions('teacherAction')
  const candidates: Candidate[] = []
  for (const [index, threshold] of variant.levels.entries()) {
    const masks = variant.masksAt(trained, threshold)
    const start = pruned(trained, masks)
    const prunedReturn = session.returnOf(session.networkOf(start), 'pick', pickEpisodes)
    trainer.writeActor(start)
    trainer.setMask(masks)
    trainer.shrinkage = 0
    trainer.setMode('none', { masked: true, value: tuneWithValue })
    await tune(trainer, tuneUpdates, signal)
    const network = session.networkOf(trainer.readActor())
    const tunedReturn = session.returnOf(network, 'pick', pickEpisodes)
    const point = { threshold, weights: weightCount(network), prunedReturn, tunedReturn }
    candidates.push({ ...point, network })
    onPoint(point, index)
  }
  return candidates
}

/** The learning rate falls to zero along half a cosine. */
async function tune(trainer: Trainer, updates: number, signal?: AbortSignal): Promise<void> {
  const blocks = Math.min(updates, 50)
  for (let b = 0; b < blocks; b++) {
    if (signal?.aborted) throw new Interrupted('interrupted while tuning; --resume begins from the last checkpoint')
    trainer.rateFactor = (1 + Math.cos((Math.PI * b) / blocks)) / 2
    const share = Math.floor(((b + 1) * updates) / blocks) - Math.floor((b * updates) / blocks)
    trainer.run(share * trainer.config.delay)
    await turn()
  }
  trainer.rateFactor = 1
}

/**
 * The rule: of the students whose mean return is at least the teacher's minus `tolerance` x |teacher's|, on the same picking episodes, the one
 * with the fewest weights; if there is none, the one with the best return. With `maxWeights`: of those that have no more weights, the one with the best return; if there is none, the
 * one with the fewest weights.
 */
export function pick<T extends SweepPoint>(
  candidates: readonly T[],
  teacherReturn: number,
  tolerance: number,
  maxWeights?: number,
): T {
  const fewest = (of: readonly T[]) => of.reduce((a, b) => (b.weights < a.weights ? b : a))
  const best = (of: readonly T[]) => of.reduce((a, b) => (b.tunedReturn > a.tunedReturn ? b : a))
  if (maxWeights !== undefined) {
    const small = candidates.filter((c) => c.weights <= maxWeights)
    return small.length ? best(small) : fewest(candidates)
  }
  const floor = teacherReturn - tolerance * Math.abs(teacherReturn)
  const good = candidates.filter((c) => c.tunedReturn >= floor)
  return good.length ? fewest(good) : best(candidates)
}
