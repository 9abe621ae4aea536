/** What `bpd loop` found, for the terminal and as a page. */

import type { Spread } from '../../firmware-bridge/host/measure.ts'
import type { Stats } from '../../firmware-bridge/host/stats.ts'
import type { ReturnStatistics } from '../../trainer/tasks/evaluate.ts'
import { timeOf } from '../board.ts'
import type { Signature } from '../keys.ts'
import { type Histogram, histogramLines } from './histogram.ts'
import { grouped, printable } from './words.ts'

export interface LoopResult {
  /** when, as ISO 8601 */
  date: string
  port: string
  board: { name: string; clockHz: number; counter: string }
  /** weights: known of a file */
  policy: { weights?: number; bytes: number; crc: number; signature: Signature }
  return: ReturnStatistics
  returns: number[]
  steps: number
  comparedActions: number
  /** null: there was nothing to compare with */
  bitExact: true | null
  cycles: Spread
  roundTripMs: Spread
  /** without the inference; absent where its counter tells no time of this line's */
  linkMs?: Spread
  histogram: Histogram & { unit: 'ms' }
  realTime?: { hz: number; misses: number; failsafes: number; intervalMs: Spread; jitterMs: Spread }
  counters: Stats
  /** by the board's clock, over the steps in its log */
  boardJitterMs: { mean: number; worst: number }
  logged: number
}

/** A second plot shows a round trip closer that takes less of the time to the deadline. */
const CLOSE = 0.25

export const tidy = (x: number): string => String(Number(x.toPrecision(4)))
const spread = ({ median, min, p99, max }: Spread): string =>
  `${median.toFixed(2)} ms [${min.toFixed(2)}–${max.toFixed(2)}], p99 ${p99.toFixed(2)}`

/** What was measured: a name, and words. */
function lines(result: LoopResult): [string, string][] {
  const { return: r, cycles, steps, realTime, board, counters, boardJitterMs } = result
  const time = timeOf(result.port, cycles.median, board.clockHz)
  const told: [string, string][] = [
    [
      'return',
      `${r.mean.toFixed(1)} ± ${r.std.toFixed(1)} over ${result.returns.length} episodes, ${grouped(steps)} steps`,
    ],
    [
      'actions',
      result.bitExact
        ? `every action equals the host's, bit for bit (${grouped(result.comparedActions)} compared)`
        : 'actions not compared: no policy file given',
    ],
  ]
  if (realTime) {
    const { hz, misses, failsafes, intervalMs, jitterMs } = realTime
    told.push([
      'pace',
      `in real time at ${tidy(hz)} Hz: ${grouped(misses)} deadlines missed of ${grouped(steps)}, ${grouped(failsafes)} steps in failsafe`,
    ])
    told.push(['interval', `${spread(intervalMs)}; jitter ${spread(jitterMs)}`])
  } else told.push(['pace', 'in lock-step: the plant waited for each action'])
  const range = `[${grouped(cycles.min)}–${grouped(cycles.max)}]`
  told.push([
    'inference',
    `${grouped(cycles.median)} cycles ${range}${time && ` = ${time}`}; cycles are ${board.counter}`,
  ])
  told.push(['round trip', `${spread(result.roundTripMs)}: line and host included`])
  if (result.linkMs) told.push(['of which', `line and host ${spread(result.linkMs)}`])
  if (realTime && counters.board.interval) {
    const { mean, worst } = boardJitterMs
    told.push([
      'on board',
      `${tidy(counters.board.interval)} ms a step over the last 100, jitter ${tidy(mean)} ms, up to ${tidy(worst)} ms over the last ${result.logged}`,
    ])
  }
  const { clampedObservations, badObservations, bounded, badCrc, overruns } = counters.board
  told.push([
    'observed',
    `since its start: ${grouped(clampedObservations)} observations clamped, ${grouped(badObservations)} refused (NaN, infinite or outside bounds); ${grouped(bounded)} actions on a bound`,
  ])
  told.push([
    'line',
    `${grouped(counters.host.retries)} retried, ${grouped(badCrc + counters.host.bad)} frames spoilt, ${grouped(overruns)} bytes overrun`,
  ])
  return told
}

export function loopText(task: string, result: LoopResult): string {
  const told = lines(result).flatMap(([name, words]) => [
    `${name.padEnd(10)} ${words}`,
    ...(name === 'round trip' ? histogramLines(result.histogram, 'ms') : []),
  ])
  return [`${task} on ${printable(result.board.name)}`, ...told].join('\n')
}

/** period: of the task, in seconds. file: none where the board's own policy acted */
export async function loopPage(task: string, period: number, file: string | undefined, result: LoopResult) {
  // loaded here because the plots' library takes longer to load than most verbs to run
  const { timeChart } = await import('./charts.ts')
  const { figure, page, policyFact, table } = await import('./page.ts')
  const { board, date, histogram, realTime } = result
  const policy = policyFact(file ?? 'the one that the board ran', result.policy)
  const facts = { task, policy, board: `${board.name}; cycles are ${board.counter}`, date }
  const deadline = 1000 / (realTime?.hz ?? 1 / period)
  const beyond = histogram.above > 0 ? `; ${histogram.above} above p99 are not shown` : ''
  const caption = `from sending an observation to having its action; the deadline is the next period${realTime ? '' : ', which the plant did not hold to'}${beyond}`
  const far = histogram.from + histogram.width * histogram.counts.length < CLOSE * deadline
  return page(
    `${task} through ${board.name}`,
    facts,
    `${table(['', 'measured'], lines(result))}
${figure('Round trip against the deadline', timeChart(histogram, deadline), caption)}
${far ? figure('Round trip, closer', timeChart(histogram), `the same without the way to the deadline${beyond}`) : ''}`,
  )
}
