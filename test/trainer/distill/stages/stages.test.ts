import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { decodePolicy } from '../../../../runtime-as/format/decode.ts'
import { collect } from '../../../../trainer/data/collect.ts'
import { transitionsOf } from '../../../../trainer/data/transitions.ts'
import { Checkpoints } from '../../../../trainer/distill/checkpoint.ts'
import type { Progress } from '../../../../trainer/distill/distill.ts'
import { makeStudent } from '../../../../trainer/distill/make-student.ts'
import { type DistillOptions, distillOptions } from '../../../../trainer/distill/options.ts'
import type { DistillJob, Start } from '../../../../trainer/distill/session.ts'
import { Pendulum } from '../../../../trainer/tasks/pendulum.ts'
import { teacherController } from '../../../../trainer/teachers/policy.ts'
import { loadTeacher } from '../../../../trainer/teachers/teacher.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-stages-'))
afterAll(() => rmSync(folder, { recursive: true }))
const teacher = loadTeacher('models/pendulum/teacher.safetensors')
const task = new Pendulum()
const rows = Float32Array.from(
  [...collect(task, teacherController(teacher, task.spec), { transitions: 2000, sigmas: [0, 0.3], seed: 1 })].flatMap(
    (episode) => [...episode],
  ),
)
const transitions = transitionsOf(rows, 3, 1)

/** Two budgets in five rounds; on-policy unless told otherwise. */
const short = async (given: Partial<DistillOptions> = {}, resume?: { after: number } | 'go on', start?: Start) => {
  const told: Progress[] = []
  const options = distillOptions('pendulum', {
    variant: 'no-q',
    prune: 'obd',
    keep: [60, 30],
    steps: 300,
    evaluateEvery: 300,
    progressEpisodes: 1,
    pickEpisodes: 50,
    stageUpdates: 60,
    stageShare: 0.4,
    rounds: 1,
    roundUpdates: 60,
    tuneUpdates: 60,
    ownStates: 250,
    ownRounds: 2,
    hidden: [16, 16],
    batchSize: 32,
    seed: 1,
    threads: 1,
    ...given,
  })
  const stop = new AbortController()
  const checkpoints = (job: DistillJob) =>
    new Checkpoints(join(folder, 'checkpoint'), job, { minutes: 1000, resume: resume === 'go on' })
  if (typeof resume === 'object' && resume.after === 0) stop.abort()
  const student = await makeStudent('pendulum', teacher, transitions, options, {
    onProgress(p) {
      told.push(p)
      if (p.stage && typeof resume === 'object' && p.step === resume.after) stop.abort()
    },
    signal: stop.signal,
    ...(resume && { checkpoints }),
    start,
  })
  return { ...student, told }
}

