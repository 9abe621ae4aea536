/** What `bpd check` says of logs with a mistake that is known, and of logs where all is well. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assign } from '../../../trainer/check/assignment.ts'
import { checkPolicy } from '../../../trainer/check/check.ts'
import { hypotheses } from '../../../trainer/check/hypotheses.ts'
import { splitLog } from '../../../trainer/check/log.ts'
import { orders } from '../../../trainer/check/orders.ts'
import { openPolicy } from '../../../trainer/check/policies.ts'
import { randomStream } from '../../../trainer/random.ts'
import { createTask } from '../../../trainer/tasks/registry.ts'
import { teacherController } from '../../../trainer/teachers/policy.ts'
import { loadTeacher } from '../../../trainer/teachers/teacher.ts'
import { batchOf, type Noise, playedLog, type Sample } from '../../support/check-logs.ts'
import { fixturePath } from '../../support/fixtures.ts'
import { plants, shuffle } from '../../support/planted.ts'

const file = fixturePath('teachers/sac-Pendulum-v1.safetensors')
const { spec } = createTask('pendulum')
const control = teacherController(loadTeacher(file), spec)
const policy = await openPolicy(file)

function sampleOf(noise: Noise, seed = 1): Sample {
  const log = playedLog('pendulum', control, 1200, noise, seed)
  return { name: 'pendulum', policy: policy.act, log, bounds: policy.bounds, noise }
}
const diagnose = ({ policy: act, log, bounds, normaliser }: Sample) =>
  checkPolicy(act, log, { bounds, normaliser, rows: 400, seed: 1 })

/** of the pendulum: three observations and one action; clean, so that most are told at once */
const sample = sampleOf({ action: 0, sensor: 0 })

describe('a mistake that was planted is the first that is named', () => {
  it.each(plants.map((plant) => [plant.name, plant] as const))('%s', async (name, plant) => {
    const planted = plant.plant(sample, randomStream(3, 'plant', name))
    if (!planted) return
    const { verdict, explanations } = await diagnose({ ...sample, ...planted })
    expect({ what: planted.what, verdict }).toEqual({ what: planted.what, verdict: 'mistake' })
    expect(plant.named).toContain(explanations[0].hypothesis)
  })
})

describe('nothing is accused where all is well', () => {
  it.each([
    ['a clean log', { action: 0, sensor: 0 }, 'explained'],
    ['exploration noise', { action: 0.1, sensor: 0 }, 'noisy'],
    ['much of it', { action: 0.3, sensor: 0 }, 'noisy'],
    ['noise of sensors', { action: 0, sensor: 0.03 }, 'noisy'],
  ] as const)('%s', async (_, noise, verdict) => {
    for (const seed of [1, 2]) expect((await diagnose(sampleOf(noise, seed))).verdict).toBe(verdict)
  })
})

it('another policy is not explained, and no single mistake is made responsible', async () => {
  const { log } = sample
  const random = randomStream(1, 'others')
  const actions = log.actions.map(() => random.uniform(-2, 2))
  expect((await diagnose({ ...sample, log: { ...log, actions } })).verdict).toBe('unexplained')
})

describe('actions far beyond the bounds', () => {
  const diagnosed = (change: (u: number, i: number) => number) => {
    const { log } = sampleOf({ action: 0.1, sensor: 0 })
    return diagnose({ ...sample, log: { ...log, actions: log.actions.map(change) } })
  }

  it.each([2, 5, 10, 57.2958, 1000, -1000])('times %d are of another unit', async (times) => {
    const { verdict, explanations } = await diagnosed((u) => times * u)
    expect({ verdict, named: explanations[0].hypothesis }).toEqual({ verdict: 'mistake', named: 'action scale' })
  })

  it.each([20, 2000])('that say nothing, up to %d, are not explained by a limit', async (size) => {
    const random = randomStream(1, 'far')
    expect((await diagnosed(() => random.uniform(-size, size))).verdict).toBe('unexplained')
  })

  it('are those before the limit, where the policy says the same once they are limited', async () => {
    const { verdict, explanations } = await diagnosed((u) => (Math.abs(u) > 1.9 ? 3 * u : u))
    expect({ verdict, named: explanations[0].hypothesis }).toEqual({ verdict: 'mistake', named: 'action clip' })
  })
})

it('a clock that does not agree is a mistake, a tenth aside', async () => {
  const verdictAt = (period: number) =>
    checkPolicy(sample.policy, { ...sample.log, period }, { bounds: sample.bounds, rows: 200, seed: 1, period: 0.05 })
  expect(await verdictAt(0.051)).toMatchObject({ verdict: 'explained' })
  expect(await verdictAt(0.0286)).toMatchObject({ verdict: 'mistake', clock: { log: 0.0286, policy: 0.05 } })
})

