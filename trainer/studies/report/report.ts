/** What a study says: rows, and over seeds and teachers the statistics that a reviewer expects. The same results give the same bytes. */
import type { CurvePoint } from '../../distill/points.ts'
import { median } from '../../tasks/evaluate.ts'
import { RESULTS } from '../jobs/job.ts'
import type { Plan } from '../plan.ts'
import { type Estimate, estimate, estimates } from '../statistics/bootstrap.ts'
import { interquartileMean, mean, medianOfTasks, performanceProfile, type Scores } from '../statistics/scores.ts'
import type { Store } from '../store.ts'
import { SEEDS_TO_RANK } from '../study.ts'
import { type Comparison, comparisonsAt } from './comparisons.ts'
import { type Measured, measuredOf, type Run, runsOf } from './measure.ts'
import { type Tuning, tuningOf } from './tuning.ts'

/** One variant with one teacher at one number of weights, over its seeds. */
export interface Row {
  teacher: string
  task: string
  variant: string
  budget?: number
  /** mean over the seeds, and so below unless it says otherwise */
  return: number
  teacherReturn: number
  score: number
  /** interquartile mean of the scores and its interval over the seeds; absent below three seeds */
  interquartile?: Estimate
  /** score of the worst seed */
  worst: number
  /** over all episodes of all seeds */
  median: number
  fellRate: number
  failureRate: number
  weights: number
  weightBudget?: number
  bytes: number
  seeds: Measured[]
}

/** One variant at one number of weights, over the teachers x seeds that all variants have. */
export interface Summary {
  variant: string
  budget?: number
  teachers: string[]
  /** of each teacher */
  seeds: number
  interquartile: Estimate
  medianOfTasks: number
  worst: number
  fellRate: number
  failureRate: number
  profile: Estimate[]
}

export interface Curve {
  teacher: string
  variant: string
  seed: number
  points: Pick<CurvePoint, 'step' | 'return' | 'weights' | 'value' | 'clone' | 'kl'>[]
}

export interface Report {
  study: string
  question?: string
  /** of results, and of this file */
  version: number
  /** retained: return / the teacher's on the same episodes; difference: minus it, where a teacher's return is not positive */
  score: 'retained' | 'difference'
  seeds: number
  episodes: number
  budgets?: readonly number[]
  baseline: string
  /** whether there are seeds enough to call one better than another */
  ranked: boolean
  teachers: { name: string; task: string; algorithm?: string; sha256?: string; weights?: number }[]
  /** what each variant may try, so that nobody's search is larger than it says */
  tuning: Tuning[]
  rows: Row[]
  summaries: Summary[]
  comparisons: Comparison[]
  thresholds: number[]
  curves: Curve[]
  /** students that are not there yet */
  missing: number
}

export function reportOf(plan: Plan, store: Store): Report {
  const { study } = plan
  const runs = runsOf(plan, store)
  const score = runs.every((run) => run.retained !== undefined) ? 'retained' : 'difference'
  const scoreOf = (run: Measured): number => run[score]!
  const baseline = study.baseline ?? study.variants[0].name
  const thresholds = thresholdsOf(runs.map(scoreOf), score)
  const ranked = study.seeds >= SEEDS_TO_RANK
  return {
    study: study.name,
    question: study.question,
    version: RESULTS,
    score,
    seeds: study.seeds,
    episodes: study.episodes,
    budgets: study.budgets,
    baseline,
    ranked,
    teachers: plan.teachers.map((teacher) => {
      const { name, task } = teacher
      return 'blob' in teacher
        ? { name, task, algorithm: teacher.algorithm, sha256: teacher.sha256, weights: teacher.weights }
        : { name, task, algorithm: teacher.job.algorithm.toUpperCase() }
    }),
    tuning: tuningOf(plan),
    rows: rowsOf(plan, runs, scoreOf),
    summaries: budgetsIn(plan).flatMap((budget) => summariesAt(plan, runs, budget, { scoreOf, thresholds })),
    comparisons: budgetsIn(plan).flatMap((budget) => comparisonsAt(study, runs, budget, { scoreOf, baseline })),
    thresholds,
    curves: curvesOf(runs),
    missing: plan.entries.length - runs.length,
  }
}

const budgetsIn = ({ study }: Plan): (number | undefined)[] => (study.budgets ? [...study.budgets] : [undefined])

