import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { weightedRows } from '../../../trainer/distill/lost-rows.ts'

/** Episodes of these lengths; a row is its number, and behind it what episode it is of. */
function episodesOf(lengths: readonly { length: number; lost: boolean }[]) {
  let number = 0
  return lengths.map(({ length, lost }, episode) => ({
    rows: Float32Array.from({ length: 2 * length }, (_, i) => (i % 2 === 0 ? number++ : episode)),
    lost,
  }))
}

const numbers = (rows: Float32Array) => Array.from(rows).filter((_, i) => i % 2 === 0)

describe('own states of which some lead to a loss', () => {
  it('are what they are where all count alike', () => {
    const lengths = fc.array(fc.record({ length: fc.integer({ min: 1, max: 50 }), lost: fc.boolean() }), {
      minLength: 1,
    })
    fc.assert(
      fc.property(lengths, (given) => {
        const drawn = numbers(weightedRows(episodesOf(given), 2, 1))
        expect(drawn).toEqual(drawn.map((_, i) => i))
      }),
    )
  })

  it('are as many as before, the last 200 of a lost episode as much more often as they weigh, in their order', () => {
    const given = [
      { length: 1000, lost: false },
      { length: 700, lost: true },
      { length: 300, lost: false },
    ]
    const drawn = numbers(weightedRows(episodesOf(given), 2, 10))
    expect(drawn).toHaveLength(2000)
    expect(drawn).toEqual(drawn.toSorted((a, b) => a - b))
    // 2,000 of them weigh 1,800 + 10 x 200
    const leading = drawn.filter((row) => row >= 1500 && row < 1700)
    expect(Math.abs(leading.length - (2000 * 2000) / 3800)).toBeLessThan(2)
    expect(new Set(leading).size).toBe(200)
    for (let row = 1500; row < 1700; row++) expect([5, 6]).toContain(leading.filter((one) => one === row).length)
  })

  it('are all of them where all are lost', () => {
    const drawn = numbers(weightedRows(episodesOf([{ length: 150, lost: true }]), 2, 7))
    expect(drawn).toEqual(drawn.map((_, i) => i))
  })
})
