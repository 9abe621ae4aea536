/** Who gets what, at the least cost in all. */

/** what no cost is beyond: sums of such are finite, and what is NaN or infinite costs as much */
const most = 1e100

/** cost: shape (n, n), row-major. Returns the column of each row (Kuhn and Munkres, with potentials, O(n^3)). */
export function assign(cost: ArrayLike<number>, n: number): number[] {
  const [u, v] = [new Float64Array(n + 1), new Float64Array(n + 1)]
  // row of each column; column 0 is the one that is looking
  const row = new Int32Array(n + 1)
  const way = new Int32Array(n + 1)
  for (let i = 1; i <= n; i++) {
    row[0] = i
    let column = 0
    const least = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY)
    const seen = new Uint8Array(n + 1)
    do {
      seen[column] = 1
      const current = row[column]
      let delta = Number.POSITIVE_INFINITY
      let next = 0
      for (let j = 1; j <= n; j++) {
        if (seen[j]) continue
        const given = cost[(current - 1) * n + j - 1]
        const reduced = (Math.abs(given) < most ? given : most) - u[current] - v[j]
        if (reduced < least[j]) {
          least[j] = reduced
          way[j] = column
        }
        if (least[j] < delta) {
          delta = least[j]
          next = j
        }
      }
      for (let j = 0; j <= n; j++) {
        if (seen[j]) {
          u[row[j]] += delta
          v[j] -= delta
        } else least[j] -= delta
      }
      column = next
    } while (row[column] !== 0)
    while (column !== 0) {
      row[column] = row[way[column]]
      column = way[column]
    }
  }
  const columnOf = new Array<number>(n)
  for (let j = 1; j <= n; j++) columnOf[row[j] - 1] = j - 1
  return columnOf
}