function rowsOf({ study }: Plan, runs: readonly Run[], scoreOf: (run: Measured) => number): Row[] {
  const rows: Row[] = []
  for (const { name: teacher } of study.teachers)
    for (const { name: variant } of study.variants)
      for (const budget of study.budgets ?? [undefined]) {
        const own = runs.filter((run) => run.teacher === teacher && run.variant === variant && run.budget === budget)
        if (own.length) rows.push(rowOf(own, scoreOf))
      }
  return rows
}

function rowOf(own: readonly Run[], scoreOf: (run: Measured) => number): Row {
  const [{ teacher, task, variant, budget, weightBudget }] = own
  const over = (of: (run: Run) => number) => mean(own.map(of))
  const scores = own.map(scoreOf)
  return {
    teacher,
    task,
    variant,
    budget,
    return: over((run) => run.return),
    teacherReturn: over((run) => run.teacherReturn),
    score: mean(scores),
    ...(own.length > 2 && { interquartile: estimate([scores], interquartileMean) }),
    worst: Math.min(...scores),
    median: median(own.flatMap(({ outcomes }) => outcomes.map((outcome) => outcome.return))),
    fellRate: over((run) => run.fellRate),
    failureRate: over((run) => run.failureRate),
    weights: over((run) => run.weights),
    weightBudget,
    bytes: over((run) => run.bytes),
    seeds: own.map(measuredOf),
  }
}

interface Comparing {
  scoreOf: (run: Measured) => number
  thresholds: readonly number[]
}

/** Over the teachers and seeds that every variant has at this number of weights: none is compared on what another lacks. */
function summariesAt(
  { study }: Plan,
  runs: readonly Run[],
  budget: number | undefined,
  comparing: Comparing,
): Summary[] {
  const { scoreOf, thresholds } = comparing
  const at = runs.filter((run) => run.budget === budget)
  const variants = study.variants.map(({ name }) => name).filter((name) => at.some((run) => run.variant === name))
  const seedsOf = (teacher: string) =>
    Array.from({ length: study.seeds }, (_, i) => i + 1).filter((seed) =>
      variants.every((variant) =>
        at.some((run) => run.teacher === teacher && run.variant === variant && run.seed === seed),
      ),
    )
  const shared = study.teachers.map(({ name }) => ({ name, seeds: seedsOf(name) })).filter(({ seeds }) => seeds.length)
  if (!shared.length) return []
  const of = (variant: string) =>
    shared.map(({ name, seeds }) =>
      at.filter((run) => run.teacher === name && run.variant === variant && seeds.includes(run.seed)),
    )
  const scoresOf = (variant: string): Scores => of(variant).map((task) => task.map(scoreOf))
  const seeds = Math.min(...shared.map((teacher) => teacher.seeds.length))
  return variants.map((variant) => {
    const [own, scores] = [of(variant).flat(), scoresOf(variant)]
    return {
      variant,
      budget,
      teachers: shared.map(({ name }) => name),
      seeds,
      interquartile: estimate(scores, interquartileMean),
      medianOfTasks: medianOfTasks(scores),
      worst: Math.min(...scores.flat()),
      fellRate: mean(own.map((run) => run.fellRate)),
      failureRate: mean(own.map((run) => run.failureRate)),
      profile: estimates(scores, (drawn) => performanceProfile(drawn, thresholds), { samples: 1000, seed: 1 }),
    }
  })
}

/** Thresholds of the profiles: 41 of them, of shares of the teacher's return from 0 to 1.2 whatever occurs, of other scores over all that occurs. */
function thresholdsOf(scores: readonly number[], score: Report['score']): number[] {
  if (!scores.length) return []
  const low = score === 'retained' ? 0 : Math.min(...scores)
  const high = score === 'retained' ? 1.2 : Math.max(...scores)
  return Array.from({ length: 41 }, (_, i) => low + ((high - low) * i) / 40)
}

/** One for each training, whatever was cut from it. */
function curvesOf(runs: readonly Run[]): Curve[] {
  const seen = new Set<string>()
  return runs.flatMap(({ entry, curve, teacher, variant, seed }) => {
    if (seen.has(entry.made) || curve.length < 2) return []
    seen.add(entry.made)
    const points = curve.map(({ step, return: value, weights, value: q, clone, kl }) => ({
      step,
      return: value,
      weights,
      value: q,
      clone,
      kl,
    }))
    return [{ teacher, variant, seed, points }]
  })
}
