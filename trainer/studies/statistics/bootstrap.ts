/** Stratified bootstrap: seeds are drawn anew within each task, so that no task is over- or under-represented in a sample. */
import { type Random, randomStream } from '../../random.ts'
import type { Scores } from './scores.ts'

/** A figure and its 95 % interval. */
export interface Estimate {
  value: number
  /** percentiles 2.5 and 97.5 of the samples */
  low: number
  high: number
}

export interface Bootstrap {
  samples: number
  seed: number
}

/** rliable draws 50,000 for a paper; the ends of an interval stand to 1 % of its width from a tenth of them on. */
export const bootstrapDefaults: Bootstrap = { samples: 5000, seed: 1 }

/** Percentile interval of a figure of one contender. */
export function estimate(scores: Scores, figure: (scores: Scores) => number, options = bootstrapDefaults): Estimate {
  const random = randomStream(options.seed, 'bootstrap')
  return percentiles(figure(scores), options, () => figure(resampled(scores, random)))
}

/** Of a figure of two: each is drawn anew by itself. */
export function estimateOfTwo(
  x: Scores,
  y: Scores,
  figure: (x: Scores, y: Scores) => number,
  options = bootstrapDefaults,
): Estimate {
  const random = randomStream(options.seed, 'bootstrap')
  return percentiles(figure(x, y), options, () => figure(resampled(x, random), resampled(y, random)))
}

/** Of several figures of one contender, from the same samples: the points of a profile. */
export function estimates(
  scores: Scores,
  figures: (scores: Scores) => readonly number[],
  options = bootstrapDefaults,
): Estimate[] {
  const random = randomStream(options.seed, 'bootstrap')
  const drawn = Array.from({ length: options.samples }, () => figures(resampled(scores, random)))
  return figures(scores).map((value, i) =>
    interval(
      value,
      drawn.map((sample) => sample[i]),
    ),
  )
}

const resampled = (scores: Scores, random: Random): Scores =>
  scores.map((task) => task.map(() => task[random.below(task.length)]))

const percentiles = (value: number, { samples }: Bootstrap, draw: () => number): Estimate =>
  interval(value, Array.from({ length: samples }, draw))

function interval(value: number, drawn: number[]): Estimate {
  drawn.sort((a, b) => a - b)
  return { value, low: percentile(drawn, 0.025), high: percentile(drawn, 0.975) }
}

/** Between two values in a straight line (numpy's default). */
function percentile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(sorted.length - 1, below + 1)
  return sorted[below] + (at - below) * (sorted[above] - sorted[below])
}
