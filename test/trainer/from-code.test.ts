/** What a program asks for is checked before any work, by the rules that study files and the command line have. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { transitionsOf } from '../../trainer/data/transitions.ts'
import type { DistillOptions } from '../../trainer/distill/options.ts'
import { collectTransitions, distill, distillFromData, evaluatePolicy } from '../../trainer/from-code.ts'
import { Interrupted } from '../../trainer/interrupted.ts'
import { createTask } from '../../trainer/tasks/registry.ts'
import { teach } from '../../trainer/teachers/teach.ts'
import { type TeachOptions, teachDefaults } from '../../trainer/teachers/teach-options.ts'
import { loadTeacher } from '../../trainer/teachers/teacher.ts'

const task = 'pendulum'
const teacher = loadTeacher('models/pendulum/teacher.safetensors')
const policy = readFileSync('models/pendulum/student.bpd')
// of 3 observations and 1 action
const data = transitionsOf(new Float32Array(100 * 11), 3, 1)

describe('an option of a distillation that cannot be is refused by its name', () => {
  const refused: [Record<string, unknown>, string][] = [
    [{ steps: -5 }, 'options: steps: -5, expected a whole number >= 2'],
    [{ steps: 2.5 }, 'options: steps: 2.5, expected a whole number'],
    [{ chunks: 3 }, 'options: chunks: 3, expected a whole number from 1 to 2'],
    [{ threads: 0 }, 'options: threads: 0, expected a whole number >= 1'],
    [{ pickEpisodes: 0 }, 'options: pickEpisodes: 0, expected a whole number >= 1'],
    [{ thresholds: [] }, 'options: thresholds: [], expected 1 to 100 entries'],
    [{ keep: [] }, 'options: keep: [], expected 1 to 100 entries'],
    [{ hidden: [0] }, 'options: hidden.0: 0, expected a whole number from 1 to 1024'],
    [{ batchSize: 0 }, 'options: batchSize: 0, expected a whole number from 2 to 65536'],
    [{ seed: -1 }, 'options: seed: -1, expected a whole number from 0 to 4294967295'],
    [{ variant: 'none' }, 'options: variant: "none", expected bpd or no-q'],
    [{ tile: 'broad' }, 'options: tile: "broad", expected wide or narrow'],
    [{ threads: 1.5 }, 'options: threads: 1.5, expected a whole number >= 1'],
    [{ prune: 'foo' }, 'options: prune: "foo", expected obd or'],
    [{ keep: 150 }, 'options: keep: 150, expected a list'],
    [{ steps: '100' }, 'options: steps: "100", expected a whole number >= 2'],
    [{ step: 100 }, 'options: step: 100, expected none of that name'],
  ]
  it.each(refused)('%j', async (options, message) => {
    await expect(distill({ task, teacher, transitions: data, options })).rejects.toThrow(message)
  })

  it('without a task too', async () => {
    const contract = { name: 'arm', observationNames: ['angle'], actionNames: ['torque'] }
    const bounds = { actionLow: [-1], actionHigh: [1], period: 0.02 }
    const request = { contract: { ...contract, ...bounds }, data, options: { maxError: 0 } }
    await expect(distillFromData(request)).rejects.toThrow('options: maxError: 0, expected a number from 1e-9 to 10')
  })

  it('nor are minutes between checkpoints', async () => {
    const checkpoint = { file: 'never', minutes: Number.NaN }
    await expect(distill({ task, teacher, transitions: data, checkpoint })).rejects.toThrow(
      'checkpoint: minutes: NaN, expected a number >= 0',
    )
  })

  it('but one that is undefined was not given', async () => {
    const options: Partial<DistillOptions> = { seed: undefined, keep: undefined, steps: 2, thresholds: [0] }
    const { bytes } = await distill({
      task,
      teacher,
      transitions: await collectTransitions({ task, teacher, transitions: 300, workers: 1 }),
      options: { ...options, threads: undefined, tuneUpdates: 1, pickEpisodes: 1, batchSize: 16, evaluateEvery: 2 },
    })
    expect(bytes.length).toBeGreaterThan(0)
  })
})

describe('an option of teaching that cannot be is refused by its name', () => {
  const options = { ...teachDefaults, steps: 1200, hidden: [4], seed: 1, threads: 1 }
  it.each<[Record<string, unknown>, string]>([
    [{ steps: 0 }, 'options: steps: 0, expected a whole number >= 2'],
    [{ steps: undefined }, 'options: steps: absent, expected a whole number >= 2'],
    [{ threads: 1.5 }, 'options: threads: 1.5, expected a whole number >= 1'],
    [{ algorithm: 'ppo' }, 'options: algorithm: "ppo", expected td3 or sac'],
    [{ seed: -3.5 }, 'options: seed: -3.5, expected a whole number from 0 to 4294967295'],
    [{ hidden: 16 }, 'options: hidden: 16, expected a list'],
    [{ evaluationEpisodes: 0 }, 'options: evaluationEpisodes: 0, expected a whole number >= 1'],
    [{ stepz: 5 }, 'options: stepz: 5, expected none of that name, only algorithm, steps,'],
  ])('%j', async (given, message) => {
    const teaching = teach(() => createTask(task), { ...options, ...given } as TeachOptions)
    await expect(teaching).rejects.toThrow(message)
  })
})

describe('no episodes are played for', () => {
  it.each([
    ['no transitions', { transitions: 0 }, 'transitions: 0, expected a whole number from 1 to 100000000'],
    ['half a transition', { transitions: 1500.5 }, 'transitions: 1500.5, expected a whole number from 1 to 100000000'],
    [
      'all transitions',
      { transitions: Infinity },
      'transitions: Infinity, expected a whole number from 1 to 100000000',
    ],
    ['no workers', { workers: 0 }, 'workers: 0, expected a whole number >= 1'],
    ['no noise to draw', { sigmas: [] }, 'sigmas: [], expected one or more'],
    ['noise below none', { sigmas: [0, -1] }, 'sigmas: 1: -1, expected a number from 0 to 10'],
    ['half a seed', { seed: 0.5 }, 'seed: 0.5, expected a whole number from 0 to 4294967295'],
  ])('%s', async (_, request, message) => {
    await expect(collectTransitions({ task, teacher, ...request })).rejects.toThrow(message)
  })

  it.each([
    ['no episodes', { episodes: 0 }, 'episodes: 0, expected a whole number from 1 to 1000000'],
    ['half an episode', { episodes: 2.5 }, 'episodes: 2.5, expected a whole number from 1 to 1000000'],
    ['no number of episodes', { episodes: Number.NaN }, 'episodes: NaN, expected a whole number from 1 to 1000000'],
    ['no workers', { workers: 0 }, 'workers: 0, expected a whole number >= 1'],
  ])('%s of a policy', async (_, request, message) => {
    await expect(evaluatePolicy({ task, policy, ...request })).rejects.toThrow(message)
  })
})

describe('what was stopped before it began does nothing', () => {
  const signal = AbortSignal.abort()
  const contract = { name: 'pendulum', observationNames: ['x', 'y', 'w'], actionNames: ['u'], period: 0.05 }
  it.each<[what: string, begin: () => Promise<unknown>]>([
    ['collecting', () => collectTransitions({ task, teacher, signal })],
    ['evaluating', () => evaluatePolicy({ task, policy, signal })],
    ['distilling', () => distill({ task, teacher, transitions: data, signal })],
    [
      'distilling from data',
      () => distillFromData({ contract: { ...contract, actionLow: [-2], actionHigh: [2] }, data, signal }),
    ],
    [
      'teaching',
      () =>
        teach(
          () => {
            throw new Error('it began')
          },
          { ...teachDefaults, steps: 100, seed: 1, threads: 1 },
          { signal },
        ),
    ],
  ])('%s', async (_, begin) => {
    await expect(begin()).rejects.toThrow(new Interrupted('interrupted before it began'))
  })
})

describe('is stopped after the episode at hand', () => {
  it.each<[what: string, begin: (signal: AbortSignal) => Promise<unknown>]>([
    ['collecting', (signal) => collectTransitions({ task, teacher, transitions: 100_000, workers: 1, signal })],
    ['evaluating', (signal) => evaluatePolicy({ task, policy, episodes: 1000, workers: 1, signal })],
  ])('%s', async (what, begin) => {
    const stop = new AbortController()
    setImmediate(() => stop.abort())
    await expect(begin(stop.signal)).rejects.toThrow(new Interrupted(`interrupted while ${what}`))
  })
})
