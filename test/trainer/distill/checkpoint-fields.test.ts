import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { collect } from '../../../trainer/data/collect.ts'
import { transitionsOf } from '../../../trainer/data/transitions.ts'
import { Checkpoints } from '../../../trainer/distill/checkpoint.ts'
import { makeStudent } from '../../../trainer/distill/make-student.ts'
import { distillOptions } from '../../../trainer/distill/options.ts'
import { type DistillJob, Session } from '../../../trainer/distill/session.ts'
import { Trainer } from '../../../trainer/kernels/trainer.ts'
import { Pendulum } from '../../../trainer/tasks/pendulum.ts'
import { teacherController } from '../../../trainer/teachers/policy.ts'
import { loadTeacher } from '../../../trainer/teachers/teacher.ts'
import { type Content, changeCheckpoint, expectFlipsRefused } from '../../support/checkpoints.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-fields-'))
afterAll(() => rmSync(folder, { recursive: true }))
const [saved, changed] = ['saved', 'changed'].map((name) => join(folder, name))

let job: DistillJob
let session: Session
const load = () => new Checkpoints(changed, job, { minutes: 0, resume: true }).load(session.trainer)

beforeAll(async () => {
  const teacher = loadTeacher(fileURLToPath(new URL('../../../models/pendulum/teacher.safetensors', import.meta.url)))
  const task = new Pendulum()
  const control = teacherController(teacher, task.spec)
  const rows = [...collect(task, control, { transitions: 200, sigmas: [0.2], seed: 1 })]
  const transitions = transitionsOf(Float32Array.from(rows.flatMap((episode) => [...episode])), 3, 1)
  const short = { steps: 60, evaluateEvery: 25, hidden: [6, 5], criticHidden: [8], batchSize: 8, thresholds: [-1, 1] }
  const little = { tuneUpdates: 5, pickEpisodes: 1, progressEpisodes: 1, seed: 1, threads: 1, fused: false }
  const stop = new AbortController()
  const run = makeStudent('pendulum', teacher, transitions, distillOptions('pendulum', { ...short, ...little }), {
    signal: stop.signal,
    checkpoints: (made) => {
      job = made
      return new Checkpoints(saved, made, { minutes: 1000, resume: false })
    },
    // the first cut is tuned and about to be saved
    onProgress: ({ phase }) => phase === 'tune' && stop.abort(),
  })
  await expect(run).rejects.toThrow('interrupted while tuning')
  session = new Session(job, Trainer)
})

