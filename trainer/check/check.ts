/** Replays a log through a policy: whether it explains the logged actions, and if not, which single mistake does. */
import { setImmediate as turn } from 'node:timers/promises'
import { type BatchPolicy, Bench, type BenchOptions } from './bench.ts'
import type { Correction, Finding } from './correction.ts'
import { hypotheses } from './hypotheses.ts'
import type { Log } from './log.ts'
import { predictable } from './noise.ts'

/** What an explanation leaves, on rows that nothing was fitted on. */
export interface Fit {
  /** share of the variance of the logged actions that is explained; below 0: worse than their mean */
  explained: number
  /** root mean square error of each action, in its unit */
  rmse: number[]
  /** standard deviation of each action in the log, in its unit */
  spread: number[]
  /** share of the squared error that a linear model of observations and actions would still explain: 0 for noise */
  predictable: number
}

export interface Explanation extends Finding {
  hypothesis: string
  /** share of the unexplained variance that it removes */
  removed: number
  fit: Fit
  /** mean absolute error that it leaves, in spreads of the actions */
  error: number
  freedom: number
  score: number
  /** whether what it leaves is little, or noise */
  whole: boolean
}

export interface Diagnosis {
  /** explained: as it is; noisy: as it is, but for noise; mistake: by the first of `explanations`; unexplained: by none alone */
  verdict: 'explained' | 'noisy' | 'mistake' | 'unexplained'
  asIs: Fit
  /** best first; of those that remove anything */
  explanations: Explanation[]
  /** the log's timestamps against the policy's period, where they do not agree */
  clock?: Pick<Finding, 'mistake' | 'mend'> & { log: number; policy: number }
  rows: { fit: number; judge: number }
  evaluations: number
}

export interface CheckOptions extends BenchOptions {
  /** s between actions, as the policy's contract has it */
  period?: number
  /** which hypothesis is next, and how many are done */
  onProgress?: (name: string, done: number) => void
}

/** of the spread of the actions: an error no larger than that is none */
const exact = 0.005
/** share of the mean error that an explanation must remove to be a mistake */
const least = 0.3

/** In the order of `hypotheses`; no more of them once one explains all. Throws nothing: what comes in was checked. */
export async function checkPolicy(policy: BatchPolicy, log: Log, options: CheckOptions): Promise<Diagnosis> {
  const bench = new Bench(policy, log, options)
  const asIs = fitOf(bench, bench.asIs)
  const explanations = bench.error(bench.asIs.judge, bench.judge.u) < exact ? [] : await explain(bench, options)
  const clock = clockOf(log.period, options.period)
  const found = verdictOf(bench, asIs, explanations)
  return {
    verdict: clock && (found === 'explained' || found === 'noisy') ? 'mistake' : found,
    asIs,
    explanations,
    ...(clock && { clock }),
    rows: { fit: bench.fit.count, judge: bench.judge.count },
    evaluations: bench.evaluations,
  }
}

/** The best of each hypothesis, best first. */
async function explain(bench: Bench, { onProgress }: CheckOptions): Promise<Explanation[]> {
  const explanations: Explanation[] = []
  for (const [done, hypothesis] of hypotheses.entries()) {
    const { name } = hypothesis
    onProgress?.(name, done)
    // Ctrl-C is heard between hypotheses
    await turn()
    const tried = hypothesis.fit(bench).flatMap((correction) => explanationOf(bench, name, correction) ?? [])
    const [best] = tried.sort((p, q) => q.score - p.score)
    if (!best) continue
    explanations.push(best)
    // nothing is left for another to explain
    if (best.error < exact && best.freedom <= 1) break
  }
  return explanations.sort((p, q) => q.score - p.score)
}

function verdictOf(bench: Bench, asIs: Fit, [first]: readonly Explanation[]): Diagnosis['verdict'] {
  if (bench.error(bench.asIs.judge, bench.judge.u) < exact) return 'explained'
  if (first && first.removed >= least && first.score > 0) return first.whole ? 'mistake' : 'unexplained'
  return asIs.explained > 0.2 && asIs.predictable < 0.2 ? 'noisy' : 'unexplained'
}

/** More than a tenth apart: jitter and rounding are less. */
function clockOf(log?: number, policy?: number): Diagnosis['clock'] {
  if (log === undefined || policy === undefined || Math.abs(log / policy - 1) < 0.1) return undefined
  const [here, there] = [log, policy].map((period) => `${Number((1000 * period).toPrecision(3))} ms`)
  return {
    mistake: `the log has a row every ${here}, the policy acts every ${there}`,
    mend: 'run the policy at its period, or say with --period at which it ran',
    log,
    policy,
  }
}

/** what a number fitted, and a choice among many, must at least be worth */
const [perNumber, perChoice] = [0.01, 0.002]

function explanationOf(bench: Bench, hypothesis: string, correction: Correction): Explanation | undefined {
  const { error, asIs, counted } = bench.compare(correction, 'judge')
  if (!(counted > 0.1) || !(error < asIs)) return undefined
  const floor = 0.01
  const score =
    Math.log((asIs + floor) / (error + floor)) -
    perNumber * correction.freedom -
    perChoice * Math.log2(correction.choices) -
    (correction.partial ? 0.2 * (1 - counted) : 0)
  const fit = fitOf(bench, { fit: bench.predict(correction, bench.fit), judge: bench.predict(correction, bench.judge) })
  const removed = 1 - error / asIs
  const whole =
    fit.explained > 0.97 || (fit.explained > 0.6 && removed > 0.8) || (fit.explained > 0.2 && fit.predictable < 0.25)
  return {
    hypothesis,
    ...correction.finding,
    removed,
    error,
    fit,
    freedom: correction.freedom,
    score,
    whole,
  }
}

function fitOf(bench: Bench, predicted: { fit: Float32Array; judge: Float32Array }): Fit {
  const { a, judge, spread } = bench
  const [error, total, count] = [new Float64Array(a), new Float64Array(a), new Float64Array(a)]
  const mean = new Float64Array(a)
  predicted.judge.forEach((y, k) => {
    if (Number.isNaN(y)) return
    mean[k % a] += judge.u[k]
    count[k % a]++
  })
  predicted.judge.forEach((y, k) => {
    if (Number.isNaN(y)) return
    error[k % a] += (judge.u[k] - y) ** 2
    total[k % a] += (judge.u[k] - mean[k % a] / count[k % a]) ** 2
  })
  let [left, all] = [0, 0]
  for (let i = 0; i < a; i++) {
    left += error[i] / spread[i] ** 2
    all += total[i] / spread[i] ** 2
  }
  return {
    explained: all > 0 ? 1 - left / all : left === 0 ? 1 : 0,
    rmse: Array.from(error, (e, i) => Math.sqrt(e / Math.max(1, count[i]))),
    spread: Array.from(total, (t, i) => Math.sqrt(t / Math.max(1, count[i]))),
    predictable: predictable(bench, predicted),
  }
}
