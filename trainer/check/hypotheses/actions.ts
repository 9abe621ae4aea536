/** Actions in another order, times a factor, off by a constant, squashed twice or not at all. None of it asks the policy again. */
import { assign } from '../assignment.ts'
import { type Bench, columns } from '../bench.ts'
import type { After, Correction } from '../correction.ts'
import { limitsOf, times } from '../figures.ts'
import { called } from '../groups.ts'
import type { Hypothesis } from '../hypothesis.ts'
import { bestFew } from './time.ts'

/** Each action by itself. */
const each =
  (a: number, of: (y: number, i: number) => number): After =>
  (actions) =>
    actions.map((y, k) => of(y, k % a))

export const actionOrderHypothesis: Hypothesis = {
  name: 'action order',
  about: 'actions are in another order',
  fit(bench) {
    const { a, actionNames, asIs, fit } = bench
    if (a < 2) return []
    // log's column i against the policy's column j, in spreads of the log
    const cost = new Float64Array(a * a)
    for (let row = 0; row < fit.count; row++)
      for (let i = 0; i < a; i++)
        for (let j = 0; j < a; j++)
          cost[i * a + j] += Math.min(4, Math.abs(asIs.fit[row * a + j] - fit.u[row * a + i]) / bench.spread[i])
    const source = assign(cost, a)
    const wrong = source.flatMap((j, i) => (i === j ? [] : [i]))
    if (wrong.length === 0) return []
    const names = wrong.map((i) => actionNames[i])
    const order = wrong.length <= 6 ? wrong : wrong.slice(0, 6)
    const shown = order.map((i) => `${actionNames[i]} holds ${actionNames[source[i]]}`).join(', ')
    const more = wrong.length > 6 ? ` and ${wrong.length - 6} more` : ''
    return [
      {
        after: (actions) => actions.map((_, k) => actions[k - (k % a) + source[k % a]]),
        freedom: 0,
        choices: wrong.length * a,
        finding: {
          mistake:
            wrong.length === 2
              ? `actions ${called(actionNames, wrong)} are swapped in the log`
              : `actions are in another order in the log: ${shown}${more}`,
          mend: `give the log's columns of actions in the policy's order: ${namesInOrder(source, actionNames)}`,
          names,
          values: source,
        },
      },
    ]
  },
}

/** The log's columns, by the names that they go by now, in the order that puts them right. */
function namesInOrder(source: readonly number[], names: readonly string[]): string {
  const order = new Array<string>(source.length)
  source.forEach((j, i) => {
    order[j] = names[i]
  })
  return order.join(', ')
}

/** Least absolute deviations of u from s y + c, by weighted least squares. */
function line(y: Float64Array, u: Float64Array, slope: boolean, offset: boolean): { s: number; c: number } {
  const weights = new Float64Array(y.length).fill(1)
  let [s, c] = [1, 0]
  for (let round = 0; round < 20; round++) {
    let [w, wy, wu, wyy, wyu] = [0, 0, 0, 0, 0]
    for (let i = 0; i < y.length; i++) {
      w += weights[i]
      wy += weights[i] * y[i]
      wu += weights[i] * u[i]
      wyy += weights[i] * y[i] * y[i]
      wyu += weights[i] * y[i] * u[i]
    }
    if (slope && offset) {
      const d = w * wyy - wy * wy
      s = d > 1e-12 * w * wyy ? (w * wyu - wy * wu) / d : 1
      c = (wu - s * wy) / w
    } else if (slope) s = wyy > 0 ? wyu / wyy : 1
    else c = (wu - wy) / w
    for (let i = 0; i < y.length; i++) weights[i] = 1 / Math.max(1e-4, Math.abs(u[i] - s * y[i] - c))
  }
  return { s, c }
}

const column = (values: Float32Array, i: number, a: number): Float64Array =>
  Float64Array.from({ length: values.length / a }, (_, row) => values[row * a + i])

interface Lines {
  s: number[]
  c: number[]
  freedom: number
  choices: number
}

