/** How a budget ends: the best of its rounds, a search where one is wanted, and a candidate. */
import { weightCount } from '../../../runtime-as/format/network.ts'
import type { VariationalLayer } from '../../kernels/networks.ts'
import type { Playground } from '../playground.ts'
import { type Candidate, scoreKeys } from '../points.ts'
import type { Session } from '../session.ts'
import { layersOn } from '../student.ts'
import type { Round } from './plan.ts'
import type { StageState } from './state.ts'

export function playgroundOf({ job }: Session): Playground {
  // who asks for one is refused at the door where there is none
  if (!job.playground) throw new Error('no playground')
  return job.playground
}

/** A student and how the judge finds it, for picking. */
interface Scored {
  score: number
  layers: VariationalLayer[]
}

const scored = (layers: VariationalLayer[], session: Session): Scored => ({
  score: session.scoreOf(session.networkOf(layers), 'pick'),
  layers,
})

const better = (a: Scored, b: Scored, { job }: Session): boolean =>
  job.judge.measure === 'return' ? a.score > b.score : a.score < b.score

export function keepBest(state: StageState, session: Session): void {
  const now = scored(state.layers, session)
  if (!state.best || better(now, state.best, session)) state.best = now
}

/** The student that ends a budget: the last one, unless an earlier one was better; and after a search, if one is wanted. */
async function endOf(state: StageState, session: Session, signal?: AbortSignal): Promise<Scored> {
  const last = scored(state.layers, session)
  const kept = state.best && better(state.best, last, session) ? state.best : last
  const { search } = session.options
  return search === undefined ? kept : await searched(kept, state, session, search, signal)
}

/** After a search on its return, where that is below its teacher's. Where nothing rises the student stays what it is. */
async function searched(
  kept: Scored,
  state: StageState,
  session: Session,
  episodes: number,
  signal?: AbortSignal,
): Promise<Scored> {
  const playground = playgroundOf(session)
  // nothing is lost yet
  if (kept.score >= (playground.teacherReturn ?? Infinity)) return kept
  const { normaliser } = session.rows
  const found = await playground.search(session.networkOf(kept.layers), normaliser, episodes, signal)
  state.steps.search += found.steps
  if (!found.rose) return kept
  // on episodes that the search has not seen
  const now = scored(layersOn(found.network, normaliser), session)
  return better(now, kept, session) ? now : kept
}

/** What the next cuts go on from too. */
export async function candidateOf(
  session: Session,
  { to }: Round,
  state: StageState,
  signal?: AbortSignal,
): Promise<Candidate> {
  const { score, layers } = await endOf(state, session, signal)
  const keys = scoreKeys[session.job.judge.measure]
  const scores = { [keys.pruned]: state.before, [keys.tuned]: score }
  const network = session.networkOf(layers)
  const { ownStates, search } = state.steps
  const steps = ownStates + search > 0 ? { ownStates, search } : undefined
  const bytes = session.job.bytesOf(network, to, session.studentWeights, steps)
  state.layers = layers
  state.before = undefined
  state.best = undefined
  const point = { budget: to, weights: weightCount(network), bytes, ...scores }
  return { ...point, ...(steps && { environmentSteps: steps }), network }
}
