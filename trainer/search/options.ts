/** What a search is asked for, and how many iterations that makes. */
import { InputError } from '../../runtime-as/errors.ts'
import { Field } from '../files/field.ts'

/** How a search goes; lengths of steps in root mean squares of a layer's weights. */
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
  /** the search ends after so many episodes in which neither the centre nor its average got higher than they had been */
  giveUp: number
  /** of a step, subtracted from what is climbed: for being there at all. Default: what the task says, else 0 */
  survivalBonus?: number
  /** of directions and start states */
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

export const MOST_EPISODES = 1_000_000_000

/** candidates of a picking: the centre and its running average */
const candidates = 2

/** What differs for a linear policy from nothing, whose steps are in half ranges of the action per deviation of the observation. */
export const linearDefaults = { rate: 0.04, noise: 0.03, giveUp: 5000 } as const satisfies Partial<SearchOptions>

type Costs = Pick<SearchOptions, 'directions' | 'pickEpisodes' | 'pickEvery'>

/** Episodes of so many iterations, the start and the last picking included. */
const costOf = (iterations: number, { directions, pickEpisodes, pickEvery }: Costs): number =>
  pickEpisodes + 2 * directions * iterations + candidates * pickEpisodes * Math.ceil(iterations / pickEvery)

/** What the shortest search takes. */
export const fewestEpisodes = (options: Costs): number => costOf(1, options)

/** Throws InputError for a number that cannot be one of a search. */
export function checkOptions(options: Required<SearchOptions>): void {
  const all = new Field('search', '', options)
  all.at('episodes').whole(1, MOST_EPISODES)
  for (const name of ['directions', 'best'] as const) all.at(name).whole(1, 4096)
  for (const name of ['pickEpisodes', 'pickEvery', 'giveUp'] as const) all.at(name).whole(1)
  all.at('seed').whole(0, 0xffffffff)
  for (const [name, low] of [
    ['rate', 0],
    ['noise', 1e-6],
  ] as const)
    if (all.at(name).number(low) > 10) all.at(name).refuse(`a number from ${low} to 10`)
  all.at('survivalBonus').number()
}

/** As many as the episodes allow. Throws InputError for what is no search. */
export function iterationsOf(options: Omit<SearchOptions, 'seed'>, name = 'episodes'): number {
  const { episodes, directions, best, pickEpisodes } = options
  if (best > directions) throw new InputError(`best ${best}: expected at most the ${directions} directions`)
  // the cost grows with every iteration: the last that is within, between bounds that come closer
  let [iterations, beyond] = [0, Math.floor(episodes) + 1]
  while (beyond - iterations > 1) {
    const middle = Math.floor((iterations + beyond) / 2)
    if (costOf(middle, options) <= episodes) iterations = middle
    else beyond = middle
  }
  if (iterations === 0)
    throw new InputError(
      `${name} ${episodes}: expected at least ${fewestEpisodes(options)}, for ${directions} directions both ways and three times ${pickEpisodes} episodes to pick by`,
    )
  return iterations
}
