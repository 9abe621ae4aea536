/**
 * Search on the return: Augmented Random Search over the weights that are left and the biases, with the mask as it is. On-policy: it plays
 * episodes. What is climbed is the return of whole episodes without the bonus for surviving; what is kept is the candidate of the highest
 * mean - deviation over picking episodes, the start included.
 */
import { InputError } from '../../runtime-as/errors.ts'
import type { Contract, Network } from '../../runtime-as/format/network.ts'
import type { Normaliser } from '../distill/student.ts'
import { Interrupted } from '../interrupted.ts'
import type { ReturnStatistics } from '../tasks/evaluate.ts'
import { prepareTask, taskFacts } from '../tasks/registry.ts'
import { Climb } from './climb.ts'
import type { Movable } from './movable.ts'
import { iterationsOf, type SearchOptions } from './options.ts'
import type { CandidateKind, SearchPoint, SearchState } from './state.ts'
import { Survivors } from './survivors.ts'
import { Trials } from './trials.ts'

export interface SearchAbout {
  /** where it plays */
  taskName: string
  /** of the file that the network will be; its squash agrees with the last layer */
  contract: Contract
  /** observations whose actions that file promises */
  golden: Float32Array[]
  /** of the observations: what a step in the first layer is measured by. Default: that of the start's picking episodes */
  normaliser?: Normaliser
}

export interface SearchRun {
  /** threads that play; the result does not depend on it. Default: 1 */
  workers?: number
  /** told at the start and after every iteration */
  onProgress?: (state: SearchState) => void
  /** where to go on from */
  state?: SearchState
  /** saved where it is due between two iterations, and where the signal is aborted */
  saves?: { due(): boolean; save(state: SearchState): Promise<void> }
  /** aborting saves the state and throws `Interrupted` */
  signal?: AbortSignal
}

/** What a search found. */
export interface SearchResult {
  /** the best; the start where nothing was better */
  network: Network
  bestOf: CandidateKind
  /** of the start, by the picking episodes */
  before: ReturnStatistics
  /** of the best, by the episodes that it was picked by: a biased figure */
  after: ReturnStatistics
  /** all that were played */
  episodes: number
  /** of the environment */
  steps: number
  /** every candidate of every picking, in order */
  curve: SearchPoint[]
  /** whether it ended before its episodes were played, since nothing got better */
  gaveUp: boolean
  /** what was subtracted for each step */
  survivalBonus: number
}

/** moved: what begins, and how it moves. The same arguments give the same bits, for any number of workers. Throws InputError, FailedError, Interrupted. */
export async function search(
  moved: Movable,
  about: SearchAbout,
  options: SearchOptions,
  { workers = 1, onProgress, state: from, saves, signal }: SearchRun = {},
): Promise<SearchResult> {
  const iterations = iterationsOf(options)
  const { taskName, contract, golden, normaliser } = about
  await prepareTask(taskName)
  const survivalBonus = options.survivalBonus ?? taskFacts(taskName).survivalBonus ?? 0
  const { template } = moved
  const trials = new Trials({ taskName, template, contract, golden }, Math.min(workers, 2 * options.directions), signal)
  const climb = new Climb(trials, moved, { ...options, survivalBonus, iterations })
  let state = from
  try {
    state ??= await climb.begin(normaliser)
    onProgress?.(state)
    while (!climb.isDone(state)) {
      state = await climb.iterate(state)
      onProgress?.(state)
      if (saves?.due()) await saves.save(state)
    }
    // what comes after the search may be interrupted too
    await saves?.save(state)
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    if (state) await saves?.save(state)
    throw new Interrupted(`interrupted after ${state?.episodes ?? 0} episodes${saves ? '; --resume continues' : ''}`)
  } finally {
    await trials.close()
  }
  const { iteration, best, bestOf, before, after, episodes, steps, curve } = state
  const gaveUp = iteration < iterations
  const network = new Survivors(template).networkAt(best)
  return { network, bestOf, before, after, episodes, steps, curve, gaveUp, survivalBonus }
}

/** Throws InputError for a network that cannot be moved a little. name: how errors call it */
export function checkStart({ layers }: Network, name: string): void {
  const stored = layers.find(({ values = 'f32' }) => values !== 'f32')
  if (stored) throw new InputError(`${name}: weights as ${stored.values}, expected f32: search first, then quantise`)
}
