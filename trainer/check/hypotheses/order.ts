/** Observations in another order. */

import { slopes } from '../../regression.ts'
import { assign } from '../assignment.ts'
import type { Bench } from '../bench.ts'
import { columns } from '../bench.ts'
import type { Before } from '../correction.ts'
import { called } from '../groups.ts'
import type { Hypothesis } from '../hypothesis.ts'
import { orders } from '../orders.ts'
import { race } from '../race.ts'

/** Each observation i of the policy takes column feed[i] of the log. */
export function fed(feed: readonly number[]): Before {
  const moved = feed.flatMap((j, i) => (i === j ? [] : [i]))
  const held = new Float32Array(moved.length)
  return (x, at) => {
    for (let k = 0; k < moved.length; k++) held[k] = x[at + feed[moved[k]]]
    for (let k = 0; k < moved.length; k++) x[at + moved[k]] = held[k]
  }
}

interface Order {
  feed: number[]
  before: Before
}

const order = (feed: number[]): Order => ({ feed, before: fed(feed) })

/** rows of a closer look */
const rows = 120

/** Pairs that exchanged make the error less, one after another, best first, until there is none. most: how often. */
function climb(bench: Bench, start: Order, most: number): Order {
  let best = start
  let loss = bench.pointLoss(best.before, rows)
  for (let round = 0; round < most && loss > 0.01; round++) {
    const swaps: Order[] = []
    for (let i = 0; i < bench.o; i++)
      for (let j = 0; j < i; j++) swaps.push(order(best.feed.with(i, best.feed[j]).with(j, best.feed[i])))
    const better = race(bench, swaps, 2, 8)
      .map((swap) => ({ swap, loss: bench.pointLoss(swap.before, rows) }))
      .sort((p, q) => p.loss - q.loss)[0]
    if (!better || better.loss > 0.995 * loss) break
    best = better.swap
    loss = better.loss
  }
  return best
}

/**
 * A guess at the whole order: how the logged actions depend on the log's columns, against how the policy's actions depend on its observations under
 * the order so far, both by regression; the columns are assigned where they agree most, and again.
 */
function matched(bench: Bench, start: Order): Order {
  const n = Math.min(bench.points.count, 400)
  const [x, u] = [bench.points.x.subarray(0, n * bench.o), bench.points.u.subarray(0, n * bench.a)]
  const size = { rows: n, o: bench.o, a: bench.a }
  const logged = slopes(x, u, size)
  const { std } = columns(x, bench.o)
  let best = start
  let loss = bench.pointLoss(start.before, rows)
  let now = start
  for (let round = 0; round < 8; round++) {
    const given = x.slice()
    for (let row = 0; row < n; row++) now.before(given, row * bench.o)
    const acted = bench.act({ x, count: n }, now.before)
    const own = slopes(given, acted, size)
    const cost = new Float64Array(bench.o * bench.o)
    for (let i = 0; i < bench.o; i++)
      for (let j = 0; j < bench.o; j++)
        for (let k = 0; k < bench.a; k++)
          cost[i * bench.o + j] += (((own[k * bench.o + i] - logged[k * bench.o + j]) * std[j]) / bench.spread[k]) ** 2
    const next = order(assign(cost, bench.o))
    if (next.feed.join() === now.feed.join()) break
    now = next
    const reached = bench.pointLoss(now.before, rows)
    if (reached < loss) {
      best = now
      loss = reached
    }
  }
  return best
}

/** The order in which the log's columns have the means and spreads that the policy's normaliser was made for. */
function likeNormaliser({ o, mean, std, normaliser }: Bench): Order | undefined {
  if (!normaliser) return undefined
  const cost = new Float64Array(o * o)
  for (let i = 0; i < o; i++)
    for (let j = 0; j < o; j++) {
      const size = normaliser.std[i] || 1e-9
      cost[i * o + j] = ((mean[j] - normaliser.mean[i]) / size) ** 2 + Math.log((std[j] + 1e-6 * size) / size) ** 2
    }
  return order(assign(cost, o))
}

export const orderHypothesis: Hypothesis = {
  name: 'observation order',
  about: 'observations are in another order: two swapped, blocks exchanged, a quaternion with its real part last',
  fit(bench) {
    if (bench.o < 2) return []
    const { o } = bench
    const same = order(Array.from({ length: o }, (_, i) => i))
    const whole = bench.pointLoss(undefined, rows)
    const starts = race(bench, orders(o, bench.a).map(order))
    const guesses = [same, ...starts].map((start) => matched(bench, start))
    const alike = likeNormaliser(bench)
    if (alike) guesses.push(alike, matched(bench, alike))
    const ranked = [...starts, ...guesses, same]
      .map((one) => ({ one, loss: bench.pointLoss(one.before, rows) }))
      .sort((p, q) => p.loss - q.loss)
    const tried = ranked[0].loss < 0.3 * whole ? ranked.slice(0, 1) : ranked.slice(0, 3)
    const climbed = tried.map(({ one }) => climb(bench, one, o <= 24 ? 2 * o : 8))
    const unique = new Map([...climbed, ...starts.slice(0, 1)].map((one) => [one.feed.join(), one]))
    return [...unique.values()].flatMap(({ feed, before }) => {
      const wrong = feed.flatMap((j, i) => (i === j ? [] : [i]))
      if (wrong.length === 0) return []
      const names = wrong.map((i) => bench.observationNames[i])
      const shown = wrong
        .slice(0, 6)
        .map((i) => `${bench.observationNames[i]} is in column ${bench.observationNames[feed[i]]}`)
        .join(', ')
      const more = wrong.length > 6 ? ` and ${wrong.length - 6} more` : ''
      return [
        {
          before,
          freedom: 0,
          choices: wrong.length * o,
          finding: {
            mistake:
              wrong.length === 2
                ? `observations ${called(bench.observationNames, wrong)} are swapped in the log`
                : `observations are in another order in the log: ${shown}${more}`,
            mend: `give the policy the log's columns in this order: ${feed.map((j) => bench.observationNames[j]).join(', ')}`,
            names,
            values: feed,
          },
        },
      ]
    })
  },
}
