/** Mean and 95 % confidence interval over seeds. */

/** Two-sided 97.5 % quantiles of Student's t for 1 … 30 degrees of freedom. */
const t975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
]

export interface Interval {
  mean: number
  /** half the width of the 95 % interval; none for a single seed */
  half?: number
  seeds: number
}

/** Beyond the table the first terms of an expansion about the normal distribution's quantile: right to 1e-4. */
function quantile(freedom: number): number {
  const z = 1.959964
  return (
    t975[freedom - 1] ?? z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2)
  )
}

export function intervalOf(values: readonly number[]): Interval {
  const n = values.length
  const mean = values.reduce((sum, x) => sum + x, 0) / n
  if (n < 2) return { mean, seeds: n }
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1)
  return { mean, half: quantile(n - 1) * Math.sqrt(variance / n), seeds: n }
}
