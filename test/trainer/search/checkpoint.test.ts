import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SearchCheckpoint } from '../../../trainer/search/checkpoint.ts'
import { iterationsOf } from '../../../trainer/search/options.ts'
import type { SearchState } from '../../../trainer/search/state.ts'
import { Survivors } from '../../../trainer/search/survivors.ts'
import { type Content, changeCheckpoint, expectFlipsRefused } from '../../support/checkpoints.ts'
import { damaged, searchOf, short } from '../../support/searched.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-search-'))
afterAll(() => rmSync(folder, { recursive: true }))
const [path, changed] = ['kept', 'changed'].map((name) => join(folder, name))

const iterations = iterationsOf(short)
const saves = (file: string, seed = 1) => new SearchCheckpoint(file, { task: 'pendulum', seed }, 1000)
const load = (file: string, seed?: number) => saves(file, seed).load(new Survivors(damaged), iterations)

/** Ctrl-C after so many iterations. */
async function stopAfter(stopped: number, state?: SearchState): Promise<void> {
  const interrupt = new AbortController()
  const onProgress = ({ iteration }: SearchState) => iteration === stopped && interrupt.abort()
  const run = { state, onProgress, saves: saves(path), signal: interrupt.signal }
  await expect(searchOf(damaged, {}, run)).rejects.toThrow('; --resume continues')
}

describe('a search that is stopped', () => {
  beforeAll(() => stopAfter(1))

  it('goes on to the same bits, told in the same states', async () => {
    const told: SearchState[] = []
    const whole = await searchOf(damaged, {}, { onProgress: (state) => told.push(state) })
    expect(load(path)).toEqual(told[1])
    await stopAfter(2, load(path))
    expect(load(path)).toEqual(told[2])
    expect(await searchOf(damaged, {}, { state: load(path), workers: 2 })).toEqual(whole)
  })

  it('before its first picking has nothing to keep', async () => {
    const run = { saves: saves(join(folder, 'none')), signal: AbortSignal.abort() }
    await expect(searchOf(damaged, {}, run)).rejects.toThrow('interrupted after 0 episodes')
    expect(load(join(folder, 'none'))).toBeUndefined()
  })
})

describe('its checkpoint', () => {
  it.each<[what: string, change: (content: Content) => void, message: string]>([
    [
      'too many iterations',
      ({ state }) => Object.assign(state, { iteration: 4 }),
      'state.iteration: 4, expected a whole',
    ],
    ['no episodes', ({ state }) => delete state.episodes, 'state.episodes: absent, expected a whole number'],
    [
      'no such candidate',
      ({ state }) => Object.assign(state, { bestOf: 'end' }),
      'state.bestOf: "end", expected start or',
    ],
    ['a figure that is none', ({ state }) => Object.assign(state.before, { mean: 'x' }), 'state.before.mean: "x"'],
    ['a point without a mean', ({ state }) => delete state.curve[0].mean, 'state.curve.0.mean: absent'],
    [
      'a shorter centre',
      ({ tensors }) => tensors.set('search.centre', new Float32Array(4)),
      'tensor "search.centre": 4',
    ],
    ['no average', ({ tensors }) => tensors.delete('search.average'), 'tensor "search.average": none, expected'],
  ])('with %s is refused', async (_, change, message) => {
    await changeCheckpoint(path, changed, change)
    expect(() => load(changed)).toThrow(message)
  })

  it('of another search is refused by what differs', () => {
    expect(() => load(path, 2)).toThrow('seed: the checkpoint was made with 1, this run has 2')
  })

  it('with a flipped bit is refused', () => {
    expectFlipsRefused(readFileSync(path), changed, () => load(changed), 60)
  })
})
