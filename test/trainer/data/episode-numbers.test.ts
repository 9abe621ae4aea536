import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type DataOptions, openData } from '../../../trainer/data/data-set.ts'
import { f32, npzOf } from '../../support/data-sets.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-numbers-'))
afterAll(() => rmSync(folder, { recursive: true }))

let written = 0
const put = (content: string | Uint8Array, ending = 'csv') => {
  const path = join(folder, `${written++}.${ending}`)
  writeFileSync(path, content)
  return path
}

/** The line that refuses it, without the path. */
const refusal = (path: string, options: DataOptions): Promise<string> =>
  openData(path, options).then(
    () => 'not refused',
    (error: Error) => error.message.slice(path.length),
  )

describe('the number of an episode', () => {
  const apart = { mapping: { observations: ['x'], actions: ['u'], episodes: ['ep'] } }
  const timed = { mapping: { ...apart.mapping, time: ['t'] } }

  it.each([
    ['side by side, as vectorised environments log', 'ep,t,x,u\n0,0,1,1\n1,0,1,1\n0,1,1,1\n1,1,1,1\n', timed, 2],
    ['in blocks', 'ep,t,x,u\n0,0,1,1\n0,1,1,1\n1,0,1,1\n1,1,1,1\n0,2,1,1\n', timed, 4],
    ['without a clock', 'ep,x,u\n0,1,1\n1,1,1\n0,1,1\n', apart, 2],
  ])('that comes back after another one is refused: %s', async (_, text, options, row) => {
    const words = `: column "ep", row ${row}: 0 comes back after 1, expected the rows of an episode together: group the rows by it, or number those of each run apart`
    expect(await refusal(put(text), options)).toBe(words)
  })

  it('that comes back with a clock that begins anew is of another run', async () => {
    const data = await openData(put('ep,t,x,u\n0,0,1,1\n0,1,1,1\n1,0,1,1\n1,1,1,1\n0,0,1,1\n0,1,1,1\n'), timed)
    expect(data.episodes.map(({ count }) => count)).toEqual([2, 2, 2])
    data.close()
  })

  it('may be any number that was not there before', async () => {
    const numbers = [7, 8, 9, 3, 4, 100, -1, 10, 0.5]
    const data = await openData(put(`ep,x,u\n${numbers.map((n) => `${n},1,1\n`).join('')}`), apart)
    expect(data.episodes).toHaveLength(numbers.length)
    data.close()
    for (const back of numbers.slice(0, -1)) {
      const rows = [...numbers, back].map((n) => `${n},1,1\n`).join('')
      expect(await refusal(put(`ep,x,u\n${rows}`), apart)).toContain(`row 9: ${back} comes back after 0.5`)
    }
  })

  it('that is missing parts its episode in two where such rows are left out', async () => {
    const data = await openData(put('ep,x,u\n0,1,1\n,1,1\n0,1,1\n1,1,1\n'), { ...apart, missing: 'drop' })
    expect(data.episodes.map(({ count }) => count)).toEqual([1, 1, 1])
    data.close()
  })

  it('beyond 2^53 is refused: it would be the same as the next one', async () => {
    const ids = new BigInt64Array([0, 1, 2].map((i) => 2n ** 60n + BigInt(i)))
    const bytes = npzOf({
      x: f32([3], [1, 2, 3]),
      u: f32([3], [1, 2, 3]),
      ep: { descr: '<i8', shape: [3], bytes: new Uint8Array(ids.buffer) },
    })
    for (const missing of ['refuse', 'drop'] as const)
      expect(await refusal(put(bytes, 'npz'), { ...apart, missing })).toMatch(
        /^: column "ep", row 0: 1152921504606847000, expected whole numbers below 2\^53/,
      )
  })
})
