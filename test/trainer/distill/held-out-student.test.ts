/** Students that no simulator judges: their actions on episodes that were held out do. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { columnsOf } from '../../../trainer/data/columns.ts'
import { Checkpoints } from '../../../trainer/distill/checkpoint.ts'
import type { Data } from '../../../trainer/distill/data.ts'
import { type Distillation, distill } from '../../../trainer/distill/distill.ts'
import { splitEpisodes } from '../../../trainer/distill/held-out.ts'
import { heldOutError } from '../../../trainer/distill/judges/error.ts'
import { type DistillOptions, distillOptions } from '../../../trainer/distill/options.ts'
import type { DistillJob } from '../../../trainer/distill/session.ts'
import { logContract, logTeacher, makeLog } from '../../support/log.ts'

const short = {
  steps: 300,
  evaluateEvery: 150,
  tuneUpdates: 150,
  thresholds: [-1, 2],
  hidden: [12],
  batchSize: 64,
  seed: 1,
  threads: 1,
  fused: false,
}
const lengths = [100, 60, 140, 90, 110, 100, 80, 120, 100, 100]
const noisy = makeLog({ lengths, noise: 0.3 })

const run = (data: Data, given: Partial<DistillOptions> = {}, more: Partial<Distillation> = {}) =>
  distill({
    contract: logContract,
    data,
    judge: heldOutError,
    options: distillOptions(undefined, { ...short, ...given }, data),
    ...more,
  })

describe('a student without a simulator', () => {
  it('has the same bytes for the same seed, on one thread or two', async () => {
    const little = { steps: 60, evaluateEvery: 60, tuneUpdates: 20 }
    const { bytes } = await run(noisy.data, little)
    expect((await run(noisy.data, { ...little, threads: 2 })).bytes).toEqual(bytes)
    expect((await run(noisy.data, { ...little, seed: 2 })).bytes).not.toEqual(bytes)
  })

  it('is told by errors in the curve, the sweep and at the end, and by no return', async () => {
    const { bytes, distilled } = await run(noisy.data)
    for (const point of distilled.curve) expect(point).toMatchObject({ error: expect.any(Number) })
    for (const point of distilled.sweep)
      expect(point).toMatchObject({ prunedError: expect.any(Number), tunedError: expect.any(Number) })
    expect(JSON.stringify(distilled)).not.toContain('eturn')
    const { provenance, action } = decodePolicy(bytes).contract
    expect(provenance).toMatchObject({ judge: 'held-out action error', recipe: { valueWeight: 0 } })
    expect(action).toMatchObject({ low: [-1, -500], high: [1, 300], failsafe: [0, -100] })
  })

  it('is reported on episodes that neither trained nor picked it, by the error that its file has there', async () => {
    const { bytes, distilled } = await run(noisy.data)
    const { report, ...split } = splitEpisodes(noisy.episodes, 1)!
    const { heldOut } = distilled
    expect(heldOut).toMatchObject({ how: 'whole episodes', labels: 'data', report: { rows: report.rows } })
    expect(heldOut).toMatchObject({ train: { rows: split.train.rows }, pick: { rows: split.pick.rows } })
    const policy = loadPolicy(bytes)
    const { width } = columnsOf(3, 2)
    const largest = [0, 0]
    for (const { first, count } of report.ranges)
      for (let row = first; row < first + count; row++) {
        const acted = new Float32Array(2)
        policy.stepInto(noisy.rows.subarray(row * width, row * width + 3), acted)
        for (const i of [0, 1]) {
          const { actionLow: low, actionHigh: high } = logContract
          const logged = Math.min(high[i], Math.max(low[i], noisy.rows[row * width + 3 + i]))
          largest[i] = Math.max(largest[i], Math.abs(acted[i] - logged))
        }
      }
    expect(heldOut?.error.actions.map(({ max }) => max)).toEqual(largest.map((x) => expect.closeTo(x, 3)))
    expect(heldOut?.clamped).toBeGreaterThan(0)
  })

  it('is as good in newtons as in newton metres: actions count by their range', async () => {
    const clean = makeLog({ lengths })
    const { distilled } = await run(clean.data, { steps: 1500, dataScale: 1e6, hidden: [16, 16], thresholds: [2] })
    const [elbow, wrist] = distilled.heldOut!.error.actions.map(({ ofRange }) => ofRange.rmse)
    expect(elbow).toBeLessThan(0.05)
    expect(wrist).toBeLessThan(0.05)
  })

  it('is the one with the fewest weights within the error that is asked for', async () => {
    const weights = async (given: Partial<DistillOptions>) => decodePolicy((await run(noisy.data, given)).bytes).weights
    const { sweep } = (await run(noisy.data, { thresholds: [-2, 0, 2] })).distilled
    const all = sweep.map((point) => point.weights)
    const best = sweep.reduce((a, b) => (b.tunedError! < a.tunedError! ? b : a))
    expect(await weights({ thresholds: [-2, 0, 2], maxError: 10 })).toBe(Math.min(...all))
    // nothing is as good as that: the best there is
    expect(await weights({ thresholds: [-2, 0, 2], maxError: 1e-6 })).toBe(best.weights)
    expect(await weights({ thresholds: [-2, 0, 2], maxWeights: Math.max(...all) })).toBe(best.weights)
  })

  it('takes the last parts of the one episode that there is, and says so', async () => {
    const { data } = makeLog({ lengths: [500] })
    expect((await run(data)).distilled.heldOut).toMatchObject({
      how: 'last part of each episode',
      train: { rows: 400 },
      pick: { rows: 50 },
      report: { rows: 50 },
    })
  })
})

describe('a run that was stopped', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-held-out-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'checkpoint.safetensors')
  const little = { augment: 0.1, evaluateEvery: 100 }
  const teacher = { teacher: logTeacher }

  it.each(['train', 'tune'] as const)(
    'while it %ss goes on to the same bits, and says the same of them',
    async (phase) => {
      const whole = await run(noisy.data, little, teacher)
      const stop = new AbortController()
      const stopped = run(noisy.data, little, {
        ...teacher,
        signal: stop.signal,
        checkpoints: (job) => new Checkpoints(file, job, { minutes: 60, resume: false }),
        onProgress: (progress) => progress.phase === phase && stop.abort(),
      })
      await expect(stopped).rejects.toThrow('interrupted')
      const resume = { checkpoints: (job: DistillJob) => new Checkpoints(file, job, { minutes: 60, resume: true }) }
      const resumed = await run(noisy.data, little, { ...teacher, ...resume })
      expect(resumed.bytes).toEqual(whole.bytes)
      const figures = ({ distilled: { seconds: _, ...rest } }: typeof whole) => rest
      expect(figures(resumed)).toEqual(figures(whole))
      // how the student is picked may change; the bounds of its actions, and who labels, may not
      await run(noisy.data, { ...little, maxError: 0.5 }, { ...teacher, ...resume })
      const bounds = { contract: { ...logContract, actionHigh: [2, 300] } }
      await expect(run(noisy.data, little, { ...teacher, ...bounds, ...resume })).rejects.toThrow(
        'contract: the checkpoint',
      )
      await expect(run(noisy.data, { evaluateEvery: 100 }, resume)).rejects.toThrow('checkpoint was made with')
    },
  )
})

describe('a teacher beside the data', () => {
  it('labels it: the noise of the logged actions is neither learnt nor counted', async () => {
    const { distilled } = await run(noisy.data, {}, { teacher: logTeacher })
    const alone = await run(noisy.data)
    expect(distilled.heldOut).toMatchObject({ labels: 'teacher', clamped: 0 })
    expect(distilled.heldOut!.error.rmse).toBeLessThan(alone.distilled.heldOut!.error.rmse)
    // the log's actions do not matter any more
    const other = makeLog({ lengths, noise: 0 })
    expect(noisy.rows).not.toEqual(other.rows)
    expect(noisy.data.read(0, 5)[3]).toBe(noisy.rows[3])
  })

  it('labels disturbed observations too, in training alone', async () => {
    const plain = await run(noisy.data, {}, { teacher: logTeacher })
    const augmented = await run(noisy.data, { augment: 0.1 }, { teacher: logTeacher })
    expect(augmented.bytes).not.toEqual(plain.bytes)
    expect((await run(noisy.data, { augment: 0.1 }, { teacher: logTeacher })).bytes).toEqual(augmented.bytes)
    const { heldOut } = augmented.distilled
    expect(heldOut?.train).toEqual(plain.distilled.heldOut?.train)
    expect(decodePolicy(augmented.bytes).contract.provenance).toMatchObject({ recipe: { augment: 0.1 } })
  })
})

describe('what does not go together is refused before any work', () => {
  it.each<[what: string, given: Partial<DistillOptions>, more: Partial<Distillation>, message: string]>([
    ['a value term without rewards', { valueWeight: 0.5 }, {}, 'value weight 0.5: the data has no rewards'],
    ['augmenting without a teacher', { augment: 0.1 }, {}, 'augment 0.1: expected a teacher'],
    [
      'augmenting with a value term',
      { augment: 0.1, valueWeight: 0.5 },
      { teacher: logTeacher, data: { ...noisy.data, hasRewards: true } },
      'augment 0.1: expected value weight 0',
    ],
    [
      'other names than columns',
      {},
      { contract: { ...logContract, actionNames: ['a'] } },
      'data: 2 actions, expected 1 as the contract names',
    ],
    [
      'bounds upside down',
      {},
      { contract: { ...logContract, actionLow: [2, 0] } },
      "low <= failsafe <= high for 'elbow",
    ],
    [
      'too little to hold out',
      {},
      { data: makeLog({ lengths: [8] }).data },
      '8 rows, expected 10 or more in some episode',
    ],
  ])('%s', async (_, given, more, message) => {
    await expect(run(noisy.data, given, more)).rejects.toThrow(message)
  })
})
