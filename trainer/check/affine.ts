/** A factor and a constant for each observation, fitted through the policy by damped Gauss-Newton with differences for derivatives. */

import { solve } from '../regression.ts'
import type { Bench } from './bench.ts'
import type { Before } from './correction.ts'

export interface Affine {
  factor: Float64Array
  shift: Float64Array
}

export const affine =
  ({ factor, shift }: Affine): Before =>
  (x, at) => {
    for (let i = 0; i < factor.length; i++) x[at + i] = x[at + i] * factor[i] + shift[i]
  }

export interface Fitting {
  /** which of the two are fitted */
  factors: boolean
  shifts: boolean
  rounds: number
  /** of which observations; absent: of all */
  only?: readonly number[]
  /** a first look, on fewer rows */
  look?: boolean
}

/** Descends from `start`; least absolute deviations, by weights, so that rows that nothing explains do not lead it. */
export function fitAffine(bench: Bench, start: Affine, { factors, shifts, rounds, only, look }: Fitting): Affine {
  const { o, points } = bench
  const n = Math.min(points.count, look ? 150 : 400, Math.max(60, Math.ceil((look ? 3000 : 6000) / o)))
  const x = points.x.subarray(0, n * o)
  const width = (factors ? o : 0) + (shifts ? o : 0)
  let now = start
  let loss = bench.pointLoss(affine(now), n)
  let damping = 0.05
  let near = 1
  let slow = 0
  for (let round = 0; round < rounds && loss > 0.004; round++) {
    const given = x.slice()
    const change = affine(now)
    for (let r = 0; r < n; r++) change(given, r * o)
    const { A, b } = normalEquations(bench, { x, given, n, factors, shifts, near, only })
    let moved = false
    for (let tries = 0; tries < 4 && !moved; tries++) {
      const damped = A.slice()
      for (let i = 0; i < width; i++) damped[i * width + i] = A[i * width + i] * (1 + damping) + 1e-6
      const step = solve(damped, b.slice(), width, 1)
      const next = { factor: now.factor.slice(), shift: now.shift.slice() }
      for (let i = 0; i < o; i++) {
        if (factors) next.factor[i] += step[i]
        if (shifts) next.shift[i] += step[(factors ? o : 0) + i]
      }
      const reached = bench.pointLoss(affine(next), n)
      moved = reached < loss
      if (moved) {
        slow = loss - reached < 0.004 * loss ? slow + 1 : 0
        now = next
        loss = reached
        damping = Math.max(1e-4, damping / 4)
      } else damping *= 8
    }
    if (moved && slow < 3) continue
    // from squares to absolute values
    if (near < 0.1) break
    near = 0.05
    slow = 0
    damping = 0.05
  }
  return now
}

interface At {
  x: Float32Array
  given: Float32Array
  n: number
  factors: boolean
  shifts: boolean
  /** residuals below it count by their squares */
  near: number
  only?: readonly number[]
}

function normalEquations(bench: Bench, { x, given, n, factors, shifts, near, only }: At) {
  const { o, a, points, spread } = bench
  const width = (factors ? o : 0) + (shifts ? o : 0)
  const base = bench.act({ x: given, count: n })
  // of what the policy is given now: of a constant column, of the log's
  const step = new Float64Array(o)
  for (let i = 0; i < o; i++) {
    let [mean, square] = [0, 0]
    for (let r = 0; r < n; r++) mean += given[r * o + i] / n
    for (let r = 0; r < n; r++) square += (given[r * o + i] - mean) ** 2 / n
    step[i] = 0.02 * (Math.sqrt(square) || Math.abs(mean) || 1)
  }
  const J = new Float32Array(o * n * a)
  for (let i = 0; i < o; i++) {
    if (only && !only.includes(i)) continue
    const up = bench.act({ x: given, count: n }, (row, at) => {
      row[at + i] += step[i]
    })
    for (let k = 0; k < n * a; k++) J[i * n * a + k] = (up[k] - base[k]) / step[i] / spread[k % a]
  }
  const [A, b] = [new Float64Array(width * width), new Float64Array(width)]
  const slope = new Float64Array(width)
  for (let r = 0; r < n; r++)
    for (let k = 0; k < a; k++) {
      const residual = (points.u[r * a + k] - base[r * a + k]) / spread[k]
      const weight = 1 / Math.max(near, Math.abs(residual))
      for (let i = 0; i < o; i++) {
        const j = J[i * n * a + r * a + k]
        if (factors) slope[i] = j * x[r * o + i]
        if (shifts) slope[(factors ? o : 0) + i] = j
      }
      for (let p = 0; p < width; p++) {
        if (slope[p] === 0) continue
        b[p] += weight * slope[p] * residual
        for (let q = 0; q <= p; q++) A[p * width + q] += weight * slope[p] * slope[q]
      }
    }
  for (let p = 0; p < width; p++) for (let q = 0; q < p; q++) A[q * width + p] = A[p * width + q]
  return { A, b }
}
