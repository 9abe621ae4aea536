/** Actions limited to less than the policy says, or not at all. The policy is not asked again. */
import { columns } from '../bench.ts'
import type { Correction } from '../correction.ts'
import { limitsOf } from '../figures.ts'
import { called } from '../groups.ts'
import type { Hypothesis } from '../hypothesis.ts'
import { column, each } from './each-action.ts'

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
