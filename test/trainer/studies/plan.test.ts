import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../../trainer/files/sha256.ts'
import { canonical, idOf, type Job, needsOf } from '../../../trainer/studies/jobs/job.ts'
import { planOf } from '../../../trainer/studies/plan.ts'
import type { Study } from '../../../trainer/studies/study.ts'
import { teacher, tiny } from './tiny.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-plan-'))
afterAll(() => rmSync(folder, { recursive: true }))
const kinds = (jobs: readonly { job: Job }[]) => jobs.map(({ job }) => job.kind).sort()
const idsOf = async (study: Study) => (await planOf(study)).jobs.map(({ id }) => id)

describe('the plan of a study', () => {
  it('has a job for each thing that is to be done, before those that need it', async () => {
    const { jobs, entries } = await planOf(tiny)
    // both numbers of weights of bpd from one training, of dense from two
    expect(kinds(jobs)).toEqual(['collect', ...Array(3).fill('distil'), ...Array(5).fill('evaluate')])
    expect(entries.map(({ variant, weights }) => [variant, weights])).toEqual([
      ['bpd', 40],
      ['bpd', 20],
      ['dense', 40],
      ['dense', 20],
    ])
    const seen = new Set<string>()
    for (const { id, job } of jobs) {
      for (const need of needsOf(job)) expect(seen).toContain(need)
      seen.add(id)
    }
  })

  it('is the same every time, and its jobs are those of a larger study', async () => {
    const ids = await idsOf(tiny)
    expect(await idsOf(tiny)).toEqual(ids)
    const larger = await idsOf({
      ...tiny,
      name: 'larger',
      seeds: 2,
      budgets: [40, 20],
      variants: [...tiny.variants, { name: 'l1', variant: 'l1' }],
    })
    expect(larger).toEqual(expect.arrayContaining(ids))
  })

  it.each<[string, Partial<Study>]>([
    ['the recipe', { recipe: { ...tiny.recipe, steps: 22 } }],
    ['the number of transitions', { transitions: 301 }],
    ['the noise of the data', { teachers: [{ ...tiny.teachers[0], sigmas: [0.5] }] }],
    ['a number of weights', { budgets: [41, 20] }],
  ])('%s changed makes other distillations', async (_, change) => {
    const made = async (study: Study) => (await planOf(study)).entries.map((entry) => entry.made)
    const [before, after] = [await made(tiny), await made({ ...tiny, ...change })]
    expect(after[0]).not.toBe(before[0])
  })

  it('gives those that are matched as many weights as the student of the other has, which goes first', async () => {
    const study = { ...tiny, budgets: undefined, match: 'bpd', variants: [...tiny.variants].reverse() }
    const { jobs } = await planOf(study)
    const distils = jobs.flatMap(({ id, job }) => (job.kind === 'distil' ? [{ id, job }] : []))
    expect(distils.map(({ job }) => job.options.variant)).toEqual(['bpd', 'dense'])
    expect(distils[1].job.budget).toEqual({ of: distils[0].id })
    expect(needsOf(distils[1].job)).toContain(distils[0].id)
  })

  it.each([
    ['in stages', { prune: 'obd' as const, rounds: 0 }],
    ['by one cut each', {}],
  ])(
    '%s: each number of weights is the student of that many, in whatever order they were asked for',
    async (_, recipe) => {
      const of = async (budgets: readonly number[]) => {
        const variants = [{ ...tiny.variants[0], recipe }]
        const { entries, jobs } = await planOf({ ...tiny, variants, budgets })
        const points = Object.fromEntries(entries.map(({ weights, point }) => [weights, point]))
        return { points, distils: jobs.flatMap(({ job }) => (job.kind === 'distil' ? [job.options] : [])) }
      }
      const [down, up] = [await of([40, 30, 20]), await of([20, 40, 30])]
      expect(down.points).toEqual({ 40: 0, 30: 1, 20: 2 })
      expect(up).toEqual(down)
      expect(down.distils).toMatchObject([{ keep: [40, 30, 20] }])
    },
  )

  it("knows what is made in a task of one's own by the files of that too, and what is made in another as ever", async () => {
    const teach = { algorithm: 'td3', steps: 1100, hidden: [8, 8], seed: 1 } as const
    const taught = async (task: string) => {
      const { jobs } = await planOf({
        ...tiny,
        teachers: [{ name: 'taught', task, teach }],
        variants: [tiny.variants[0]],
      })
      expect(kinds(jobs)).toContain('teach')
      return jobs
    }
    const module = join(folder, 'still.mjs')
    const create = '() => ({ observation: [0], terminated: false, reset() {}, step: () => 1 })'
    const spec =
      "name: 'still', observationNames: ['a'], actionNames: ['b'], actionLow: [-1], actionHigh: [1], period: 1"
    writeFileSync(module, `export default { ${spec}, maxSteps: 5, create: ${create} }`)
    const files = { [module]: sha256(readFileSync(module)) }
    for (const { job } of await taught(module)) expect([job.kind, job.origin]).toEqual([job.kind, files])
    const job: Job = { kind: 'teach', task: 'pendulum', ...teach, more: {} }
    expect((await taught('pendulum')).map(({ id }) => id)).toContain(idOf(job))
  })

  it('takes two shares that come to as many weights from one student', async () => {
    const teachers = [{ ...tiny.teachers[0], task: 'hopper', file: teacher.replace('pendulum', 'hopper') }]
    const { entries, jobs } = await planOf({ ...tiny, teachers, budgets: [0.1, 0.1001], variants: [tiny.variants[0]] })
    expect(entries.map(({ weights, point }) => [weights, point])).toEqual([
      [170, 0],
      [170, 0],
    ])
    expect(jobs.flatMap(({ job }) => (job.kind === 'distil' ? [job.options.keep] : []))).toEqual([[170]])
  })

  it('takes small networks that learn online for as many steps as there are transitions', async () => {
    const { jobs } = await planOf({ ...tiny, variants: [{ name: 'sac-small', online: 'sac' }] })
    expect(jobs.flatMap(({ job }) => (job.kind === 'teach' ? [job] : []))).toMatchObject([
      { algorithm: 'sac', steps: 300, hidden: { weights: 40 } },
      { algorithm: 'sac', steps: 300, hidden: { weights: 20 } },
    ])
  })
})

