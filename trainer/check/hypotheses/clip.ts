/** Observations with limits that the log or the policy did not have. */
import type { Bench } from '../bench.ts'
import type { Before, Correction } from '../correction.ts'
import { limitsOf, times } from '../figures.ts'
import type { Hypothesis } from '../hypothesis.ts'
import { leastOf, race } from '../race.ts'

interface Limited {
  i: number
  low: number
  high: number
  before: Before
}

const limited = (i: number, low: number, high: number): Limited => ({
  i,
  low,
  high,
  before(x, at) {
    const value = x[at + i]
    if (value < low) x[at + i] = low
    else if (value > high) x[at + i] = high
  },
})

export const clipHypothesis: Hypothesis = {
  name: 'observation clip',
  about: 'an observation was limited before the policy saw it, or the log limits it',
  fit: (bench) => [...limitedForPolicy(bench), ...limitedInLog(bench)],
}

/** The log has the raw number, the policy was given a limited one. */
function limitedForPolicy(bench: Bench): Correction[] {
  const values = bench.observationNames.map((_, i) => sortedColumn(bench, i))
  const quantile = (i: number, q: number) => values[i][Math.min(values[i].length - 1, Math.floor(q * values[i].length))]
  const runners = bench.observationNames.flatMap((_, i) =>
    [0.4, 0.65, 0.8, 0.9].flatMap((q) => {
      const size =
        quantile(i, 1) === quantile(i, 0) ? 0 : Math.max(Math.abs(quantile(i, q)), Math.abs(quantile(i, 1 - q)))
      return [limited(i, -Infinity, quantile(i, q)), limited(i, quantile(i, 1 - q), Infinity), limited(i, -size, size)]
    }),
  )
  const all = [1, 2, 3, 5, 10].map((size) => ({ size, before: limitAll(bench.o, size) }))
  const found = race(bench, runners, 2).map((runner) => {
    const { i, low, high } = runner
    const wide = quantile(i, 1) - quantile(i, 0)
    const with_ = (by: number) =>
      low === -Infinity
        ? limited(i, low, high + by)
        : high === Infinity
          ? limited(i, low + by, high)
          : limited(i, low - by, high + by)
    const by = leastOf((x) => bench.pointLoss(with_(x).before, 300), -0.3 * wide, 0.3 * wide, 14)
    const best = with_(by)
    const name = bench.observationNames[i]
    return correction(best.before, { freedom: 1, choices: 3 * bench.o, name, low: best.low, high: best.high })
  })
  const common = race(bench, all, 1).map(({ size, before }) =>
    correction(before, { freedom: 0, choices: 5, low: -size, high: size }),
  )
  return [...found, ...common]
}

interface Limits {
  freedom: number
  choices: number
  /** absent: of all observations */
  name?: string
  low: number
  high: number
}

function correction(before: Before, { freedom, choices, name, low, high }: Limits): Correction {
  const to = limitsOf(low, high)
  return {
    before,
    freedom,
    choices,
    finding: {
      mistake:
        name === undefined
          ? `the policy was given every observation limited to ${to}`
          : `the policy was given observation ${name} limited to ${to}`,
      mend: `limit ${name === undefined ? 'them' : 'it'} in front of the policy too, or nowhere`,
      names: name === undefined ? [] : [name],
      values: [high === Infinity ? low : high],
    },
  }
}

const limitAll =
  (o: number, size: number): Before =>
  (x, at) => {
    for (let i = at; i < at + o; i++) x[i] = Math.max(-size, Math.min(size, x[i]))
  }

/** The log's numbers stand at a limit where the policy saw more: rows with such a number explain nothing, the others all. */
function limitedInLog(bench: Bench): Correction[] {
  const found: Correction[] = []
  for (let i = 0; i < bench.o; i++) {
    const values = sortedColumn(bench, i)
    const [low, high] = [values[0], values[values.length - 1]]
    const count = (end: number) => values.filter((x) => x === end).length
    const stands = (end: number) => count(end) > Math.max(3, 0.02 * values.length) && count(end) < 0.8 * values.length
    const [atLow, atHigh] = [stands(low), stands(high)]
    if (low === high || (!atLow && !atHigh)) continue
    const name = bench.observationNames[i]
    found.push({
      after: (actions, { x }) =>
        actions.map((y, k) => {
          const value = x[Math.floor(k / bench.a) * bench.o + i]
          return (atLow && value <= low) || (atHigh && value >= high) ? Number.NaN : y
        }),
      freedom: 0,
      choices: bench.o,
      partial: true,
      finding: {
        mistake: `observation ${name} stands at its limit in the log (${[...(atLow ? [times(low)] : []), ...(atHigh ? [times(high)] : [])].join(' and ')}) where the policy saw more`,
        mend: 'log it as the policy is given it: without that limit',
        names: [name],
        values: [atHigh ? high : low],
      },
    })
  }
  return found.sort((p, q) => bench.compare(p, 'fit').error - bench.compare(q, 'fit').error).slice(0, 2)
}

function sortedColumn({ points, o }: Bench, i: number): Float64Array {
  return Float64Array.from({ length: points.count }, (_, row) => points.x[row * o + i]).sort()
}