export const actionScaleHypothesis: Hypothesis = {
  name: 'action scale',
  about: 'actions are a multiple of what the policy says, or off by a constant, or of the other sign',
  fit(bench) {
    const { a, asIs, fit } = bench
    const pairs = Array.from({ length: a }, (_, i) => [column(asIs.fit, i, a), column(fit.u, i, a)] as const)
    const ones = new Array<number>(a).fill(1)
    const zeros = new Array<number>(a).fill(0)
    const slopes = pairs.map(([y, u]) => line(y, u, true, false).s)
    const offsets = pairs.map(([y, u]) => line(y, u, false, true).c)
    const both = pairs.map(([y, u]) => line(y, u, true, true))
    const all = (k: 0 | 1) =>
      Float64Array.from(pairs.flatMap((pair, i) => [...pair[k].map((x) => x / bench.spread[i])]))
    const common = line(all(0), all(1), true, false).s
    const signs = pairs.map(([y, u]) => (sum(y, u, -1) < sum(y, u, 1) ? -1 : 1))
    const lines: Lines[] = [
      { s: ones.map(() => common), c: zeros, freedom: 1, choices: 1 },
      { s: signs, c: zeros, freedom: 0, choices: 2 * a },
      { s: slopes, c: zeros, freedom: a, choices: 1 },
      { s: ones, c: offsets, freedom: a, choices: 1 },
      { s: both.map(({ s }) => s), c: both.map(({ c }) => c), freedom: 2 * a, choices: 1 },
      {
        s: ones.map(() => common),
        c: pairs.map(
          ([y, u]) =>
            line(
              y.map((x) => common * x),
              u,
              false,
              true,
            ).c,
        ),
        freedom: a + 1,
        choices: 1,
      },
      ...(a === 1
        ? []
        : ones.flatMap((_, i) => [
            { s: ones.with(i, slopes[i]), c: zeros, freedom: 1, choices: a },
            { s: ones, c: zeros.with(i, offsets[i]), freedom: 1, choices: a },
            { s: ones.with(i, both[i].s), c: zeros.with(i, both[i].c), freedom: 2, choices: a },
          ])),
    ]
    const corrections = lines
      .filter(({ s, c }) => s.some((x) => x !== 1) || c.some((x) => x !== 0))
      .map((one) => lineCorrection(bench, one))
    // few of each freedom: what has more fits better
    return [...new Set(lines.map(({ freedom }) => freedom))].flatMap((freedom) =>
      bestFew(
        bench,
        corrections.filter((one) => one.freedom === freedom),
        1,
      ),
    )
  },
}

const sum = (y: Float64Array, u: Float64Array, s: number): number =>
  y.reduce((total, x, i) => total + Math.abs(s * x - u[i]), 0)

function lineCorrection({ a, actionNames }: Bench, { s, c, freedom, choices }: Lines): Correction {
  const touched = actionNames.flatMap((_, i) => (s[i] !== 1 || c[i] !== 0 ? [i] : []))
  const name = called(actionNames, touched)
  const [plural, are] = touched.length === 1 ? ['action', 'is'] : ['actions', 'are']
  const same = (list: number[]) => touched.every((i) => list[i] === list[touched[0]])
  const figures = (list: number[]) =>
    same(list) ? times(list[touched[0]]) : touched.map((i) => times(list[i])).join(', ')
  const [scaled, moved] = [touched.some((i) => s[i] !== 1), touched.some((i) => c[i] !== 0)]
  const flipped = !moved && touched.every((i) => s[i] === -1)
  const said = [scaled ? `${figures(s)} times what the policy says` : '', moved ? `off by ${figures(c)}` : '']
    .filter((x) => x !== '')
    .join(' and ')
  const mend = flipped
    ? 'multiply by -1'
    : [
        scaled ? `multiply the policy's action by ${figures(s)} (action_scale)` : '',
        moved ? `add ${figures(c)} (the default pose, an offset)` : '',
      ]
        .filter((x) => x !== '')
        .join(', then ')
  return {
    after: each(a, (y, i) => s[i] * y + c[i]),
    freedom,
    choices,
    finding: {
      mistake: flipped
        ? `${plural} ${name} ${touched.length === 1 ? 'has' : 'have'} the other sign in the log`
        : `${plural} ${name} ${are} ${said} in the log`,
      mend,
      names: touched.map((i) => actionNames[i]),
      values: scaled ? touched.map((i) => s[i]) : touched.map((i) => c[i]),
    },
  }
}

