/** Mean and spread of all observations so far, without the observations. */
import { deviationOf, type Normaliser } from '../distill/student.ts'

/** Of all rows that were seen. */
export interface Moments {
  /** observations */
  count: number
  /** shape (observation) */
  mean: Float64Array
  /** shape (observation): sums of squared distances from the mean */
  squares: Float64Array
}

export const noMoments = (width: number): Moments => ({
  count: 0,
  mean: new Float64Array(width),
  squares: new Float64Array(width),
})

/** With more rows, in their order (Welford 1962). rows: shape (rows, width) */
export function observed(before: Moments, rows: Float32Array): Moments {
  const { mean, squares } = { mean: before.mean.slice(), squares: before.squares.slice() }
  const width = mean.length
  let { count } = before
  for (let at = 0; at < rows.length; at += width) {
    count++
    for (let k = 0; k < width; k++) {
      const away = rows[at + k] - mean[k]
      mean[k] += away / count
      squares[k] += away * (rows[at + k] - mean[k])
    }
  }
  return { count, mean, squares }
}

export const normaliserFrom = ({ count, mean, squares }: Moments): Normaliser => ({
  mean,
  std: squares.map((sum) => deviationOf(sum / count)),
})
