import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { collect } from '../../../trainer/data/collect.ts'
import { collectInParallel, playEpisodes } from '../../../trainer/data/episodes.ts'
import { pick } from '../../../trainer/distill/pick.ts'
import { createTask } from '../../../trainer/tasks/registry.ts'

const policy = readFileSync(new URL('../../../models/pendulum/student.bpd', import.meta.url))
const setting = { taskName: 'pendulum', policy }

describe('episodes in worker threads', () => {
  it('have the returns of one thread, in the same order, for any number of workers', async () => {
    const wanted = { seed: 2, purpose: 'report' as const }
    const alone = await playEpisodes(setting, wanted, 7, 1)
    expect(await playEpisodes(setting, wanted, 7, 3)).toEqual(alone)
    expect(new Set(alone.map((outcome) => outcome.return)).size).toBe(7)
  })

  it('are collected to the same rows as by one thread, the last episode cut', async () => {
    const options = { transitions: 1250, sigmas: [0, 0.3], seed: 5 }
    const student = loadPolicy(policy)
    const alone = [...collect(createTask('pendulum'), (x, y) => student.stepInto(x, y), options)]
    const together: Float32Array[] = []
    for await (const rows of collectInParallel(setting, createTask('pendulum'), options, 3)) together.push(rows)
    expect(together).toEqual(alone)
  })

  it('end, however many are asked for', async () => {
    const options = { transitions: 250.5, sigmas: [0], seed: 5 }
    const lengths: number[] = []
    for await (const rows of collectInParallel(setting, createTask('pendulum'), options, 1)) {
      lengths.push(rows.length)
      if (lengths.length > 2) break
    }
    expect(lengths).toHaveLength(2)
  })
})

describe('picking within a number of weights', () => {
  const point = (weights: number, tunedReturn: number) => ({
    threshold: 0,
    weights,
    bytes: 8 * weights,
    prunedReturn: 0,
    tunedReturn,
  })
  const points = [point(100, 5), point(200, 8), point(300, 7), point(400, 10)]

  it('takes the best return of those that fit', () => {
    expect(pick(points, 10, { tolerance: 0.02, maxWeights: 300 }).picked).toBe(points[1])
    expect(pick(points, 10, { tolerance: 0.02, maxWeights: 400 }).picked).toBe(points[3])
  })

  it('takes the fewest weights where none fits', () => {
    expect(pick(points, 10, { tolerance: 0.02, maxWeights: 50 }).picked).toBe(points[0])
  })
})
