import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitEpisodes } from '../../../trainer/distill/held-out.ts'

const episodesOf = (lengths: readonly number[]) => {
  let first = 0
  return lengths.map((count) => {
    first += count
    return { first: first - count, count, terminal: false }
  })
}
const parts = (split: NonNullable<ReturnType<typeof splitEpisodes>>) => [split.train, split.pick, split.report]

describe('what is held out', () => {
  it('leaves no row out and takes none twice; with three episodes or more they are whole ones, other ones to pick and to report', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(lengths, fc.integer({ min: 0, max: 1000 }), (counts, seed) => {
        const episodes = episodesOf(counts)
        const split = splitEpisodes(episodes, seed)
        if (!split) {
          expect(counts.length).toBeLessThan(3)
          expect(Math.max(...counts)).toBeLessThan(10)
          return
        }
        const ranges = parts(split).flatMap((part) => part.ranges)
        const rows = ranges.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i))
        expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: rows.length }, (_, i) => i))
        expect(rows).toHaveLength(counts.reduce((sum, n) => sum + n, 0))
        for (const part of parts(split)) expect(part.rows).toBeGreaterThan(0)
        if (counts.length < 3) return
        expect(split.how).toBe('whole episodes')
        expect(parts(split).reduce((sum, part) => sum + part.episodes, 0)).toBe(counts.length)
      }),
    )
  })

  it('is a tenth of the rows twice over, drawn by the seed', () => {
    const episodes = episodesOf(new Array(50).fill(100))
    const split = splitEpisodes(episodes, 1)!
    expect(parts(split).map(({ episodes: n, rows }) => [n, rows])).toEqual([
      [40, 4000],
      [5, 500],
      [5, 500],
    ])
    expect(splitEpisodes(episodes, 1)).toEqual(split)
    expect(splitEpisodes(episodes, 2)!.pick.ranges).not.toEqual(split.pick.ranges)
  })

  it('never takes the one long episode away from training where short ones are there', () => {
    for (let seed = 0; seed < 20; seed++)
      expect(splitEpisodes(episodesOf([10_000, 50, 60, 70]), seed)!.train.rows).toBeGreaterThanOrEqual(10_000)
  })

  it('is the end of the one episode that there is, a tenth to pick and a tenth to report', () => {
    expect(splitEpisodes(episodesOf([1000]), 1)).toEqual({
      how: 'last part of each episode',
      train: { ranges: [{ first: 0, count: 800 }], episodes: 1, rows: 800 },
      pick: { ranges: [{ first: 800, count: 100 }], episodes: 1, rows: 100 },
      report: { ranges: [{ first: 900, count: 100 }], episodes: 1, rows: 100 },
    })
    const two = splitEpisodes(episodesOf([100, 5]), 1)!
    expect(two.train.ranges).toEqual([
      { first: 0, count: 80 },
      { first: 100, count: 5 },
    ])
    expect(two.report.ranges).toEqual([{ first: 90, count: 10 }])
    expect(splitEpisodes(episodesOf([9]), 1)).toBeUndefined()
  })
})
