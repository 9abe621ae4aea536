import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { parameterCount } from '../../../runtime-as/format/network.ts'
import { collect } from '../../../trainer/data/collect.ts'
import { transitionsOf } from '../../../trainer/data/transitions.ts'
import { Checkpoints } from '../../../trainer/distill/checkpoint.ts'
import type { Progress } from '../../../trainer/distill/distill.ts'
import { EVERY } from '../../../trainer/distill/keep.ts'
import { makeStudent } from '../../../trainer/distill/make-student.ts'
import { rangeOf } from '../../../trainer/distill/observation-bounds.ts'
import { type DistillOptions, distillDefaults, distillOptions } from '../../../trainer/distill/options.ts'
import type { TrainedStudents } from '../../../trainer/distill/phases.ts'
import { pick } from '../../../trainer/distill/pick.ts'
import type { DistillJob } from '../../../trainer/distill/session.ts'
import { Pendulum } from '../../../trainer/tasks/pendulum.ts'
import { teacherController } from '../../../trainer/teachers/policy.ts'
import { loadTeacher, teacherParameters } from '../../../trainer/teachers/teacher.ts'

const teacher = loadTeacher(new URL('../../../models/pendulum/teacher.safetensors', import.meta.url).pathname)
const task = new Pendulum()
const control = teacherController(teacher, task.spec)
const rows = Float32Array.from(
  [...collect(task, control, { transitions: 2000, sigmas: [0, 0.3], seed: 1 })].flatMap((episode) => [...episode]),
)
const transitions = transitionsOf(rows, 3, 1)

const short = (
  given: Partial<DistillOptions> = {},
  checkpoints?: (job: DistillJob) => Checkpoints,
  trained?: (job: DistillJob) => TrainedStudents,
  data = transitions,
) => {
  const progress: Progress[] = []
  const options = distillOptions('pendulum', {
    steps: 400,
    evaluateEvery: 100,
    progressEpisodes: 1,
    pickEpisodes: 2,
    tuneUpdates: 50,
    thresholds: [-1, 2],
    hidden: [24, 24],
    criticHidden: [32, 32],
    batchSize: 64,
    seed: 1,
    threads: 1,
    ...given,
  })
  return makeStudent('pendulum', teacher, data, options, {
    onProgress: (p) => progress.push(p),
    checkpoints,
    trained,
  }).then((student) => ({
    ...student,
    progress,
  }))
}

describe('a trained student that is kept', () => {
  it('is cut in other places, to the bits of a run that trained it itself', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'bpd-trained-')), 'trained.safetensors')
    const kept = (how: 'load' | 'save') => (job: DistillJob) => ({
      [how]: new Checkpoints(file, job, { minutes: Infinity, resume: how === 'load', of: 'training' }),
    })
    await short({}, undefined, kept('save'))
    const again = { thresholds: [0], tuneUpdates: 40 }
    expect((await short(again, undefined, kept('load'))).bytes).toEqual((await short(again)).bytes)
    await expect(short({ steps: 300 }, undefined, kept('load'))).rejects.toThrow(
      `${file}: steps: the checkpoint was made`,
    )
    rmSync(file)
    await expect(short(again, undefined, kept('load'))).rejects.toThrow(`${file}: cannot be read (ENOENT)`)
  })
})

describe('distilling', () => {
  it('gives the same file for the same seed on one thread or two, another one for another seed', async () => {
    const { bytes } = await short()
    expect((await short({ threads: 2 })).bytes).toEqual(bytes)
    expect((await short({ seed: 2 })).bytes).not.toEqual(bytes)
  })

  it('reports every point of the curve, every threshold, and a network that fits the task', async () => {
    const { bytes, distilled, progress } = await short()
    expect(progress.map((p) => p.phase)).toEqual(['train', 'train', 'train', 'train', 'tune', 'tune'])
    expect(distilled.curve.map((point) => point.step)).toEqual([100, 200, 300, 400])
    for (const point of distilled.curve)
      expect(Object.values(point).flat()).toSatisfy((values: number[]) => values.every(Number.isFinite))
    expect(distilled.sweep.map((point) => point.threshold)).toEqual([-1, 2])
    expect(distilled.sweep[0].weights).toBeLessThanOrEqual(distilled.sweep[1].weights)
    expect(distilled.sweep[0]).not.toHaveProperty('budget')
    const policy = decodePolicy(bytes)
    expect(policy.contract.task).toBe('pendulum')
    expect(policy.goldens).toHaveLength(8)
    expect(parameterCount(policy.network)).toBeLessThan(teacherParameters(teacher))
  })

  it.each([0, 0.5])(
    "clones the executed actions or the teacher's own, at a value weight of %d",
    async (valueWeight) => {
      const { curve } = (await short({ valueWeight, clone: 'teacher' })).distilled
      const executed = (await short({ valueWeight })).distilled.curve
      expect(curve.map(({ clone }) => clone)).not.toEqual(executed.map(({ clone }) => clone))
    },
  )

  it('judges the executed actions, whichever are cloned', async () => {
    const without = transitionsOf(
      Float32Array.from(
        [...collect(task, control, { transitions: 2000, sigmas: [0], seed: 1 })].flatMap((e) => [...e]),
      ),
      3,
      1,
    )
    const options = { valueWeight: 0.5 }
    const executed = (await short(options, undefined, undefined, without)).distilled
    const apart = (await short({ ...options, clone: 'teacher' }, undefined, undefined, without)).distilled
    expect(apart.curve).toEqual(executed.curve)
  })

  it('works without the value term, and with it while tuning', async () => {
    const without = await short({ valueWeight: 0 })
    expect(without.distilled.curve.every((point) => point.critic === 0)).toBe(true)
    expect((await short({ tuneWithValue: true })).bytes).not.toEqual((await short()).bytes)
  })
})

