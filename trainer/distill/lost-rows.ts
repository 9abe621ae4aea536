/** Own states that count for more: the few that lead to a fall are drowned by the many of a student that walks. */
import type { OwnEpisode } from '../data/own-states.ts'

/** Rows at the end of a lost episode that led there: as long as it takes to be given up, and as long before. */
const LEADING = 200

/**
 * The rows of all episodes, where those that lead to a loss are there `weight` times as often: drawn at equal distances along the sum of the weights, so
 * that there are as many as before, and others fewer. width: of a row; result: shape (rows, width)
 */
export function weightedRows(
  episodes: readonly OwnEpisode[],
  width: number,
  weight: number,
): Float32Array<ArrayBuffer> {
  const count = episodes.reduce((sum, { rows }) => sum + rows.length, 0) / width
  const weightIn = ({ rows, lost }: OwnEpisode, row: number) =>
    lost && row >= rows.length / width - LEADING ? weight : 1
  let total = 0
  for (const episode of episodes)
    for (let row = 0; row < episode.rows.length / width; row++) total += weightIn(episode, row)
  const drawn = new Float32Array(count * width)
  let to = 0
  let sum = 0
  for (const episode of episodes)
    for (let row = 0; row < episode.rows.length / width; row++) {
      sum += weightIn(episode, row)
      for (; to < count && (to + 0.5) * total <= sum * count; to++)
        drawn.set(episode.rows.subarray(row * width, (row + 1) * width), to * width)
    }
  return drawn
}
