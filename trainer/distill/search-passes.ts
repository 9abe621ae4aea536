/** How a search within a distillation goes: long ones in two passes, of which the second takes shorter steps from the best that the first found. */
import { fewestEpisodes, iterationsOf, type SearchOptions, searchDefaults } from '../search/options.ts'

/** The steps that get a falling student up are too long for one that stands. Falls are what a search mends: on 12 episodes one in five is not seen. */
const FIRST = { ...searchDefaults, pickEpisodes: 40 }
const SECOND = { ...FIRST, rate: 0.02, noise: 0.02 }
/** Share of the episodes that the first may play. */
const FIRST_SHARE = 0.5

/** One or two, the seeds left to the caller. Throws InputError for fewer episodes than a search takes. */
export function passesOf(episodes: number): SearchOptions[] {
  iterationsOf({ ...FIRST, episodes }, 'search')
  const first = Math.floor(FIRST_SHARE * episodes)
  if (first < fewestEpisodes(FIRST)) return [{ ...FIRST, episodes }]
  return [
    { ...FIRST, episodes: first },
    { ...SECOND, episodes: episodes - first },
  ]
}
