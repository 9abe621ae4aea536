/** A penalty that is searched: one distillation each, and at every cut the student that the picking data says is best. */
import { type Distilled, type DistillRun, type Progress, runPhases } from './phases.ts'
import { type Candidate, tunedScore, withoutNetwork } from './points.ts'
import type { DistillJob } from './session.ts'

/** One after another, each of its own checkpoint. All of the penalties are trained, cut and tuned alike. */
export async function runPath(
  job: DistillJob,
  path: readonly number[],
  runOf: (job: DistillJob, part: number) => DistillRun,
): Promise<Distilled> {
  const runs: Distilled[] = []
  for (const [part, l1] of path.entries()) {
    const { l1Path: _, ...options } = job.options
    const one = { ...job, options: { ...options, l1 } }
    const run = runOf(one, part)
    runs.push(await runPhases(one, { ...run, onProgress: run.onProgress && ofPath(run.onProgress, path, part) }))
  }
  const better = job.judge.measure === 'return' ? 1 : -1
  const best = runs[0].candidates.map((_, cut) => {
    const all = runs.map((run, i): Candidate => ({ ...run.candidates[cut], l1: path[i] }))
    const chosen = all.reduce((a, b) => (better * (tunedScore(b) - tunedScore(a)) > 0 ? b : a))
    return withSteps(job, chosen, all, runs[0].studentWeights)
  })
  const { picked, verdict } = job.judge.decide(best, ({ network }) => job.controllerOf(network))
  const { network, threshold, budget, l1, environmentSteps } = picked
  const of = runs[path.indexOf(l1!)]
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0)
  const found = { network, threshold, budget, sweep: best.map(withoutNetwork), candidates: best, seconds }
  return { ...of, ...found, ...verdict, ...(environmentSteps && { environmentSteps }) }
}

/** The penalties after this one are taken to last as long. */
function ofPath(tell: (progress: Progress) => void, path: readonly number[], at: number): (progress: Progress) => void {
  const begun = performance.now()
  return (progress) => {
    const penalty = { l1: path[at], at, of: path.length }
    const { secondsLeft: left } = progress
    if (left === undefined) return tell({ ...progress, penalty })
    const whole = (performance.now() - begun) / 1000 + left
    tell({ ...progress, secondsLeft: left + (path.length - 1 - at) * whole, penalty })
  }
}

/** It took those of all penalties. */
function withSteps(job: DistillJob, chosen: Candidate, all: readonly Candidate[], studentWeights: number): Candidate {
  if (!chosen.environmentSteps) return chosen
  const sum = (of: 'ownStates' | 'search') => all.reduce((steps, one) => steps + (one.environmentSteps?.[of] ?? 0), 0)
  const environmentSteps = { ownStates: sum('ownStates'), search: sum('search') }
  const bytes = job.bytesOf(chosen.network, chosen.budget!, studentWeights, environmentSteps)
  return { ...chosen, bytes, environmentSteps }
}
