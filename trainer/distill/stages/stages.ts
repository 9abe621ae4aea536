/** Phase 2 in stages (plan.ts): cuts, trains on, lets the student act where it may, and keeps a candidate at each budget. */
import type { VariationalLayer } from '../../kernels/networks.ts'
import { randomStream } from '../../random.ts'
import type { Checkpoints } from '../checkpoint.ts'
import { compactLayers } from '../compact.ts'
import type { CutRun } from '../cut-run.ts'
import { thresholdKeeping } from '../keep.ts'
import { type Candidate, withoutNetwork } from '../points.ts'
import { sensitivity } from '../prune/curvature.ts'
import { growBack, keepLargest, weightsIn } from '../prune/cut.ts'
import { prunerOf } from '../prune/pruners.ts'
import type { Session } from '../session.ts'
import { masksAt, pruned } from '../student.ts'
import { requireFiniteStep } from '../train.ts'
import { falling, runUpdates } from '../tune.ts'
import { candidateOf, keepBest, playgroundOf } from './finish.ts'
import { BASE_ROWS, firstCut, planOf, type Round } from './plan.ts'
import type { StageState, Told } from './state.ts'

/** Picking episodes from which on one student is told from another: on 10 the choice cost more than it gained. */
const PICK_FROM = 50
/** States of the data that a pruner sees. */
export const STATES = 1500

export async function stages(
  session: Session,
  trained: readonly VariationalLayer[],
  { tell, resumed, save, checkpoints, signal }: CutRun,
): Promise<Candidate[]> {
  const { options, job, rows } = session
  const { ownStates, ownRounds, lostWeight = 1 } = options
  session.useTeacherActions()
  // the teacher plays anew where a run is resumed: the same episodes
  const teacherSteps = ownStates === undefined ? 0 : await playgroundOf(session).open()
  if (ownStates !== undefined) rows.thin(BASE_ROWS)
  const state = resumed?.stages ?? begun(trained, session, teacherSteps)
  const candidates = [...(resumed?.tuned ?? [])]
  for (const [block, visited] of state.own.entries()) rows.setBlock(block, visited)
  const plan = planOf(session.studentWeights, options)
  const tellOf = ({ step, stage }: Told) => {
    // each round that anneals has left a candidate
    const left = plan.slice(0, step).filter(({ kind }) => kind === 'anneal').length
    const sweep = stage.kind === 'anneal' ? candidates[left - 1] : undefined
    tell(step, { stage, ...(sweep && { sweep: withoutNetwork(sweep) }) })
  }
  for (const one of state.told) tellOf(one)
  while (state.done < plan.length) {
    const round = plan[state.done]
    const layers = cutTo(round, state, session)
    // the first round at a budget
    if (round.kind !== 'cut') state.before ??= session.scoreOf(session.networkOf(layers), 'pick')
    const goesOn = state.done > 0 ? `after stage ${state.done} of ${plan.length}` : 'after the training'
    state.layers = await trainRound(session, layers, round, { index: state.done, checkpoints, signal, goesOn })
    if (round.visits && ownStates !== undefined) {
      const student = job.policyOf(session.networkOf(state.layers))
      const visited = await playgroundOf(session).visit(student, state.done, { rows: ownStates, lostWeight })
      // small students have no room for states that they come to no more
      const block = state.visits++ % ownRounds
      rows.setBlock(block, visited)
      state.own[block] = visited
      state.steps.ownStates += ownStates
    }
    if (round.kind === 'settle' && options.pickEpisodes >= PICK_FROM) keepBest(state, session)
    if (round.kind === 'anneal') candidates.push(await candidateOf(session, round, state, signal))
    state.done++
    const stage = { kind: round.kind, weights: weightsIn(state.layers), ownStates: state.steps.ownStates }
    const told = { step: state.done, stage }
    state.told.push(told)
    tellOf(told)
    await save?.({ tuned: candidates, stages: state })
  }
  return candidates
}

/** A Gaussian student is first cut by what it is trained for: the log alpha of its weights. teacherSteps: that own states need */
function begun(trained: readonly VariationalLayer[], session: Session, teacherSteps: number): StageState {
  const { studentWeights, options, job } = session
  const first = firstCut(studentWeights, options)
  const layers =
    first === studentWeights
      ? [...trained]
      : compactLayers(pruned(trained, masksAt(trained, thresholdKeeping(trained, first))))
  const { ownStates, search } = job.start?.environmentSteps ?? { ownStates: 0, search: 0 }
  const steps = { ownStates: ownStates + teacherSteps, search }
  return { done: 0, layers, own: [], visits: 0, steps, told: [] }
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
    weightsIn(of) > count ? keepLargest(of, prunerOf(prune).saliency(evidence(of)), count) : of
  const kept = keep(layers, Math.round(round.to * (1 - round.swap)))
  if (round.kind !== 'settle') return kept
  // also in place of those that went with units that were left empty
  return compactLayers(growBack(kept, evidence(kept).sensitivity(), round.to))
}

async function trainRound(
  session: Session,
  layers: readonly VariationalLayer[],
  { kind, updates }: Round,
  {
    index,
    checkpoints,
    ...stopping
  }: { index: number; checkpoints?: Checkpoints; signal?: AbortSignal; goesOn: string },
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
  await runUpdates(trainer, updates, kind === 'cut' ? () => stageRate : falling(stageRate), stopping)
  requireFiniteStep(session, `the end of stage ${index + 1}`, checkpoints)
  return trainer.networks.readActor()
}
