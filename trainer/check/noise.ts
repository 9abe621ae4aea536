/** Whether what a policy leaves unexplained is noise: nothing that an observation or the policy's own action would tell. */

import { slopes } from '../regression.ts'
import type { Bench } from './bench.ts'
import type { Rows } from './log.ts'

/**
 * The share of the squared residual that a linear model of the observations and the policy's actions explains on rows that it was not fitted on.
 * Where noise was limited to the bounds of the actions it is one-sided: pairs there are left out, while there are others.
 */
export function predictable(bench: Bench, predicted: { fit: Float32Array; judge: Float32Array }): number {
  const { o, a } = bench
  const width = o + 2 * a
  const parts = (['fit', 'judge'] as const).map((part) => features(bench, bench[part], predicted[part]))
  const [fit, judge] = parts
  let [before, after] = [0, 0]
  for (let k = 0; k < a; k++) {
    const inside = parts.map(({ residual, bound }) => rowsWhere(residual, bound, k, a))
    const some = inside.every((rows) => rows.length > Math.max(30, 2 * width))
    const chosen = some ? inside : parts.map(({ residual }) => rowsWhere(residual, undefined, k, a))
    if (chosen.some((rows) => rows.length < 20)) continue
    const [x, y] = gathered(fit, chosen[0], k, a, width)
    const slope = slopes(x, y, { rows: chosen[0].length, o: width, a: 1, ridge: 0.05 })
    const mean = meanOf(x, width)
    const middle = meanOf(y, 1)[0]
    const [xj, yj] = gathered(judge, chosen[1], k, a, width)
    for (let r = 0; r < yj.length; r++) {
      let guess = middle
      for (let i = 0; i < width; i++) guess += slope[i] * (xj[r * width + i] - mean[i])
      before += yj[r] ** 2
      after += (yj[r] - guess) ** 2
    }
  }
  return before === 0 ? 0 : Math.max(0, 1 - after / before)
}

interface Features {
  x: Float32Array
  /** in spreads; NaN where nothing is predicted */
  residual: Float32Array
  /** 1 where the action is at a bound of the policy, or near */
  bound: Uint8Array
}

function features(bench: Bench, rows: Rows, predicted: Float32Array): Features {
  const { o, a, bounds, spread } = bench
  const width = o + 2 * a
  const x = new Float32Array(rows.count * width)
  const residual = new Float32Array(rows.count * a)
  const bound = new Uint8Array(rows.count * a)
  for (let k = 0; k < residual.length; k++) residual[k] = (rows.u[k] - predicted[k]) / spread[k % a]
  const size = sizes(residual, a)
  for (let r = 0; r < rows.count; r++) {
    x.set(rows.x.subarray(r * o, (r + 1) * o), r * width)
    for (let i = 0; i < a; i++) {
      const y = predicted[r * a + i]
      const at = r * width + o + 2 * i
      x[at] = !Number.isNaN(y) ? y : 0
      x[at + 1] = !Number.isNaN(y) ? y * y : 0
      // how far noise reaches
      const reach = 1.5 * size[i] * spread[i]
      const u = rows.u[r * a + i]
      const near = (value: number, by: number) => value < bounds.low[i] + by || value > bounds.high[i] - by
      if (near(y, reach) || near(u, 1e-6)) bound[r * a + i] = 1
    }
  }
  return { x, residual, bound }
}

/** Mean absolute residual of each action. */
function sizes(residual: Float32Array, a: number): Float64Array {
  const [sum, count] = [new Float64Array(a), new Float64Array(a)]
  residual.forEach((e, k) => {
    if (Number.isNaN(e)) return
    sum[k % a] += Math.abs(e)
    count[k % a]++
  })
  return sum.map((s, i) => s / Math.max(1, count[i]))
}

function rowsWhere(residual: Float32Array, bound: Uint8Array | undefined, k: number, a: number): number[] {
  const found: number[] = []
  for (let r = 0; r < residual.length / a; r++)
    if (!Number.isNaN(residual[r * a + k]) && !bound?.[r * a + k]) found.push(r)
  return found
}

function gathered({ x, residual }: Features, rows: number[], k: number, a: number, width: number) {
  const some = new Float32Array(rows.length * width)
  rows.forEach((r, i) => void some.set(x.subarray(r * width, (r + 1) * width), i * width))
  return [some, Float32Array.from(rows, (r) => residual[r * a + k])] as const
}

function meanOf(values: Float32Array, width: number): Float64Array {
  const mean = new Float64Array(width)
  for (let i = 0; i < values.length; i++) mean[i % width] += values[i] / (values.length / width)
  return mean
}
