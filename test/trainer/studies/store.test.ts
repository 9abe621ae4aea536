import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { checkUnchanged, keepStudy } from '../../../trainer/studies/changed.ts'
import type { JobResult } from '../../../trainer/studies/jobs/results.ts'
import { planOf } from '../../../trainer/studies/plan.ts'
import { Store } from '../../../trainer/studies/store.ts'
import { tiny } from './tiny.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-store-'))
afterAll(() => rmSync(folder, { recursive: true }))
const store = new Store(folder)
beforeAll(() => store.open())

describe('a result that was damaged', () => {
  it.each([
    ['evaluate', { kind: 'evaluate' }],
    ['evaluate', { kind: 'evaluate', returns: ['1'], fell: [false] }],
    ['distil', { kind: 'distil' }],
    ['distil', { kind: 'distil', picked: { policy: '' }, points: [null], curve: [] }],
    ['collect', { kind: 'collect' }],
    ['collect', { kind: 'evaluate', returns: [], fell: [] }],
    ['collect', null],
  ])('of %s is refused by the name of its file, with what to do: %j', async (kind, result) => {
    const { id, job } = (await planOf(tiny)).jobs.find(({ job }) => job.kind === kind)!
    await store.keep(id, { job, result: result as unknown as JobResult, seconds: 1 })
    expect(() => store.done(id)).toThrow(InputError)
    expect(() => store.done(id)).toThrow(
      `${id}.json: expected the result of the job that it is named after: remove it to have it made again`,
    )
  })

  it('is refused where a folder has its name', async () => {
    const { id } = (await planOf(tiny)).jobs[0]
    const [file] = readdirSync(join(folder, 'results')).filter((name) => name.startsWith(id))
    rmSync(join(folder, 'results', file))
    mkdirSync(join(folder, 'results', file))
    expect(() => store.done(id)).toThrow(`${id}.json: cannot be read (EISDIR)`)
  })
})

it.each(['__proto__', 'constructor'])('a teacher may be called %s, and is what it was', async (name) => {
  const plan = await planOf({ ...tiny, name: `called-${name}`, teachers: [{ ...tiny.teachers[0], name }] })
  expect(() => checkUnchanged(plan, store)).not.toThrow()
  await keepStudy(plan, store)
  expect(() => checkUnchanged(plan, store)).not.toThrow()
  const changed = { ...plan, teachers: plan.teachers.map((teacher) => ({ ...teacher, blob: 'other' })) }
  expect(() => checkUnchanged(changed, store)).toThrow(`teacher ${name} has changed`)
})
