import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import type { Network } from '../../../runtime-as/format/network.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { type Transitions, transitionsOf } from '../../../trainer/data/transitions.ts'
import { spreadOf } from '../../../trainer/distill/data.ts'
import { deviationOf, normaliserOf } from '../../../trainer/distill/student.ts'
import { randomStream } from '../../../trainer/random.ts'
import { iterationsOf, searchDefaults } from '../../../trainer/search/options.ts'
import { type SearchRequest, searchPolicy } from '../../../trainer/search/policy.ts'
import { checkStart, search } from '../../../trainer/search/search.ts'
import { Survivors } from '../../../trainer/search/survivors.ts'
import { controllerOf, evaluate } from '../../../trainer/tasks/evaluate.ts'
import { createTask, taskFacts } from '../../../trainer/tasks/registry.ts'
import { readHello } from '../../../trainer/tasks/simulator/protocol.ts'
import { about, damaged, searchOf, short, student } from '../../support/searched.ts'

const reported = (network: Network): number => {
  const policy = loadPolicy(encodePolicy(network, about.contract, about.golden))
  return evaluate(createTask('pendulum'), controllerOf(policy), 1, 'report', 30).mean
}

const folder = mkdtempSync(join(tmpdir(), 'bpd-search-'))
afterAll(() => rmSync(folder, { recursive: true }))
const searchIn = (taskName: string, start: Network) => search(new Survivors(start), { ...about, taskName }, short)

/** 1 where a weight is, 0 where none is. */
const mask = ({ layers }: Network) => layers.map(({ weights }) => weights.map((w) => (w === 0 ? 0 : 1)))

describe('a search on the return', () => {
  it('mends a damaged policy, by episodes that neither climbed nor picked, and leaves its mask', async () => {
    const found = await searchOf(damaged, { ...searchDefaults, episodes: 300 })
    expect(reported(damaged)).toBeLessThan(-500)
    expect(reported(found.network)).toBeGreaterThan(-250)
    expect(mask(found.network)).toEqual(mask(damaged))
    expect(mask(damaged).some((layer) => layer.includes(0))).toBe(true)
    expect(found).toMatchObject({ episodes: 292, steps: 292 * 200, gaveUp: false })
    expect(found.before).toEqual({ mean: found.curve[0].mean, std: found.curve[0].std, episodes: 12 })
    expect(found.after.mean - found.after.std).toBeGreaterThan(found.before.mean - found.before.std)
    // a picking of two after the start's
    expect(found.curve.map((point) => point.of)).toEqual(['start', 'centre', 'average'])
  })

  it('has the same bits with one worker and with three', async () => {
    const alone = await searchOf(damaged)
    expect(await searchOf(damaged, {}, { workers: 3 })).toEqual(alone)
    expect(alone.bestOf).not.toBe('start')
  })

  it('depends on the seed', async () => {
    expect((await searchOf(damaged, { seed: 2 })).network).not.toEqual((await searchOf(damaged)).network)
  })

  it('keeps the start, bit by bit, where nothing is better, and gives up', async () => {
    const found = await searchOf(student, { episodes: 1000, giveUp: 30, rate: 10 })
    expect(found).toMatchObject({ network: student, bestOf: 'start', gaveUp: true, episodes: 2 + 4 * (8 + 4) })
    expect(found.after).toEqual(found.before)
  })

  it('does not climb the bonus for surviving, and leaves it in what it picks by', async () => {
    const [without, bonus] = [await searchOf(damaged), await searchOf(damaged, { survivalBonus: 5 })]
    expect(bonus.curve.map(({ mean }) => mean)).toEqual(without.curve.map(({ mean }) => mean))
    const objectives = [without, bonus].map(({ curve }) => curve[1].objective!)
    expect(objectives[0] - objectives[1]).toBeCloseTo(200 * 5)
    expect([without.survivalBonus, bonus.survivalBonus]).toEqual([0, 5])
  })

  it('knows what surviving pays in the tasks that pay it', () => {
    const bonus = (name: string) => taskFacts(name).survivalBonus
    expect(['hopper', 'walker2d', 'ant'].map(bonus)).toEqual([1, 1, 1])
    expect(['pendulum', 'halfcheetah'].map(bonus)).toEqual([undefined, undefined])
  })

  it("knows it of a task of one's own, whose returns without it are then all that is climbed", async () => {
    const module = join(folder, 'standing.mjs')
    const create = '() => ({ observation: [1, 0, 0], terminated: false, reset() {}, step: ([push]) => 3 + push })'
    const spec =
      "name: 'standing', observationNames: ['a', 'b', 'c'], actionNames: ['push'], actionLow: [-2], actionHigh: [2]"
    writeFileSync(module, `export default { ${spec}, period: 0.1, maxSteps: 10, survivalBonus: 3, create: ${create} }`)
    const found = await searchIn(module, damaged)
    expect(found.survivalBonus).toBe(3)
    const [start, { objective = 0 }] = found.curve
    expect(start.mean).toBeGreaterThan(10)
    // around the start, where a push is worth its size
    expect(Math.abs(objective - (start.mean - 30))).toBeLessThan(1)
  })

  it('knows it of a simulator', () => {
    const line = {
      protocol: 'bpd-simulator-1',
      name: 'far',
      observationNames: ['a'],
      actionNames: ['b'],
      actionLow: [0],
    }
    const more = { actionHigh: [1], period: 1, maxSteps: 5, numbers: 'f32', survivalBonus: 0.5 }
    expect(readHello(JSON.stringify({ ...line, ...more }), 'exec:far').survivalBonus).toBe(0.5)
    expect(() => readHello(JSON.stringify({ ...line, ...more, survivalBonus: '1' }), 'exec:far')).toThrow(
      'survivalBonus: "1"',
    )
  })
})

