/** Which rows of a data set are trained on, which ones pick the student, and which ones its error is reported on. */
import { InputError } from '../../runtime-as/errors.ts'
import type { Episode } from '../data/episode-ends.ts'
import { type Range, rowsIn } from '../data/parts.ts'
import { randomStream } from '../random.ts'
import { type Data, episodesOf } from './data.ts'

/** of all rows, for picking; as many again for the report */
const SHARE = 0.1
/** with fewer episodes whole ones cannot be told apart three ways */
const FEWEST = 3

export interface Part {
  ranges: readonly Range[]
  episodes: number
  rows: number
}

export interface Split {
  /** whole episodes; or the last part of each, where there are fewer than three */
  how: 'whole episodes' | 'last part of each episode'
  train: Part
  pick: Part
  report: Part
}

/** Throws InputError, which calls the data `name`, where there are too few rows to hold any out. */
export function requireSplit(data: Data, seed: number, name = 'data'): Split {
  const split = splitEpisodes(episodesOf(data), seed)
  if (split) return split
  throw new InputError(`${name}: ${data.count} rows, expected 10 or more in some episode: a tenth is held out`)
}

/** The same for the same lengths and seed. Undefined where there are too few rows to hold any out. */
export function splitEpisodes(episodes: readonly Episode[], seed: number): Split | undefined {
  const there = episodes.filter(({ count }) => count > 0)
  return there.length < FEWEST ? lastParts(there) : wholeEpisodes(there, seed)
}

function wholeEpisodes(episodes: readonly Episode[], seed: number): Split {
  let left = shuffled(episodes, seed)
  const target = SHARE * rowsIn(episodes)
  const most = Math.floor(episodes.length / FEWEST)
  /** In the order drawn, those that fit, a third of all at most; the shortest where none does. */
  const take = (): Part => {
    const taken: Episode[] = []
    let rows = 0
    for (const episode of left) {
      if (rows + episode.count > target || taken.length === most) continue
      taken.push(episode)
      rows += episode.count
    }
    if (taken.length === 0) taken.push(left.reduce((a, b) => (b.count < a.count ? b : a)))
    const gone = new Set(taken)
    left = left.filter((episode) => !gone.has(episode))
    return partOf(taken)
  }
  const [pick, report] = [take(), take()]
  return { how: 'whole episodes', train: partOf(left), pick, report }
}

/** Cuts a fifth off the end of each: its first half picks, its second half reports. */
function lastParts(episodes: readonly Episode[]): Split | undefined {
  const parts = episodes.map(({ first, count }) => {
    const held = Math.floor(SHARE * count)
    const from = first + count - 2 * held
    return {
      train: { first, count: count - 2 * held },
      pick: { first: from, count: held },
      report: { first: from + held, count: held },
    }
  })
  const of = (key: 'train' | 'pick' | 'report') =>
    partOf(parts.map((part) => part[key]).filter(({ count }) => count > 0))
  const split = { train: of('train'), pick: of('pick'), report: of('report') }
  return split.pick.rows > 0 ? { how: 'last part of each episode', ...split } : undefined
}

/** In the order of the data. */
function partOf(ranges: readonly Range[]): Part {
  const ordered = [...ranges].sort((a, b) => a.first - b.first).map(({ first, count }) => ({ first, count }))
  return { ranges: ordered, episodes: ordered.length, rows: rowsIn(ordered) }
}

function shuffled(episodes: readonly Episode[], seed: number): Episode[] {
  const random = randomStream(seed, 'hold-out')
  const order = [...episodes]
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order
}