describe('bounds of the observations', () => {
  const ofData = (i: number) => {
    const values = Array.from({ length: 2000 }, (_, row) => [i, 3 + 2 + 1 + i].map((at) => rows[row * 11 + at])).flat()
    return [Math.min(...values), Math.max(...values)]
  }

  it('are the range of the data and a tenth of it, and change nothing else of a policy that keeps to them', async () => {
    const [plain, clamped] = [await short(), await short({ observationBounds: 'clamp' })]
    const { contract, network } = decodePolicy(clamped.bytes)
    const { low = [], high = [], outside } = contract.observation
    expect(outside).toBe('clamp')
    for (let i = 0; i < 3; i++) {
      const [least, most] = ofData(i)
      expect(low[i]).toBe(Math.fround(least - 0.1 * (most - least)))
      expect(high[i]).toBe(Math.fround(most + 0.1 * (most - least)))
    }
    const before = decodePolicy(plain.bytes)
    expect(before.contract.observation).toEqual({ names: contract.observation.names })
    expect(network).toEqual(before.network)
  })

  it('have the margin that is wanted', () => {
    const [low, high] = [rangeOf(transitions, 'refuse', 0).low, rangeOf(transitions, 'refuse', 0).high]
    expect([low[2], high[2]]).toEqual(ofData(2))
    const one = transitionsOf(Float32Array.of(0, -4, 1, 0, 0, 0, 0, -4, 3, 0, 0), 3, 1)
    expect(rangeOf(one, 'refuse', 0.5)).toEqual({ low: [-0.5, -6, 0], high: [0.5, -2, 4], outside: 'refuse' })
  })
})

describe('a run that diverges', () => {
  it.each([
    ['criticRate', 'critic'],
    ['actorRate', 'student'],
  ] as const)('by a huge %s ends by name of step and term, before anything of it is kept', async (rate, what) => {
    await expect(short({ [rate]: 1e30 })).rejects.toThrow(
      new RegExp(`diverged by step 100: .*${what}.* is (NaN|-?Inf)`),
    )
  })

  it('while tuning names the last good checkpoint, that it saved or resumed from', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bpd-diverge-'))
    const file = join(folder, 'checkpoint.safetensors')
    const checkpointed = (given: Partial<DistillOptions>, resume: boolean) =>
      short(given, (job) => new Checkpoints(file, job, { minutes: 60, resume }))
    const tuning = (threshold: number, last: string) =>
      new RegExp(
        `diverged by the end of tuning at threshold ${threshold}: .*; the last good checkpoint is ${file}, of ${last}$`,
      )
    await expect(checkpointed({ klCap: 0, tuneRate: 1e30 }, false)).rejects.toThrow(tuning(-1, 'step 400'))
    await expect(checkpointed({ klCap: 0, tuneRate: 1e30 }, true)).rejects.toThrow(tuning(-1, 'step 400'))
    await expect(short({ klCap: 0, tuneRate: 1e30 })).rejects.toThrow(/; no checkpoint yet$/)
    rmSync(folder, { recursive: true })
  })
})

describe('the readable reference in place of the fast step', () => {
  it('trains a student down the same curve', async () => {
    const little = { steps: 40, evaluateEvery: 20, tuneUpdates: 10, thresholds: [2], batchSize: 32 }
    const [fast, reference] = [await short(little), await short({ ...little, backend: 'reference' })]
    for (const [i, point] of reference.distilled.curve.entries()) {
      const other = fast.distilled.curve[i]
      for (const term of ['critic', 'value', 'clone', 'kl'] as const)
        expect(Math.abs(point[term] / other[term] - 1), term).toBeLessThan(1e-3)
      expect(point.weights).toBe(other.weights)
    }
    expect(decodePolicy(reference.bytes).weights).toBeGreaterThan(0)
  })
})

