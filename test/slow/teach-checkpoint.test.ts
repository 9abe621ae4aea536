import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InputError } from '../../runtime-as/errors.ts'
import { authorsDefaults, type StepConfig } from '../../trainer/kernels/config.ts'
import { Trainer } from '../../trainer/kernels/trainer.ts'
import { Pendulum } from '../../trainer/tasks/pendulum.ts'
import { readSafetensors } from '../../trainer/teachers/safetensors.ts'
import { type TeachRun, teach } from '../../trainer/teachers/teach.ts'
import { loadTeachState } from '../../trainer/teachers/teach-checkpoint.ts'
import { teachDefaults } from '../../trainer/teachers/teach-options.ts'
import { type Content, changeCheckpoint, expectFlipsRefused } from '../support/checkpoints.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-teach-'))
afterAll(() => rmSync(folder, { recursive: true }))
const [early, never, late, changed] = ['early', 'never', 'late', 'changed'].map((name) => join(folder, name))

const size = { hidden: [4], batchSize: 4, evaluateEvery: 150, evaluationEpisodes: 1 }
const short = (run: TeachRun, randomSteps = 350, steps = 450) =>
  teach(() => new Pendulum(), { ...teachDefaults, ...size, steps, randomSteps, seed: 1, threads: 1 }, run)
const at = (path: string) => ({ path, minutes: 1000 })

/** Comes while the first episode is played. */
const soon = (): AbortSignal => {
  const interrupt = new AbortController()
  setImmediate(() => interrupt.abort())
  return interrupt.signal
}

/** A run that was stopped in the first episode, or in the second. */
const stop = async (path: string, randomSteps: number, afterEpisodes: number) => {
  const stopped = (signal: AbortSignal) => expect(short({ checkpoint: at(path), signal }, randomSteps)).rejects
  await stopped(soon()).toThrow('interrupted at step 200')
  if (afterEpisodes === 2) await stopped(soon()).toThrow('interrupted at step 400')
}

describe('teaching that was stopped before its first evaluation', () => {
  it('goes on to the same bits', async () => {
    const seen: number[] = []
    const whole = await short({ onProgress: ({ best }) => seen.push(best) })
    await stop(early, 350, 1)
    const again: number[] = []
    expect(await short({ checkpoint: at(early), onProgress: ({ best }) => again.push(best) })).toEqual(whole)
    // of a pendulum: at most 0
    expect(seen.every((best) => best <= 0)).toBe(true)
    expect(again).toEqual(seen)
  })

  it('without any evaluation at all ends with the actor that it began with, stopped or not', async () => {
    const whole = await short({}, 450, 450)
    await stop(never, 450, 1)
    expect(await short({ checkpoint: at(never) }, 450, 450)).toEqual(whole)
  })
})

describe('a checkpoint of teaching', () => {
  beforeAll(() => stop(late, 100, 2))
  // it is refused before anything is done, or the run is over where it is stopped at once
  const load = () => short({ checkpoint: at(changed), signal: soon() }, 100)

  it.each<[what: string, change: (content: Content) => void, message: string]>([
    ['a negative step', ({ state }) => Object.assign(state, { step: -5 }), 'state.step: -5, expected a whole number'],
    ['a step that is none', ({ state }) => Object.assign(state, { step: 'x' }), 'state.step: "x", expected a whole'],
    [
      'another step',
      ({ state }) => Object.assign(state, { step: 399 }),
      'state.step: 399, expected a step by which 300',
    ],
    ['too many steps', ({ state }) => Object.assign(state, { step: 450 }), '450 steps are done, expected fewer than'],
    ['no episode', ({ state }) => delete state.episode, 'state.episode: absent, expected a whole number from 1'],
    ['a random stream cut short', ({ state }) => state.explore.pop(), 'state.explore: ['],
    ['a random stream of words', ({ state }) => state.explore.fill('a'), 'state.explore.0: "a", expected a whole'],
    [
      'negative time',
      ({ state }) => Object.assign(state, { seconds: -1 }),
      'state.seconds: -1, expected a number >= 0',
    ],
    ['a best return of null', ({ state }) => Object.assign(state, { bestReturn: null }), 'state.bestReturn: null'],
    ['no best actor', ({ tensors }) => tensors.delete('best.0.theta'), 'tensor "best.0.theta": none, expected 12'],
    [
      'a short bias',
      ({ tensors }) => tensors.set('best.1.bias', new Float32Array(2)),
      'tensor "best.1.bias": 2, expected 1',
    ],
    ['no memory', ({ tensors }) => tensors.delete('memory'), 'tensor "memory": none'],
    ['too little memory', ({ tensors }) => tensors.set('memory', new Float32Array(9)), 'tensor "memory": 9, expected'],
    [
      'too few transitions',
      ({ tensors }) => tensors.set('transitions', new Float32Array(9)),
      'tensor "transitions": 9',
    ],
  ])('with %s is refused by file and field', async (_, change, message) => {
    await changeCheckpoint(late, changed, change)
    await expect(load()).rejects.toThrow(InputError)
    await expect(load()).rejects.toThrow(`${changed}: ${message}`)
  })

  it('of an older format is refused', async () => {
    const bytes = readFileSync(late)
    bytes[bytes.indexOf('bpd-teach-checkpoint-2') + 21] = '1'.charCodeAt(0)
    writeFileSync(changed, bytes)
    await expect(load()).rejects.toThrow('metadata format: "bpd-teach-checkpoint-1", expected "bpd-teach-checkpoint-2"')
  })

  it('with any bit flipped is refused, never an internal error', () => {
    const { spec } = new Pendulum()
    const config: StepConfig = {
      ...authorsDefaults,
      observationSize: 3,
      actionSize: 1,
      actionLow: spec.actionLow,
      actionHigh: spec.actionHigh,
      hidden: size.hidden,
      batchSize: size.batchSize,
      capacity: 450,
      kl: { shape: 'constant', nu: 0, cap: 0, steps: 450 },
    }
    const trainer = new Trainer(config, { seed: 1, relaxed: false })
    const identity = JSON.parse(readSafetensors(readFileSync(late), late).metadata.identity)
    const about = { blank: trainer.networks.readActor(), updates: (step: number) => step - 100 }
    expectFlipsRefused(readFileSync(late), changed, () => loadTeachState(changed, identity, trainer, about), 300)
  }, 120_000)
})
