/** What a search is asked for, and how many iterations that makes. */
import { InputError } from '../../runtime-as/errors.ts'

export interface SearchOptions {
  /** all that are played: of pairs, and to pick by */
  episodes: number
  /** directions an iteration, each tried both ways */
  directions: number
  /** directions of an iteration that count */
  best: number
  /** length of a step at the start, in root mean squares of a layer's weights; it falls to 0 on a cosine */
  rate: number
  /** how far a direction is tried, in the same unit */
  noise: number
  /** what each candidate is judged by */
  pickEpisodes: number
  /** iterations between two pickings */
  pickEvery: number
  /** episodes without a better one after which the search ends */
  giveUp: number
  /** of a step, subtracted from what is climbed: for being there at all. Default: what the task says, else 0 */
  survivalBonus?: number
  seed: number
}

/** All but how long: settings that served on Hopper. */
export const searchDefaults = {
  directions: 16,
  best: 8,
  rate: 0.03,
  noise: 0.03,
  pickEpisodes: 12,
  pickEvery: 10,
  giveUp: 1000,
  seed: 1,
} as const satisfies Omit<SearchOptions, 'episodes'>

/** candidates of a picking: the centre and its running average */
const candidates = 2

/** As many as the episodes allow, the start and the last picking included. Throws InputError for what is no search. */
export function iterationsOf(
  { episodes, directions, best, pickEpisodes, pickEvery }: SearchOptions,
  name = 'episodes',
): number {
  if (best > directions) throw new InputError(`best ${best}: expected at most the ${directions} directions`)
  const cost = (iterations: number) =>
    pickEpisodes + 2 * directions * iterations + candidates * pickEpisodes * Math.ceil(iterations / pickEvery)
  let iterations = 0
  while (cost(iterations + 1) <= episodes) iterations++
  if (iterations === 0)
    throw new InputError(
      `${name} ${episodes}: expected at least ${cost(1)}, for ${directions} directions both ways and three times ${pickEpisodes} episodes to pick by`,
    )
  return iterations
}
