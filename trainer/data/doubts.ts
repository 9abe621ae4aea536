/** What is doubtful in data that could be right: said, and not refused. */
import { columnsOf } from './columns.ts'
import { pieces, type Transitions } from './transitions.ts'

/** decades; a Gaussian has 0.5, numbers spread evenly over 12 orders of magnitude 3.5 */
const WIDE = 2

/** wanted: how many transitions the work takes at once. Each doubt in words, the first number of an observation counting as 0. */
export function doubtsOf(transitions: Transitions, wanted: number): string[] {
  const doubts: string[] = []
  if (transitions.count < wanted)
    doubts.push(`only ${transitions.count} transitions, fewer than the ${wanted} taken at once`)
  const wide = [...spreadInDecades(transitions)].flatMap((decades, i) => (decades > WIDE ? [i] : []))
  if (wide.length)
    doubts.push(
      `observation ${wide.join(', ')}: over many orders of magnitude: a network sees little but the largest, expected its logarithm or another unit`,
    )
  return doubts
}

/** Standard deviation of log10 |x| of each number of the observations, zeros left out. */
export function spreadInDecades(transitions: Transitions): Float64Array {
  const { observationSize, actionSize } = transitions
  const { width, observation } = columnsOf(observationSize, actionSize)
  const [count, sum, squares] = Array.from({ length: 3 }, () => new Float64Array(observationSize))
  for (const [, rows] of pieces(transitions))
    for (let row = observation; row < rows.length; row += width)
      for (let i = 0; i < observationSize; i++) {
        if (rows[row + i] === 0) continue
        const decade = Math.log10(Math.abs(rows[row + i]))
        count[i]++
        sum[i] += decade
        squares[i] += decade * decade
      }
  return count.map((n, i) => (n === 0 ? 0 : Math.sqrt(Math.max(0, squares[i] / n - (sum[i] / n) ** 2))))
}
