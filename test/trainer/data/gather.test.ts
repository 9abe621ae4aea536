/** What `openData` makes of any log, held to a plain way to say the same. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { columnsOf } from '../../../trainer/data/columns.ts'
import { openData } from '../../../trainer/data/data-set.ts'
import { csvOf, f32, npzOf } from '../../support/data-sets.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-gather-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Row {
  x: number | undefined
  terminal: boolean
  timeout: boolean
}

/** Episodes as lists of rows, cut where a row ends one or is missing; then what each row has for a next observation. */
function plainly(rows: Row[], drop: boolean) {
  const episodes: Row[][] = [[]]
  for (const row of rows) {
    if (row.x === undefined) episodes.push([])
    else episodes.at(-1)!.push(row)
    if (row.terminal || row.timeout) episodes.push([])
  }
  const kept = episodes.map((episode) => (drop && !episode.at(-1)?.terminal ? episode.slice(0, -1) : episode))
  return kept.flatMap((episode, e) =>
    episode.map(({ x, terminal }, i) => {
      const last = i === episode.length - 1
      return { x, next: episodes[e][i + 1]?.x ?? x, terminal, timeout: last && !terminal, last }
    }),
  )
}

describe('a log of any episodes, with numbers missing', () => {
  const row = fc.record({
    x: fc.option(fc.integer({ min: -999, max: 999 }), { nil: undefined, freq: 6 }),
    terminal: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    timeout: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  })

  it('becomes the same rows, ends and next observations as one would say by hand', async () => {
    const { width, next, terminal, timeout } = columnsOf(1, 1)
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), fc.boolean(), async (rows, drop) => {
        const path = join(folder, 'log.csv')
        const cells = rows.map((one) => [one.x ?? '', 0, one.terminal ? 1 : 0, one.timeout ? 1 : 0])
        writeFileSync(path, csvOf(['x', 'u', 'terminal', 'timeout'], cells))
        const expected = plainly(rows, drop)
        const opened = openData(path, {
          mapping: { observations: ['x'], actions: ['u'] },
          missing: 'drop',
          openEnds: drop ? 'drop' : 'keep',
        })
        if (expected.length === 0) {
          await expect(opened).rejects.toThrow('no rows')
          return
        }
        const data = await opened
        const numbers = data.read(0, data.count)
        const found = Array.from({ length: data.count }, (_, i) => {
          const at = i * width
          const end = data.episodes.some(({ first, count }) => i === first + count - 1)
          return {
            x: numbers[at],
            next: numbers[at + next],
            terminal: numbers[at + terminal] === 1,
            timeout: numbers[at + timeout] === 1,
            last: end,
          }
        })
        expect(found).toEqual(expected)
        expect(data.episodes.reduce((sum, { count }) => sum + count, 0)).toBe(data.count)
      }),
      { numRuns: 200, seed: 1 },
    )
  })
})

describe('arrays of any size', () => {
  it('come back as they were written', async () => {
    const sizes = fc.record({
      rows: fc.integer({ min: 1, max: 50 }),
      o: fc.integer({ min: 1, max: 6 }),
      a: fc.integer({ min: 1, max: 4 }),
      seed: fc.nat(1e6),
    })
    await fc.assert(
      fc.asyncProperty(sizes, async ({ rows, o, a, seed }) => {
        const numbers = (n: number) =>
          Float32Array.from({ length: n }, (_, i) => Math.sin(seed + i) * 10 ** ((i % 60) - 30))
        const [obs, act] = [numbers(rows * o), numbers(rows * a)]
        const path = join(folder, 'log.npz')
        writeFileSync(path, npzOf({ obs: f32([rows, o], obs), act: f32([rows, a], act) }))
        const data = await openData(path)
        const { width } = columnsOf(o, a)
        const read = data.read(0, rows)
        const part = (from: number, size: number) => read.filter((_, i) => i % width >= from && i % width < from + size)
        expect([part(0, o), part(o, a), part(o + a, a)]).toEqual([obs, act, act])
      }),
      { numRuns: 60, seed: 1 },
    )
  })
})
