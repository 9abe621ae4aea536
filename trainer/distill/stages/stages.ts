/** Phase 2 in stages (plan.ts): cuts, trains on, lets the student act where it may, and keeps a candidate at each budget. */
import { weightCount } from '../../../runtime-as/format/network.ts'
import type { VariationalLayer } from '../../kernels/networks.ts'
import { randomStream } from '../../random.ts'
import type { Checkpoints } from '../checkpoint.ts'
import { compactLayers } from '../compact.ts'
import type { CutRun } from '../cut-run.ts'
import { thresholdKeeping } from '../keep.ts'
import type { Playground } from '../playground.ts'
import { type Candidate, type EnvironmentSteps, scoreKeys, tunedScore, withoutNetwork } from '../points.ts'
import { sensitivity } from '../prune/curvature.ts'
import { growBack, keepLargest, weightsIn } from '../prune/cut.ts'
import { prunerOf } from '../prune/pruners.ts'
import type { Session } from '../session.ts'
import { layersOn, masksAt, pruned } from '../student.ts'
import { requireFiniteStep } from '../train.ts'
import { falling, runUpdates } from '../tune.ts'
import { BASE_ROWS, firstCut, planOf, type Round } from './plan.ts'
import type { StageState } from './state.ts'

/** States of the data that a pruner sees. */
const STATES = 1500

export async function stages(
  session: Session,
  trained: readonly VariationalLayer[],
  { tell, resumed, save, checkpoints, signal }: CutRun,
): Promise<Candidate[]> {
  const { options, job, rows } = session
  const { ownStates } = options
  session.useTeacherActions()
  // the teacher's, anew where a run is resumed: they are the same
  const teacherSteps = ownStates === undefined ? 0 : await playgroundOf(session).open()
  if (ownStates !== undefined) rows.thin(BASE_ROWS)
  const state = resumed?.stages ?? { done: 0, layers: begun(trained, session), own: [], searchSteps: 0 }
  const candidates = [...(resumed?.tuned ?? [])]
  for (const visited of state.own) rows.append(visited)
  const plan = planOf(session.studentWeights, options)
  while (state.done < plan.length) {
    const round = plan[state.done]
    const layers = cutTo(round, state, session)
    // the first round at a budget
    if (round.kind !== 'cut') state.before ??= session.scoreOf(session.networkOf(layers), 'pick')
    state.layers = await trainRound(session, layers, round, { index: state.done, checkpoints, signal })
    if (round.visits && ownStates !== undefined) {
      const student = job.policyOf(session.networkOf(state.layers))
      const visited = await playgroundOf(session).visit(student, state.done, ownStates)
      rows.append(visited)
      state.own.push(visited)
    }
    if (round.kind === 'anneal') {
      const steps = { ownStates: teacherSteps + visitedRows(state, session), search: state.searchSteps }
      const annealed = candidateOf(session, round, state, steps)
      candidates.push(options.search === undefined ? annealed : await searched(annealed, state, session, signal))
      state.before = undefined
    }
    state.done++
    const stage = { kind: round.kind, weights: weightsIn(state.layers), ownStates: visitedRows(state, session) }
    tell(state.done, {
      stage,
      ...(round.kind === 'anneal' && { sweep: withoutNetwork(candidates[candidates.length - 1]) }),
    })
    await save?.({ tuned: candidates, stages: state })
  }
  return candidates
}

function playgroundOf({ job }: Session): Playground {
  // who asks for one is refused at the door where there is none
  if (!job.playground) throw new Error('no playground')
  return job.playground
}

/** The candidate after a search on its return, which the next stages go on from too. Where nothing rises it stays what it is. */
async function searched(
  candidate: Candidate,
  state: StageState,
  session: Session,
  signal?: AbortSignal,
): Promise<Candidate> {
  const { options, rows } = session
  const found = await playgroundOf(session).search(candidate.network, rows.normaliser, options.search!, signal)
  state.searchSteps += found.steps
  const environmentSteps = { ...candidate.environmentSteps!, search: state.searchSteps }
  const after = found.bestOf === 'start' ? -Infinity : session.scoreOf(found.network, 'pick')
  // on episodes that the search has not seen
  const better = after > tunedScore(candidate)
  if (better) state.layers = layersOn(found.network, rows.normaliser)
  const network = better ? found.network : candidate.network
  const bytes = session.job.bytesOf(network, candidate.budget!, session.studentWeights, environmentSteps)
  return { ...candidate, network, bytes, environmentSteps, ...(better && { tunedReturn: after }) }
}

const visitedRows = ({ own }: StageState, { rows }: Session): number =>
  own.reduce((sum, { length }) => sum + length, 0) / rows.visitedWidth

/** A Gaussian student is first cut by what it is trained for: the log alpha of its weights. */
function begun(trained: readonly VariationalLayer[], { studentWeights, options }: Session): VariationalLayer[] {
  const first = firstCut(studentWeights, options)
  if (first === studentWeights) return [...trained]
  return compactLayers(pruned(trained, masksAt(trained, thresholdKeeping(trained, first))))
}

/** The student as a round begins: with at most its weights, and without the units that are left empty. */
function cutTo(round: Round, { done, layers }: StageState, { options, rows }: Session): VariationalLayer[] {
  const { prune = 'obd', seed } = options
  const random = randomStream(seed, 'distill', 'prune', done)
  const states = rows.states(STATES, random)
  const evidence = (of: readonly VariationalLayer[]) => ({
    layers: of,
    sensitivity: () => sensitivity(of, states),
    random,
  })
  const keep = (of: VariationalLayer[], count: number) =>
    weightsIn(of) > count ? compactLayers(keepLargest(of, prunerOf(prune).saliency(evidence(of)), count)) : of
  const kept = keep(layers, Math.round(round.to * (1 - round.swap)))
  return round.swap > 0 ? compactLayers(growBack(kept, evidence(kept).sensitivity(), round.to)) : kept
}

async function trainRound(
  session: Session,
  layers: readonly VariationalLayer[],
  { kind, updates }: Round,
  { index, checkpoints, signal }: { index: number; checkpoints?: Checkpoints; signal?: AbortSignal },
): Promise<VariationalLayer[]> {
  const { prune, stageRate, l1 } = session.options
  const trainer = await session.resize(
    layers.slice(0, -1).map(({ bias }) => bias.length),
    'stage',
    index,
  )
  trainer.networks.writeActor(layers)
  trainer.networks.setMask(layers.map(({ theta }) => theta.map((w) => (w === 0 ? 0 : 1))))
  trainer.setMode('none', { masked: true, value: false })
  trainer.shrinkage = kind === 'cut' && prune !== undefined && prunerOf(prune).shrinks ? stageRate * l1 : 0
  await runUpdates(trainer, updates, kind === 'anneal' ? falling(stageRate) : () => stageRate, signal)
  requireFiniteStep(session, `the end of stage ${index + 1}`, checkpoints)
  return trainer.networks.readActor()
}

function candidateOf(
  session: Session,
  { to }: Round,
  { layers, before }: StageState,
  steps: EnvironmentSteps,
): Candidate {
  const keys = scoreKeys[session.job.judge.measure]
  const network = session.networkOf(layers)
  const after = session.scoreOf(network, 'pick')
  const own = steps.ownStates + steps.search > 0 ? { environmentSteps: steps } : {}
  const bytes = session.job.bytesOf(network, to, session.studentWeights, own.environmentSteps)
  return {
    budget: to,
    weights: weightCount(network),
    bytes,
    [keys.pruned]: before,
    [keys.tuned]: after,
    ...own,
    network,
  }
}
