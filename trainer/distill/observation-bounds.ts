/** Bounds of the observations for a student's contract: what it was trained on, and a margin. */
import type { ObservationBounds, Outside } from '../../runtime-as/format/network.ts'
import { columnsOf } from '../data/columns.ts'
import { pieces, type Transitions } from '../data/transitions.ts'

/** share of the range added on either side */
export const MARGIN = 0.1

/**
 * The range of each number of the observations in the data, those after each step included, widened on either side by `margin` of it; of its size where
 * it never changes, of 1 where it is always 0.
 */
export function rangeOf(transitions: Transitions, outside: Outside, margin = MARGIN): ObservationBounds {
  const { observationSize, actionSize } = transitions
  const { observation, next, width } = columnsOf(observationSize, actionSize)
  const least = new Float64Array(observationSize).fill(Number.POSITIVE_INFINITY)
  const most = new Float64Array(observationSize).fill(Number.NEGATIVE_INFINITY)
  for (const [, rows] of pieces(transitions))
    for (let row = 0; row < rows.length; row += width)
      for (const from of [row + observation, row + next])
        for (let i = 0; i < observationSize; i++) {
          const x = rows[from + i]
          if (x < least[i]) least[i] = x
          if (x > most[i]) most[i] = x
        }
  const more = least.map((low, i) => margin * (most[i] - low || Math.abs(low) || 1))
  return {
    low: Array.from(least, (low, i) => Math.fround(low - more[i])),
    high: Array.from(most, (high, i) => Math.fround(high + more[i])),
    outside,
  }
}

/** The nearest observation that the bounds admit. */
export const within = (observation: Float32Array, bounds: ObservationBounds | undefined): Float32Array =>
  bounds ? observation.map((x, i) => Math.max(bounds.low[i], Math.min(bounds.high[i], x))) : observation
