import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { normaliserOf } from '../../../trainer/distill/student.ts'
import { Interrupted } from '../../../trainer/interrupted.ts'
import { SearchCheckpoint } from '../../../trainer/search/checkpoint.ts'
import { LinearFromNothing, linearStart } from '../../../trainer/search/linear.ts'
import { noMoments, normaliserFrom, observed } from '../../../trainer/search/moments.ts'
import { iterationsOf } from '../../../trainer/search/options.ts'
import { searchFile, searchPolicy, startOf, wantedOf } from '../../../trainer/search/policy.ts'
import type { SearchState } from '../../../trainer/search/state.ts'
import { Survivors } from '../../../trainer/search/survivors.ts'
import { createTask, prepareTask } from '../../../trainer/tasks/registry.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-linear-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What is worth most is an action that is linear in observations of very different size: -(action - wanted)² a step. */
const following = join(folder, 'following.mjs')
writeFileSync(
  following,
  `let random
const observation = [0, 0]
const draw = () => { observation[0] = 500 + 20 * random.normal(); observation[1] = 0.1 * random.normal() }
export default {
  name: 'following', observationNames: ['far', 'near'], actionNames: ['go', 'turn'],
  actionLow: [-2, 0], actionHigh: [2, 10], period: 0.1, maxSteps: 20,
  create: () => ({
    observation, terminated: false,
    reset(of) { random = of; draw() },
    step([go, turn]) {
      const [far, near] = [(observation[0] - 500) / 20, observation[1] / 0.1]
      const reward = -((go - 0.5 * far) ** 2) - ((turn - 5 - near) / 5) ** 2
      draw()
      return reward
    },
  }),
}`,
)
await prepareTask(following)
await prepareTask('pendulum')
const options = { directions: 8, best: 4, pickEpisodes: 4, rate: 0.1 }
const searched = (episodes: number, workers = 1) =>
  searchPolicy({ task: following, episodes, options: { ...options, seed: 1 }, workers })

describe('a search from nothing', () => {
  it('finds what is linear in observations whose mean and spread it learns on the way', async () => {
    const { bytes, before, after, bestOf } = await searched(1000)
    expect(before.mean).toBeLessThan(-4)
    expect(after.mean).toBeGreaterThan(-0.5)
    expect(bestOf).not.toBe('start')
    const policy = loadPolicy(bytes)
    const near = (observation: number[], action: number[]) =>
      policy.step(observation).forEach((a, i) => {
        expect(Math.abs(a - action[i])).toBeLessThan(0.3)
      })
    near([500, 0], [0, 5])
    near([520, 0], [0.5, 5])
    near([500, 0.1], [0, 6])
  })

  it('has the same bits with one worker and with three', async () => {
    const alone = await searched(200)
    expect(await searched(200, 3)).toEqual(alone)
  })

  it('says that it is on-policy, and that it began with nothing', async () => {
    const { bytes, steps } = await searched(60)
    const { contract, network, weights } = decodePolicy(bytes)
    expect(contract.provenance).toMatchObject({
      search: { of: 'nothing', rate: 0.1, noise: 0.03, giveUp: 5000 },
      environmentSteps: { ownStates: 0, search: steps },
    })
    expect(network.layers).toHaveLength(1)
    expect(weights).toBe(4)
  })

  it('goes on after Ctrl-C, to the same bits', async () => {
    const begun = startOf(createTask(following))
    const wanted = wantedOf(following, 200, options, begun)
    const file = { task: following, begun, wanted }
    const saves = new SearchCheckpoint(join(folder, 'kept'), { task: 'following' }, 1000)
    const interrupt = new AbortController()
    const told: SearchState[] = []
    const onProgress = (state: SearchState) => {
      told.push(state)
      if (state.iteration === 3) interrupt.abort()
    }
    await expect(searchFile(file, { saves, onProgress, signal: interrupt.signal })).rejects.toThrow(Interrupted)
    const state = saves.load(begun.moved, iterationsOf(wanted))
    expect(state).toEqual(told.at(-1))
    expect(await searchFile(file, { state })).toEqual(await searchFile(file, {}))
  })
})

it('a linear policy that was not searched acts in the middle of each range, and promises what it was seen to do', () => {
  const policy = linearStart(createTask(following))
  expect([...loadPolicy(policy).step([123, -4])]).toEqual([0, 5])
  const { goldens } = decodePolicy(policy)
  expect(goldens).toHaveLength(8)
  expect(new Set(goldens.map(({ observation }) => observation.join())).size).toBe(8)
})

it('weights on normalised observations act as they would on them', () => {
  const { spec } = createTask('pendulum')
  const moved = new LinearFromNothing(spec)
  const three = (constraint: fc.DoubleConstraints) =>
    fc.array(fc.double({ noNaN: true, ...constraint }), { minLength: 3, maxLength: 3 })
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, min: -1, max: 1 }), { minLength: 4, maxLength: 4 }),
      three({ min: -9, max: 9 }),
      three({ min: 0.1, max: 5 }),
      three({ min: -9, max: 9 }),
      (weights, mean, std, observation) => {
        const normaliser = { mean: Float64Array.from(mean), std: Float64Array.from(std) }
        const placed = moved.placed(Float64Array.from(weights), normaliser)
        const [layer] = new Survivors(moved.template).networkAt(placed).layers
        const raw = observation.reduce((sum, x, i) => sum + x * layer.weights[i], layer.bias[0])
        const expected = observation.reduce((sum, x, i) => sum + weights[i] * ((x - mean[i]) / std[i]), weights[3])
        expect(raw).toBeCloseTo(expected, 3)
      },
    ),
  )
})

it('mean and spread of rows that come in parts are those of all of them', () => {
  const value = fc.float({ noNaN: true, min: -100, max: 100 })
  const rows = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(rows, rows, (first, second) => {
      const flat = (of: [number, number][]) => Float32Array.from(of.flat())
      const parts = normaliserFrom(observed(observed(noMoments(2), flat(first)), flat(second)))
      const whole = normaliserOf(flat([...first, ...second]), 2, 2)
      for (const k of [0, 1]) {
        expect(parts.mean[k]).toBeCloseTo(whole.mean[k], 4)
        expect(parts.std[k]).toBeCloseTo(whole.std[k], 3)
      }
    }),
  )
})