describe('a checkpoint of a distillation', () => {
  it('holds the curve, the trained student and the one that is tuned', async () => {
    await changeCheckpoint(saved, changed, () => {})
    expect(load()).toMatchObject({ step: 60, tuned: [{ threshold: -1, network: { layers: [{ inputs: 3 }, {}, {}] } }] })
    expect(load()?.curve.map(({ step }) => step)).toEqual([25, 50, 60])
    expect(load()?.trained?.map(({ bias }) => bias.length)).toEqual([6, 5, 1])
    expect(readFileSync(changed)).toEqual(readFileSync(saved))
  })

  it.each<[what: string, change: (content: Content) => void, message: string]>([
    [
      'a negative step',
      ({ state }) => Object.assign(state, { step: -5 }),
      'state.step: -5, expected a whole number from 0 to 60',
    ],
    [
      'a step that is none',
      ({ state }) => Object.assign(state, { step: 'x' }),
      'state.step: "x", expected a whole number',
    ],
    [
      'a step beyond the end',
      ({ state }) => Object.assign(state, { step: 61 }),
      'state.step: 61, expected a whole number',
    ],
    ['another step', ({ state }) => Object.assign(state, { step: 50 }), 'state.step: 50, expected 60, as many as its'],
    ['a curve that is none', ({ state }) => Object.assign(state, { curve: 3 }), 'state.curve: 3, expected a list'],
    ['a point too few', ({ state }) => state.curve.pop(), 'state.curve: [{"step":25'],
    [
      'a point of another step',
      ({ state }) => Object.assign(state.curve[1], { step: 49 }),
      'state.curve.1.step: 49, expected 50',
    ],
    [
      'a point without a return',
      ({ state }) => delete state.curve[2].return,
      'state.curve.2.return: absent, expected a finite',
    ],
    ['a point that is null', ({ state }) => state.curve.fill(null), 'state.curve.0: null, expected a map'],
    [
      'a histogram of words',
      ({ state }) => Object.assign(state.curve[0], { logAlphaHistogram: ['a'] }),
      'state.curve.0.logAlphaHistogram.0: "a"',
    ],
    [
      'trained of another kind',
      ({ state }) => Object.assign(state, { trained: 7 }),
      'state.trained: 7, expected true or false',
    ],
    [
      'no trained student',
      ({ tensors }) => tensors.delete('trained.1.theta'),
      'tensor "trained.1.theta": none, expected 30',
    ],
    ['tuned before it was trained', ({ state }) => Object.assign(state, { trained: false }), 'state.tuned: [{'],
    ['tuned that is no list', ({ state }) => Object.assign(state, { tuned: {} }), 'state.tuned: {}, expected a list'],
    ['more cuts than there are', ({ state }) => state.tuned.push(...Array(2).fill(state.tuned[0])), 'tensor "tuned.1.'],
    [
      'a cut without its threshold',
      ({ state }) => delete state.tuned[0].point.threshold,
      'state.tuned.0.point.threshold: absent',
    ],
    ['a network of fewer layers', ({ state }) => state.tuned[0].layers.pop(), 'state.tuned.0.layers: [{'],
    ['layers that do not chain', ({ state }) => state.tuned[0].layers[1].inputs++, 'state.tuned.0.layers.1.inputs: '],
    [
      'an unknown activation',
      ({ state }) => Object.assign(state.tuned[0].layers[0], { activation: 'elu' }),
      'state.tuned.0.layers.0.activation: "elu", expected none or relu',
    ],
    ['other weights than it says', ({ state }) => state.tuned[0].point.weights++, 'state.tuned.0.point.weights: '],
    ['no tuned weights', ({ tensors }) => tensors.delete('tuned.0.0.weights'), 'tensor "tuned.0.0.weights": none'],
    ['too little memory', ({ tensors }) => tensors.set('memory', new Float32Array(9)), 'tensor "memory": 9, expected'],
  ])('with %s is refused by file and field', async (_, change, message) => {
    await changeCheckpoint(saved, changed, change)
    expect(load).toThrow(InputError)
    expect(load).toThrow(`${changed}: ${message}`)
  })

  it('with any bit flipped is refused, never an internal error', () => {
    expectFlipsRefused(readFileSync(saved), changed, load, 600)
  }, 120_000)

  it.each([
    ['another value', { tuneRate: 0.5, tuneUpdates: 6 }, 'tuneUpdates: the checkpoint was made with 5, this run has 6'],
    ['an option more', { tuneRate: 0.5 }, 'tuneRate: the checkpoint was made with none, this run has 0.5'],
  ])('of a run with %s is refused', async (_, other, message) => {
    await changeCheckpoint(saved, changed, () => {})
    const another = { ...job, options: { ...job.options, ...other } }
    expect(() => new Checkpoints(changed, another, { minutes: 0, resume: true }).load(session.trainer)).toThrow(message)
  })

  it('with an option that this run has not is refused', async () => {
    const another = { ...job, options: { ...job.options, tuneRate: 0.5 } }
    await new Checkpoints(changed, another, { minutes: 0, resume: false }).save({
      step: 0,
      curve: [],
      memory: session.trainer.save(),
      tuned: [],
    })
    expect(load).toThrow(`${changed}: tuneRate: the checkpoint was made with 0.5, this run has none`)
  })
})