it('the same log gives the same words', async () => {
  const swapped = plants.find(({ name }) => name === 'scale')!.plant(sample, randomStream(1, 'again'))!
  expect(await diagnose({ ...sample, ...swapped })).toEqual(await diagnose({ ...sample, ...swapped }))
})

it('a policy on many rows is the policy on each', () => {
  const [o, rows] = [3, 250]
  const x = sample.log.observations.subarray(0, rows * o)
  const [fast, slow] = [new Float32Array(rows), new Float32Array(rows)]
  policy.act(x, rows, fast)
  batchOf(control, o, 1)(x, rows, slow)
  fast.forEach((y, i) => void expect(Math.abs(y - slow[i])).toBeLessThan(2e-5))
})

it('parts to fit and to judge on share no row, and no episode where there are four', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 130 }), { minLength: 4, maxLength: 12 }),
      fc.integer(),
      (counts, seed) => {
        let first = 0
        const episodes = counts.map((count) => {
          first += count
          return { first: first - count, count }
        })
        // each row says which it is
        const observations = Float32Array.from({ length: 2 * first }, (_, k) =>
          k % 2 === 0 ? k / 2 : episodes.findIndex((one) => k / 2 < one.first + one.count),
        )
        const log = {
          observations,
          actions: new Float32Array(first),
          observationNames: ['row', 'episode'],
          actionNames: ['u'],
          episodes,
        }
        const { fit, judge } = splitLog(log, 200, seed)
        const column = (x: Float32Array, c: number) => new Set([...x].filter((_, k) => k % 2 === c))
        for (const c of [0, 1]) expect([...column(fit.x, c)].filter((row) => column(judge.x, c).has(row))).toEqual([])
        expect(Math.max(fit.count, judge.count)).toBeLessThanOrEqual(200)
      },
    ),
    { numRuns: 50 },
  )
})

it('an assignment is the cheapest of all orders', () => {
  const all = (n: number): number[][] =>
    n === 0 ? [[]] : all(n - 1).flatMap((order) => Array.from({ length: n }, (_, at) => order.toSpliced(at, 0, n - 1)))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.integer(), (n, seed) => {
      const random = randomStream(seed, 'cost')
      const cost = Float64Array.from({ length: n * n }, () => random.uniform())
      const of = (columns: number[]) => columns.reduce((sum, j, i) => sum + cost[i * n + j], 0)
      expect(of(assign(cost, n))).toBeCloseTo(Math.min(...all(n).map(of)), 10)
    }),
    { numRuns: 60 },
  )
})

it('an assignment ends, whatever the costs, and the cheapest of those that are numbers is found', () => {
  expect(assign([Number.NaN, 1, 2, Number.POSITIVE_INFINITY], 2)).toEqual([1, 0])
  const costs = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_VALUE, 0, 1]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...costs), { minLength: 16, maxLength: 16 }), (cost) => {
      expect(assign(cost, 4).sort()).toEqual([0, 1, 2, 3])
    }),
  )
})

describe('a policy that', () => {
  const { log } = sample
  const mean = (x: Float32Array, row: number) => (x[3 * row] + x[3 * row + 1] + x[3 * row + 2]) / 3
  const answers: [string, (x: Float32Array, row: number) => number][] = [
    ['never answers a number', () => Number.NaN],
    ['answers infinity', () => Number.POSITIVE_INFINITY],
    ['answers no number to a tenth of the rows', (x, row) => (row % 10 === 0 ? Number.NaN : mean(x, row))],
    ['answers no number beyond what is in the log', (x, row) => Math.exp(100 * mean(x, row) ** 2)],
  ]
  it.each(answers)('%s is checked to the end, and the event loop turns meanwhile', async (_, answer) => {
    const act = (x: Float32Array, rows: number, actions: Float32Array) => {
      for (let row = 0; row < rows; row++) actions[row] = answer(x, row)
    }
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    await checkPolicy(act, log, { bounds: sample.bounds, rows: 200, seed: 1 })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(0)
  })
})

it('every order that is tried has each column once, and none twice', () => {
  for (const [o, a] of [
    [3, 1],
    [11, 3],
    [48, 12],
  ]) {
    const tried = orders(o, a)
    for (const order of tried) expect([...order].sort((p, q) => p - q)).toEqual([...order.keys()])
    expect(new Set(tried.map(String)).size).toBe(tried.length)
  }
  expect(shuffle(randomStream(1, 's'), 5).sort()).toEqual([0, 1, 2, 3, 4])
})

it('every hypothesis has a name and words of its own', () => {
  expect(new Set(hypotheses.map(({ name }) => name)).size).toBe(hypotheses.length)
  for (const { about } of hypotheses) expect(about).toMatch(/^[a-z].{20,}[^.]$/)
})