describe('variants', () => {
  it.each(['magnitude', 'l1', 'random'] as const)(
    '%s gets the weights asked for, units gone that nothing leads to or from',
    async (variant) => {
      const { distilled } = await short({ variant, budget: 150, valueWeight: 0, l1: 0.01 })
      expect(distilled.sweep).toHaveLength(1)
      expect(distilled.sweep[0].weights).toBeLessThanOrEqual(150)
      // one weight can bring several others back
      expect(distilled.sweep[0].weights).toBeGreaterThan(130)
      // a number of weights is no log alpha
      expect(distilled.sweep[0]).toMatchObject({ budget: 150 })
      expect(distilled.sweep[0]).not.toHaveProperty('threshold')
      expect([distilled.budget, distilled.threshold]).toEqual([150, undefined])
    },
  )

  it('l1 drives weights to zero exactly', async () => {
    const { distilled } = await short({ variant: 'l1', budget: 150, valueWeight: 0, l1: 3 })
    expect(distilled.curve.at(-1)!.weights).toBeLessThan(150)
  })

  it('dense takes the widest network within the weights asked for', async () => {
    const { distilled, bytes } = await short({ variant: 'dense', budget: 150, valueWeight: 0 })
    // 3-10-10-1 has 140 weights, 3-11-11-1 has 165
    expect(distilled.studentWeights).toBe(140)
    expect(decodePolicy(bytes).layers.map((layer) => layer.rows)).toEqual([10, 10, 1])
  })

  it('keeps so many weights as were asked for, in the order asked for, each tuned as if it were alone', async () => {
    const { distilled, points } = await short({ keep: [50, 20] })
    const weights = points.map((bytes) => decodePolicy(bytes).weights)
    expect(weights).toEqual(distilled.sweep.map((point) => point.weights))
    for (const [i, most] of [50, 20].entries()) {
      expect(weights[i]).toBeLessThanOrEqual(most)
      expect(weights[i]).toBeGreaterThan(most / 2)
    }
    const alone = await short({ keep: [20] })
    expect(alone.distilled.sweep[0]).toMatchObject({ weights: weights[1], tunedReturn: distilled.sweep[1].tunedReturn })
  })

  it('has the same bytes in whatever order its options come', async () => {
    const one = await short({ keep: [20], tuneRate: 1e-3, tolerance: 0.1 })
    const other = await short({ tolerance: 0.1, tuneRate: 1e-3, keep: [20] })
    expect(other.bytes).toEqual(one.bytes)
  })

  it('keeps all where more were asked for than there are', async () => {
    const { distilled } = await short({ keep: [100_000], tuneUpdates: 2 })
    expect(distilled.sweep[0].threshold).toBe(EVERY)
    expect(distilled.sweep[0].weights).toBe(distilled.studentWeights)
  })

  it('no-q is bpd with h = 0', async () => {
    // the name of the variant is in the file: its size may differ
    const figures = ({ distilled }: Awaited<ReturnType<typeof short>>) =>
      distilled.sweep.map(({ bytes: _, ...point }) => point)
    expect(figures(await short({ variant: 'no-q' }))).toEqual(figures(await short({ valueWeight: 0 })))
  })
})

describe('options', () => {
  it('are what was given, then the recipe of the task, then the defaults; an undefined one is not given', () => {
    const options = distillOptions('pendulum', { seed: 3, threads: 1, steps: 7, hidden: undefined })
    expect(options).toMatchObject({ seed: 3, steps: 7, hidden: [64, 64], discount: distillDefaults.discount })
    expect(distillOptions('hopper', { seed: 1, threads: 1 }).hidden).toEqual([128, 128])
  })
})

describe('the picking rule', () => {
  const point = (weights: number, tunedReturn: number) => ({
    threshold: 0,
    weights,
    bytes: 10 * weights,
    prunedReturn: 0,
    tunedReturn,
  })

  it('takes the fewest weights within the tolerance of the teacher', () => {
    const points = [point(10, -200), point(20, -152), point(40, -149), point(90, -148)]
    expect(pick(points, -150, { tolerance: 0.02 }).picked).toBe(points[1])
    expect(pick(points, -150, { tolerance: 0 }).picked).toBe(points[2])
  })

  it('takes the best return where none is within the tolerance', () => {
    const points = [point(10, 100), point(20, 900), point(40, 800)]
    expect(pick(points, 3000, { tolerance: 0.02 }).picked).toBe(points[1])
  })

  it('within a budget of weights or bytes takes the best return, however far from the teacher', () => {
    const points = [point(10, 100), point(20, 900), point(40, 800), point(90, 2990)]
    expect(pick(points, 3000, { tolerance: 0.02, maxWeights: 50 }).picked).toBe(points[1])
    expect(pick(points, 3000, { tolerance: 0.02, maxWeights: 10 }).picked).toBe(points[0])
    expect(pick(points, 3000, { tolerance: 0.02, maxBytes: 900 }).picked).toBe(points[3])
    expect(pick(points, 3000, { tolerance: 0.02, maxBytes: 99 }).picked).toBe(points[0])
  })
})
