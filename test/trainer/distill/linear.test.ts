/** Students without a hidden layer, on Hopper's own teacher and on teachers that are known to be linear. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readProgram } from '../../../runtime-as/exports/program.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { referenceForward } from '../../../runtime-as/kernel/reference.ts'
import { collect } from '../../../trainer/data/collect.ts'
import { transitionsOf } from '../../../trainer/data/transitions.ts'
import { Checkpoints } from '../../../trainer/distill/checkpoint.ts'
import { makeStudent } from '../../../trainer/distill/make-student.ts'
import { type DistillOptions, distillOptions } from '../../../trainer/distill/options.ts'
import type { DistillJob } from '../../../trainer/distill/session.ts'
import { fitted } from '../../../trainer/distill/variants/linear.ts'
import { type VariantName, variantNames } from '../../../trainer/distill/variants.ts'
import { Field } from '../../../trainer/files/field.ts'
import { Trainer } from '../../../trainer/kernels/trainer.ts'
import { randomStream } from '../../../trainer/random.ts'
import { checkRecipe } from '../../../trainer/tasks/own/recipe.ts'
import { createTask, prepareTask } from '../../../trainer/tasks/registry.ts'
import { teacherController } from '../../../trainer/teachers/policy.ts'
import { loadTeacher } from '../../../trainer/teachers/teacher.ts'
import { cActions, hasGcc, kernelActions, wasmActions } from '../../support/generated.ts'
import { bits } from '../../support/networks.ts'
import { configOf } from '../../support/reference-step.ts'
import { largestDifference } from '../../support/vectors.ts'

const teacher = loadTeacher(new URL('../../../models/hopper/teacher.safetensors', import.meta.url).pathname)
await prepareTask('hopper')
const task = createTask('hopper')
const how = { transitions: 600, sigmas: [0, 0.3], seed: 1 }
const rows = Float32Array.from([...collect(task, teacherController(teacher, task.spec), how)].flatMap((e) => [...e]))
const data = transitionsOf(rows, 11, 3)

const student = (
  given: Partial<DistillOptions>,
  checkpoints?: (job: DistillJob) => Checkpoints,
  signal?: AbortSignal,
) =>
  makeStudent(
    'hopper',
    teacher,
    data,
    distillOptions('hopper', {
      steps: 40,
      evaluateEvery: 40,
      progressEpisodes: 1,
      pickEpisodes: 1,
      tuneUpdates: 20,
      thresholds: [2],
      criticHidden: [16, 16],
      batchSize: 32,
      fused: false,
      seed: 1,
      threads: 1,
      ...given,
    }),
    { checkpoints, signal },
  )

it('the closed form finds a linear teacher to 1e-4, whatever the ranges of its actions', () => {
  const shape = { observations: 7, actions: 2, hidden: [], criticHidden: [8], batch: 4 }
  const trainer = new Trainer({ ...configOf(shape), actionHigh: [4, 0.5] }, { seed: 1 })
  const { data, rowLength, config } = trainer
  const random = randomStream(1, 'linear')
  const theta = Float32Array.from({ length: 14 }, () => random.uniform(-0.25, 0.25))
  const bias = Float32Array.of(0.3, -0.2)
  for (let at = 0; at < data.length; at += rowLength) {
    const x = Array.from({ length: 7 }, () => random.uniform(-2, 2))
    data.set(x, at)
    for (const [k, low] of config.actionLow.entries()) {
      const z = x.reduce((sum, value, i) => sum + theta[k * 7 + i] * value, bias[k])
      data[at + 7 + k] = low + ((Math.tanh(z) + 1) / 2) * (config.actionHigh[k] - low)
    }
  }
  trainer.count = config.capacity
  const found = fitted(trainer)
  expect(largestDifference(found.theta, theta)).toBeLessThan(1e-4)
  expect(largestDifference(found.bias, bias)).toBeLessThan(1e-4)
})

it('of Hopper has 33 weights, its file the same bits in the reference, the module and the C', async () => {
  const { bytes } = await student({ variant: 'linear' })
  const decoded = decodePolicy(bytes)
  expect(decoded.weights).toBe(33)
  expect(decoded.network.layers.map(({ activation }) => activation)).toEqual(['tanh'])
  const observations = Array.from({ length: 50 }, (_, r) => rows.slice(r * 31, r * 31 + 11))
  const expected = observations.map((x) => bits(referenceForward(decoded, x)))
  expect(kernelActions(bytes, observations)).toEqual(expected)
  expect(wasmActions(readProgram(bytes), observations)).toEqual(expected)
  if (hasGcc) expect(cActions(bytes, observations, ['-O2'])).toEqual(expected)
})

it('keeps the largest of its weights where the budget is less, and trains on from the closed form', async () => {
  const made = async (given: Partial<DistillOptions>) =>
    decodePolicy((await student({ variant: 'linear', ...given })).bytes)
  expect((await made({ budget: 20 })).weights).toBe(20)
  // as good as no training: the seed has no part in what is left
  const still = { actorRate: 1e-20, tuneRate: 1e-20 }
  const [start, same, trained] = [await made(still), await made({ ...still, seed: 2 }), await made({})]
  expect(same.network).toEqual(start.network)
  const difference = largestDifference(trained.network.layers[0].weights, start.network.layers[0].weights)
  expect(difference).toBeGreaterThan(1e-4)
})

const kinds: [VariantName, Partial<DistillOptions>][] = [
  ['bpd', { tuneWithValue: true }],
  ['no-q', { keep: [12] }],
  ['l1', { budget: 12 }],
  ['magnitude', { budget: 12 }],
  ['random', { budget: 12 }],
  ['obd', { keep: [20, 12], stageUpdates: 5, rounds: 1, roundUpdates: 5, swap: 0.2 }],
  ['linear', { keep: [20, 12] }],
  ['linear', { prune: 'obd', budget: 12, stageUpdates: 5, rounds: 0 }],
]

it.each(kinds)('is made by the variant %s too, with %o', async (variant, given) => {
  const { bytes, distilled } = await student({ variant, hidden: [], ...given })
  const { network, contract } = decodePolicy(bytes)
  expect(network.layers).toHaveLength(1)
  expect(distilled.studentWeights).toBe(33)
  if (given.budget ?? given.keep) expect(Math.min(...distilled.sweep.map((point) => point.weights))).toBe(12)
  expect(contract.provenance).toMatchObject({ recipe: { hidden: [] } })
})

it('is no dense network of a budget, which has hidden layers to fit to it: one line', async () => {
  await expect(student({ variant: 'dense', hidden: [] })).rejects.toThrow(/^variant dense: hidden none, expected .*$/)
  // every other variant is tried above
  const tried = new Set(['linear', ...kinds.map(([name]) => name)])
  expect(variantNames.filter((name) => !tried.has(name))).toEqual(['dense'])
})

it("may be what a task of one's own asks for; its critics have hidden layers", () => {
  const recipe = (says: object) => checkRecipe(new Field('task.ts', 'recipe', says))
  expect(recipe({ hidden: [] }).hidden).toEqual([])
  expect(() => recipe({ criticHidden: [] })).toThrow('task.ts: recipe.criticHidden: [], expected 1 to 100 entries')
})

it('resumes to the same bits, while it trains and between its cuts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-linear-'))
  const file = join(folder, 'checkpoint.safetensors')
  const given: Partial<DistillOptions> = { hidden: [], thresholds: [0, 2] }
  const whole = await student(given)
  const abort = new AbortController()
  let saves = 0
  class Interrupting extends Checkpoints {
    override async save(...of: Parameters<Checkpoints['save']>): Promise<void> {
      await super.save(...of)
      if (++saves === 2) abort.abort()
    }
  }
  await expect(
    student(given, (job) => new Interrupting(file, job, { minutes: 0, resume: false }), abort.signal),
  ).rejects.toThrow('interrupted')
  const resumed = await student(given, (job) => new Checkpoints(file, job, { minutes: 60, resume: true }))
  expect(resumed.bytes).toEqual(whole.bytes)
  rmSync(folder, { recursive: true })
})
