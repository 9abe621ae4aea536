/** Actions that come at other times: late, early, or held. */

import type { Bench } from '../bench.ts'
import type { After } from '../correction.ts'
import type { Hypothesis } from '../hypothesis.ts'
import type { Rows } from '../log.ts'

/** The action of the row that `from` names for each row of a window; NaN where there is none in it. */
const moved =
  (a: number, from: (row: number, step: number) => number): After =>
  (actions: Float32Array, { count, windows }: Rows) => {
    const out = new Float32Array(count * a).fill(Number.NaN)
    for (const { first, count: length, step } of windows)
      for (let row = 0; row < length; row++) {
        const source = row + from(row, step + row)
        if (source < 0 || source >= length) continue
        const start = (first + source) * a
        out.set(actions.subarray(start, start + a), (first + row) * a)
      }
    return out
  }

const steps = (n: number) => (n === 1 ? 'one step' : `${n} steps`)

const lags = [1, 2, 3, 4, 5, 6, 8, 10, -1, -2, -3]

export const lagHypothesis: Hypothesis = {
  name: 'lag',
  about: 'actions answer an observation of one or more steps before, or after',
  fit: (bench) =>
    bestFew(
      bench,
      lags.map((lag) => ({
        after: moved(bench.a, () => -lag),
        freedom: 0,
        choices: lags.length,
        finding: {
          mistake:
            lag > 0
              ? `each action answers the observation of ${steps(lag)} before: a delay between sensing and acting`
              : `each action answers the observation of ${steps(-lag)} after: the log is shifted`,
          mend:
            lag > 0
              ? `remove the delay of ${steps(lag)}, or move the column of actions ${steps(lag)} up in the log`
              : `move the column of actions ${steps(-lag)} down in the log`,
          names: [],
          values: [lag],
        },
      })),
    ),
}

export const rateHypothesis: Hypothesis = {
  name: 'rate',
  about: 'each action is held for several rows: the policy ran slower than the log',
  fit(bench) {
    const candidates = []
    for (let hold = 2; hold <= 12; hold++)
      for (let phase = 0; phase < hold; phase++)
        candidates.push({
          after: moved(bench.a, (_, step) => -((step + phase) % hold)),
          freedom: 0,
          choices: 11,
          finding: {
            mistake: `each action is held for ${hold} rows: the policy ran at a ${nth(hold)} of the log's rate`,
            mend: `run the policy at every row, or keep every ${hold}th row of the log`,
            names: [],
            values: [hold],
          },
        })
    return bestFew(bench, candidates)
  },
}

const nth = (n: number) => (n === 2 ? 'half' : n === 3 ? 'third' : `${n}th`)

/** They cost no evaluation: all are tried on all rows. */
export function bestFew<T extends Parameters<Bench['compare']>[0]>(bench: Bench, candidates: T[], keep = 2): T[] {
  return candidates
    .map((candidate) => ({ candidate, ...bench.compare(candidate, 'fit') }))
    .filter(({ counted }) => counted > 0.3)
    .sort((p, q) => p.error / p.asIs - q.error / q.asIs)
    .slice(0, keep)
    .map(({ candidate }) => candidate)
}
