/** A sample in bins of equal width, and as lines for the terminal. */
export interface Histogram {
  /** of the first bin, and the width of each */
  from: number
  width: number
  counts: number[]
  /** how many of the sample lie above the last bin */
  above: number
}

const BINS = 20

/** From the least to `to` (default: the largest); a few that lie far out would leave all others in one bin. sample: at least one number */
export function histogram(sample: ArrayLike<number>, to?: number): Histogram {
  const values = Float64Array.from(sample).sort()
  const from = values[0]
  const end = Math.max(to ?? values[values.length - 1], from)
  const width = (end - from) / BINS || 1
  const counts = Array<number>(BINS).fill(0)
  let above = 0
  for (const value of values) {
    if (value > end) above++
    else counts[Math.min(BINS - 1, Math.floor((value - from) / width))]++
  }
  return { from, width, counts, above }
}

/** A line a bin that holds anything. */
export function histogramLines({ from, width, counts, above }: Histogram, unit: string): string[] {
  const most = Math.max(...counts)
  const lines = counts.flatMap((count, i) => {
    if (count === 0) return []
    const bar = '█'.repeat(Math.max(1, Math.round((30 * count) / most)))
    return `  ${(from + i * width).toFixed(2).padStart(9)} ${unit} ${bar} ${count}`
  })
  return above > 0 ? [...lines, `  above that ${' '.repeat(unit.length)} ${above}`] : lines
}