export const squashHypothesis: Hypothesis = {
  name: 'action squash',
  about: "the policy's last tanh is missing from the log's actions, or applied twice",
  fit(bench) {
    const { a, bounds } = bench
    const half = bounds.low.map((low, i) => (bounds.high[i] - low) / 2)
    const middle = bounds.low.map((low, i) => (bounds.high[i] + low) / 2)
    if (!half.every((x) => Number.isFinite(x) && x > 0)) return []
    const limit = 1 - 1e-6
    const flat = 3
    const share = (y: number, i: number) => (y - middle[i]) / half[i]
    const plain = { freedom: 0, choices: 2 }
    return [
      {
        ...plain,
        after: each(a, (y, i) => middle[i] + half[i] * Math.tanh(share(y, i))),
        finding: {
          mistake: "the log's actions went through tanh once more than the policy's",
          mend: 'take one tanh away: the policy has its own',
          names: [],
        },
      },
      {
        ...plain,
        after: (actions, rows) =>
          actions.map((y, k) => {
            const i = k % a
            const before = Math.atanh(Math.max(-limit, Math.min(limit, share(y, i))))
            // where tanh is nearly flat, what went in may have been anything beyond
            const logged = share(rows.u[k], i)
            const beyond = Math.abs(before) > flat && Math.abs(logged) > flat && before * logged > 0
            return beyond ? rows.u[k] : middle[i] + half[i] * before
          }),
        finding: {
          mistake: "the log's actions are those before the last tanh",
          mend: 'log, or send, what comes after tanh',
          names: [],
        },
      },
    ]
  },
}

export const actionClipHypothesis: Hypothesis = {
  name: 'action clip',
  about: 'actions are limited to less than the policy says, or beyond its bounds',
  fit(bench) {
    const { a, fit, bounds, actionNames } = bench
    const [low, high] = [new Array<number>(a).fill(-Infinity), new Array<number>(a).fill(Infinity)]
    const touched: number[] = []
    const beyond: number[] = []
    const limited = (u: number, i: number) => Math.max(bounds.low[i], Math.min(bounds.high[i], u))
    // what an error weighs once the log is limited, which has less spread then
    const weight = new Float64Array(a).fill(1)
    for (let i = 0; i < a; i++) {
      const u = column(fit.u, i, a)
      const [least, most] = [Math.min(...u), Math.max(...u)]
      const wide = bounds.high[i] - bounds.low[i]
      const range = Number.isFinite(wide) ? wide : most - least
      const often = (end: number) =>
        u.filter((x) => Math.abs(x - end) <= 1e-4 * range).length > Math.max(3, 0.01 * u.length)
      if (often(least) && least > bounds.low[i] + 0.01 * range) low[i] = least
      if (often(most) && most < bounds.high[i] - 0.01 * range) high[i] = most
      if (low[i] > -Infinity || high[i] < Infinity) touched.push(i)
      if (least < bounds.low[i] - 0.01 * range || most > bounds.high[i] + 0.01 * range) {
        beyond.push(i)
        const { std } = columns(
          Float32Array.from(u, (x) => limited(x, i)),
          1,
        )
        weight[i] = bench.spread[i] / Math.max(std[0], 0.01 * range)
      }
    }
    const found: Correction[] = []
    if (touched.length > 0)
      found.push({
        after: each(a, (y, i) => Math.max(low[i], Math.min(high[i], y))),
        freedom: 0,
        choices: 2 * touched.length,
        finding: {
          mistake: `${touched.length === 1 ? 'action' : 'actions'} ${called(actionNames, touched)} ${touched.length === 1 ? 'is' : 'are'} limited to ${limits(touched.map((i) => [low[i], high[i]]))} in the log`,
          mend: 'remove the limit, or limit the policy to the same in its contract',
          names: touched.map((i) => actionNames[i]),
          values: touched.map((i) => (high[i] < Infinity ? high[i] : low[i])),
        },
      })
    if (beyond.length > 0)
      found.push({
        // held against the log's action once that is limited
        after: (actions, rows) =>
          actions.map((y, k) => {
            const [u, i] = [rows.u[k], k % a]
            return u + weight[i] * (y - limited(u, i))
          }),
        freedom: 0,
        choices: 2 * beyond.length,
        finding: {
          mistake: `${beyond.length === 1 ? 'action' : 'actions'} ${called(actionNames, beyond)} ${beyond.length === 1 ? 'goes' : 'go'} beyond the policy's bounds in the log: logged before they are limited`,
          mend: `limit the log's actions to ${limits(beyond.map((i) => [bounds.low[i], bounds.high[i]]))}, as the policy does`,
          names: beyond.map((i) => actionNames[i]),
        },
      })
    return found
  },
}

function limits(pairs: [number, number][]): string {
  const text = pairs.map(([low, high]) => limitsOf(low, high))
  return new Set(text).size === 1 ? text[0] : text.slice(0, 4).join(', ')
}