it('data is read in pieces, to the bits of all of it at once', async () => {
  const random = randomStream(1, 'pieces')
  // no episode ends
  const rows = Float32Array.from({ length: 10_000 * 11 }, (_, i) => (i % 11 < 9 ? random.normal() : 0))
  const whole = transitionsOf(rows, 3, 1)
  const read: Transitions['read'] = (first, count) => {
    if (count > 5000) throw new Error(`${count} rows at once`)
    return whole.read(first, count)
  }
  const { mean, variance } = spreadOf({ ...whole, read })
  expect({ mean, std: variance.map(deviationOf) }).toEqual(normaliserOf(rows, 11, 3))
  const policy = encodePolicy(damaged, about.contract, about.golden)
  const { episodes, seed, ...options } = short
  const found = await searchPolicy({
    task: 'pendulum',
    policy,
    episodes,
    options,
    data: { ...whole, read },
    workers: 1,
  })
  expect(found.bytes).not.toEqual(policy)
})

describe('what is no search is refused in one line', () => {
  it.each([
    ['too few episodes', { episodes: 13 }, 'episodes 13: expected at least 14, for 4 directions both ways'],
    ['more that count than there are', { best: 5 }, 'best 5: expected at most the 4 directions'],
  ])('%s', (_, options, message) => {
    expect(() => iterationsOf({ ...short, ...options })).toThrow(message)
  })

  it('weights in whole numbers', () => {
    const [layer, ...rest] = student.layers
    const start: Network = { layers: [{ ...layer, values: 'int8' }, ...rest] }
    expect(() => checkStart(start, 'small.bpd')).toThrow('small.bpd: weights as int8, expected f32: search first')
  })

  it.each<[string, Partial<SearchRequest>, string]>([
    ['a rate that is no number', { options: { rate: Number.NaN } }, 'search: rate: NaN, expected a number'],
    ['no picking', { options: { pickEpisodes: 0 } }, 'search: pickEpisodes: 0, expected a whole number >= 1'],
    ['half a direction', { options: { directions: 1.5 } }, 'search: directions: 1.5, expected a whole number'],
    ['half an episode', { episodes: 100.5 }, 'search: episodes: 100.5, expected a whole number'],
    ['noise that is none', { options: { noise: 0 } }, 'search: noise: 0, expected a number >= 0.000001'],
    ['nobody who plays', { workers: 0 }, 'workers: 0, expected a whole number >= 1'],
    ['data beside nothing', { data: {} as Transitions }, 'data: expected none without a policy'],
  ])('%s', async (_, request, message) => {
    await expect(searchPolicy({ task: 'pendulum', episodes: 100, ...request })).rejects.toThrow(message)
  })

  it('an unknown task', async () => {
    await expect(searchIn('cartpole', student)).rejects.toThrow('task "cartpole"')
  })
})

it('a search plays as many episodes as it is given, and no more', () => {
  const cost = (iterations: number) => 12 + 32 * iterations + 24 * Math.ceil(iterations / 10)
  for (const episodes of [68, 99, 100, 356, 387, 388, 5000, 1e9]) {
    const iterations = iterationsOf({ ...searchDefaults, episodes })
    expect(cost(iterations)).toBeLessThanOrEqual(episodes)
    expect(cost(iterations + 1)).toBeGreaterThan(episodes)
  }
})

it('a search is not led by the luck of start states', async () => {
  const module = join(folder, 'lucky.mjs')
  // where an episode begins is worth more than what is done in it
  const text = `let x
const observation = [0]
const create = () => ({
  observation, terminated: false,
  reset(random) { x = observation[0] = random.uniform(-1, 1) },
  step([push]) { const reward = -((push + 0.5 - x) ** 2) - 5 * (1 + x); x *= 0.9; observation[0] = x; return reward },
})
const spec = { observationNames: ['x'], actionNames: ['push'], actionLow: [-1], actionHigh: [1] }
export default { name: 'lucky', ...spec, period: 0.1, maxSteps: 10, create }`
  writeFileSync(module, text)
  const options = { pickEpisodes: 50, pickEvery: 40 }
  const { before, after, bestOf } = await searchPolicy({ task: module, episodes: 2000, options, workers: 1 })
  expect(bestOf).not.toBe('start')
  // all that can be had: with nothing done an episode loses 4.3 by it
  expect(after.mean - before.mean).toBeGreaterThan(3)
})
