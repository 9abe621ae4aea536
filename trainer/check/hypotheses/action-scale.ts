/** Actions times a factor, or off by a constant. The policy is not asked again. */
import type { Bench } from '../bench.ts'
import type { Correction } from '../correction.ts'
import { times } from '../figures.ts'
import { called } from '../groups.ts'
import type { Hypothesis } from '../hypothesis.ts'
import { column, each } from './each-action.ts'
import { bestFew } from './time.ts'

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