describe('a student that is cut in stages', () => {
  it('comes in every size that was asked for, each a candidate, and says what it was made with', async () => {
    const { distilled, points, told } = await short({}, undefined)
    expect(distilled.sweep.map(({ budget }) => budget)).toEqual([60, 30])
    for (const [i, { weights, budget }] of distilled.sweep.entries()) {
      expect(weights).toBeLessThanOrEqual(budget!)
      expect(decodePolicy(points[i])).toMatchObject({ weights })
      expect(points[i]).toHaveLength(distilled.sweep[i].bytes)
    }
    const kinds = told.flatMap(({ stage }) => (stage ? [stage.kind] : []))
    expect(kinds).toEqual(['cut', 'settle', 'anneal', 'settle', 'anneal'].slice(kinds.includes('cut') ? 0 : 1))
    // 10 episodes of the teacher to compare with, and each visit
    const visits = kinds.filter((kind) => kind !== 'anneal').length
    const steps = { ownStates: 10 * 200 + 250 * visits, search: 0 }
    expect(distilled.sweep[1].environmentSteps).toEqual(steps)
    expect(decodePolicy(points[1]).contract.provenance.environmentSteps).toEqual(steps)
  })

  it('is the same on any number of threads, and after an interruption anywhere', async () => {
    const { points, told } = await short()
    expect((await short({ threads: 2 })).points).toEqual(points)
    // at the second budget, where there is the best of its rounds to remember too
    await expect(short({}, { after: 4 })).rejects.toThrow('--resume continues after stage 4 of 5')
    const resumed = await short({}, 'go on')
    expect(resumed.points).toEqual(points)
    // all of it is told again, times apart
    const untimed = ({ secondsLeft: _, stepsPerSecond: __, ...said }: Progress) => said
    expect(resumed.told.map(untimed)).toEqual(told.map(untimed))
  })

  it('offline says nothing of a simulator', async () => {
    const { distilled, bytes } = await short({ ownStates: undefined })
    expect(distilled).not.toHaveProperty('environmentSteps')
    expect(decodePolicy(bytes).contract.provenance).not.toHaveProperty('environmentSteps')
  })

  it('may begin with a plain network, and take weights back', async () => {
    const given = { variant: 'obd', ownStates: undefined, keep: [40] } as const
    const { distilled } = await short({ ...given, swap: 0.3 })
    expect(distilled.sweep[0].weights).toBeLessThanOrEqual(40)
    expect(distilled.sweep[0].tunedReturn).not.toBe((await short(given)).distilled.sweep[0].tunedReturn)
  })

  it('goes on from another, and counts what that one took', async () => {
    const first = await short({ keep: [60] })
    const { network, environmentSteps } = first.distilled
    const hidden = network.layers.slice(0, -1).map(({ outputs }) => outputs)
    const given = { keep: [30], steps: 0, hidden }
    const { distilled, told, points } = await short(given, undefined, { network, environmentSteps })
    // interrupted in the first cut
    const started = short(given, { after: 0 }, { network, environmentSteps })
    await expect(started).rejects.toThrow('--resume continues after the training')
    expect(existsSync(join(folder, 'checkpoint'))).toBe(true)
    expect((await short(given, 'go on', { network, environmentSteps })).points).toEqual(points)
    expect(told.some(({ phase }) => phase === 'train')).toBe(false)
    expect(distilled.studentWeights).toBe(first.distilled.sweep[0].weights)
    expect(distilled.sweep[0].weights).toBeLessThanOrEqual(30)
    expect(distilled.environmentSteps!.ownStates).toBeGreaterThan(environmentSteps!.ownStates + 2000)
    await expect(short({ hidden }, undefined, { network })).rejects.toThrow('steps 300: expected 0')
    await expect(short({ keep: [60], steps: 0, hidden }, undefined, { network })).rejects.toThrow(
      `a student of ${first.distilled.sweep[0].weights} weights to cut to 60: expected no more than it has`,
    )
  })

  it('may be searched for a better return, and is no worse on the picking episodes', async () => {
    const given = { keep: [30], ownStates: undefined }
    const [plain, searched] = [await short(given), await short({ ...given, search: 152 })]
    const [before, after] = [plain, searched].map(({ distilled }) => distilled.sweep[0])
    expect(after.tunedReturn).toBeGreaterThanOrEqual(before.tunedReturn!)
    expect(after.weights).toBe(before.weights)
    expect(after.environmentSteps).toMatchObject({ ownStates: 0 })
    expect(after.environmentSteps!.search).toBeGreaterThan(50 * 200)
  })

  it('takes the best of several penalties at every budget', async () => {
    const given = { variant: 'l1', prune: 'l1', ownStates: undefined, keep: [40] } as const
    const { distilled, told } = await short({ ...given, l1Path: [0.001, 0.3] })
    expect([...new Set(told.map(({ penalty }) => `${penalty!.l1}, ${penalty!.at} of ${penalty!.of}`))]).toEqual([
      '0.001, 0 of 2',
      '0.3, 1 of 2',
    ])
    const alone = await Promise.all([0.001, 0.3].map((l1) => short({ ...given, l1 })))
    const returns = alone.map((run) => run.distilled.sweep[0].tunedReturn!)
    expect(distilled.sweep[0].tunedReturn).toBe(Math.max(...returns))
    expect(distilled.sweep[0].l1).toBe([0.001, 0.3][returns.indexOf(Math.max(...returns))])
    // on-policy it took the steps of both
    const [one, both] = [
      await short({ ...given, ownStates: 250, l1: 0.3 }),
      await short({ ...given, ownStates: 250, l1Path: [0.001, 0.3] }),
    ]
    expect(both.distilled.environmentSteps!.ownStates).toBe(2 * one.distilled.environmentSteps!.ownStates)
    expect(both.points[0]).toHaveLength(both.distilled.sweep[0].bytes)
    await expect(short({ l1Path: [1] })).rejects.toThrow('penalties 1: expected variant l1, or stages that prune by l1')
  })

  it('is refused where it cannot be, in one line', async () => {
    await expect(short({ keep: [0] })).rejects.toThrow('a student of 0 weights: expected 1 or more, one an action')
    await expect(short({ search: 80 })).rejects.toThrow('search 80: expected at least 152, for 16 directions both ways')
    await expect(short({ tuneWithValue: true, variant: 'bpd' })).rejects.toThrow('tune with value: expected no stages')
    await expect(short({ actionWeights: [1, 2] })).rejects.toThrow('action weights: 2, expected 1, one an action')
  })
})