describe('what cannot be done is refused before any work', () => {
  it.each<[string, Partial<Study>, string]>([
    ['a teacher that has changed', { teachers: [{ ...tiny.teachers[0], sha256: 'other' }] }, `${teacher}: sha256 dc1f`],
    ['one that is not there', { teachers: [{ ...tiny.teachers[0], file: 'none' }] }, 'none: no such teacher'],
    [
      'one of another task',
      { teachers: [{ ...tiny.teachers[0], file: teacher.replace('pendulum', 'hopper') }] },
      'task pendulum has 3 and 1',
    ],
    [
      'a share of weights where the paper has none',
      { budgets: [0.5] },
      "budgets: 0.5 of the paper's weights, but the paper has no pendulum",
    ],
    ['no number of weights for one that needs it', { budgets: undefined }, 'dense needs a number of weights'],
    ['a match that is none', { budgets: undefined, match: 'x' }, 'match: x, expected the name of one of its variants'],
    [
      'a recipe that does not go together',
      { recipe: { ...tiny.recipe, l1Path: [0.1] } },
      'penalties 0.1: expected variant l1',
    ],
    [
      'fewer weights than a dense student can have',
      { budgets: [40, 4] },
      'study tiny: budgets: dense: 4 weights, expected 5 or more: one unit in each of 2 hidden layers',
    ],
    [
      'thresholds where the study says numbers of weights',
      { recipe: { ...tiny.recipe, thresholds: [0] }, variants: [tiny.variants[0]] },
      'recipe.thresholds: expected no budgets beside it',
    ],
    [
      'a part of the recipe that no variant has a use for',
      { recipe: { ...tiny.recipe, lostWeight: 3 } },
      'study tiny: recipe.lostWeight: expected ownStates with it',
    ],
    [
      "a part of a variant's own",
      { variants: [{ ...tiny.variants[0], recipe: { stageShare: 0.5 } }, tiny.variants[1]] },
      'study tiny: bpd: recipe.stageShare: expected stages with it: prune, ownStates or search',
    ],
  ])('%s', async (_, change, message) => {
    await expect(planOf({ ...tiny, ...change })).rejects.toThrow(message)
  })
})

it('a part of the recipe may be of use to one variant alone', async () => {
  const staged = { ...tiny.variants[0], recipe: { prune: 'obd' as const, rounds: 0 } }
  const recipe = { ...tiny.recipe, stageUpdates: 2 }
  const { jobs } = await planOf({ ...tiny, recipe, variants: [staged, tiny.variants[1]] })
  expect(jobs.length).toBeGreaterThan(3)
  const without = { ...tiny, recipe, variants: [tiny.variants[1]] }
  await expect(planOf(without)).rejects.toThrow('study tiny: recipe.criticHidden: expected a value term with it')
  // of a study whose others are left out it is not idle
  expect((await planOf(without, { whole: false })).jobs.length).toBeGreaterThan(3)
})

describe('the identity of a job', () => {
  it('does not depend on the order of its fields, nor on what is undefined', () => {
    expect(canonical({ b: [1, { d: 2, c: undefined }], a: 'x' })).toBe('{"a":"x","b":[1,{"d":2}]}')
    const job: Job = { kind: 'collect', task: 'pendulum', teacher: { blob: 'x' }, transitions: 1, sigmas: [0], seed: 1 }
    const turned = Object.fromEntries(Object.entries(job).reverse()) as unknown as Job
    expect(idOf(turned)).toBe(idOf(job))
    expect(idOf({ ...job, seed: 2 })).not.toBe(idOf(job))
  })
})
