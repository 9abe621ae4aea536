import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { once } from '../../bench/jobs/once.ts'
import type { Measured, Plan, Run } from '../../cli/reproduce/run.ts'
import { bestOf } from '../../cli/reproduce/ship.ts'
import { cells, inOrder, markdown, rowsOf } from '../../cli/reproduce/table.ts'
import { paperNetworkSize, reproductionOf, weightBudget } from '../../trainer/studies/paper.ts'
import { outcomeStatistics } from '../../trainer/tasks/evaluate.ts'
import { createTask, paperTasks, prepareTask } from '../../trainer/tasks/registry.ts'
import { bpdIn } from '../support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-reproduce-'))
afterAll(() => rmSync(folder, { recursive: true }))
const shipped = (name: string) => fileURLToPath(new URL(`../../models/pendulum/${name}`, import.meta.url))

describe('the budget of weights', () => {
  it("is the paper's share of the (400, 300) network of each task", async () => {
    const found: Record<string, number[]> = {}
    for (const task of paperTasks()) {
      await prepareTask(task)
      const { spec } = createTask(task)
      found[task] = [paperNetworkSize(spec), weightBudget(task, spec)]
    }
    expect(found).toEqual({
      hopper: [126003, 1701],
      walker2d: [129306, 2172],
      halfcheetah: [129306, 2857],
      ant: [133908, 3213],
    })
  })
})

describe('a row of the table', () => {
  const measured = (returns: number[]): Measured => {
    const mean = returns.reduce((sum, x) => sum + x) / returns.length
    const outcomes = returns.map((value) => ({ return: value, fell: value < 20 }))
    return { ...outcomeStatistics(outcomes), mean, std: 0, outcomes }
  }
  const plan: Plan = {
    task: 'hopper',
    teacherFile: 'teacher',
    teacherSha256: 'ab',
    teacherAlgorithm: 'TD3',
    variants: ['bpd'],
    seeds: 2,
    transitions: 1,
    episodes: 3,
    budgets: [1701, 850],
    given: {},
  }
  const run = (seed: number, weights: number, student: number[], teacher: number[]): Run => ({
    variant: 'bpd',
    share: 1,
    weightBudget: 1701,
    seed,
    policy: new Uint8Array(),
    teacher: measured(teacher),
    student: measured(student),
    picked: 1,
    threshold: 0,
    weights,
    studentWeights: 2 * weights,
    fileBytes: 8 * weights,
    liveUnits: [9, 3],
    seconds: 1,
  })
  const rowFor = (weights: number) => {
    const runs = [run(1, 1000, [10, 20, 60], [40, 40, 40]), run(2, weights, [50, 60, 70], [60, 60, 60])]
    const [row, ...others] = rowsOf(plan, runs, 100_000, reproductionOf('hopper').paper)
    expect(others).toEqual([])
    return row
  }

  it('holds means over seeds, and the median over all episodes', () => {
    expect(rowFor(1600)).toMatchObject({
      task: 'hopper',
      teacherReturn: 50,
      studentReturn: 45,
      retained: 0.9,
      weights: 1300,
      median: 55,
      // one of six fell; it and another lost more than 30 % of the teacher's mean
      fellRate: expect.closeTo(1 / 6, 12),
      failureRate: expect.closeTo(2 / 6, 12),
      teacherFellRate: 0,
      keptOfPaperNetwork: 0.013,
      keptOfStudent: 0.5,
      fileBytes: 10400,
      seeds: [1, 2],
    })
  })

  it('is within the budget only where every seed is, and is marked otherwise', () => {
    expect(rowFor(1701)).toMatchObject({ weightBudget: 1701, withinBudget: true })
    expect(markdown([rowFor(1701)])).not.toContain('over budget')
    // the mean of 1000 and 1702 is within it
    expect(rowFor(1702)).toMatchObject({ weights: 1351, withinBudget: false })
    expect(markdown([rowFor(1702)])).toContain('| 1,351 (over budget) |')
  })

  it('is there for each part of the weights that was measured, and says which', () => {
    const half = { ...run(1, 800, [10], [10]), share: 0.5, weightBudget: 850 }
    const rows = rowsOf(plan, [run(1, 1600, [10], [10]), half], 100_000, reproductionOf('hopper').paper)
    expect(rows.map((row) => [row.share, row.weights, row.weightBudget])).toEqual([
      [1, 1600, 1701],
      [0.5, 800, 850],
    ])
    expect(cells(rows).body.map(([, , , variant]) => variant)).toEqual(['bpd', 'bpd at 50 %', 'the paper'])
  })

  it('comes in the order of tasks, teachers, variants and shares, whenever it was made', () => {
    const row = rowFor(1000)
    const rows = [
      row,
      { ...row, share: 0.5 },
      { ...row, variant: 'no-q' as const },
      { ...row, teacherAlgorithm: 'TQC' },
      { ...row, task: 'walker2d' },
    ]
    expect(inOrder(rows.toReversed())).toEqual(rows)
  })

  it('has as many cells as the head, and is followed by that of the paper', () => {
    const { head, body } = cells([rowFor(1000)])
    expect(body.map((line) => line.length)).toEqual([head.length, head.length])
    expect(body[1].slice(0, 4)).toEqual(['hopper', '', '3,583', 'the paper'])
  })
})

describe('a row that is there', () => {
  const place = join(folder, 'results')
  const earlier = readFileSync(new URL('../../bench/results/reproduce.json', import.meta.url))
  const reproduce = (...more: string[]) =>
    bpdIn(folder, 'reproduce', 'hopper', '--variants', 'dense', '--results', place, ...more)

  it('is not replaced by one of fewer seeds, steps or episodes, and stays as it was', () => {
    mkdirSync(place)
    writeFileSync(join(place, 'reproduce.json'), earlier)
    for (const [more, message] of [
      [['--seeds', '1'], 'has 3 seeds, expected no fewer than that to replace it, not 1'],
      [['--steps', '10'], 'has 50000 steps, expected'],
      [['--episodes', '1'], 'has 100 episodes, expected'],
    ] as const) {
      const { status, stderr } = reproduce(...more)
      expect(stderr).toContain(`reproduce.json: its row of hopper, dense ${message}`)
      expect(status).toBe(2)
    }
    expect(readFileSync(join(place, 'reproduce.json'))).toEqual(earlier)
  })

  it('needs its teacher: one for a task that is not reproduced is refused', () => {
    const { status, stderr } = reproduce('--teacher', 'walker2d=nope')
    expect(stderr).toContain('--teacher walker2d=…: expected a task out of hopper')
    expect(status).toBe(2)
  })
})

describe('the student that ships', () => {
  const run = (variant: Run['variant'], weights: number, picked: number) =>
    ({ variant, weights, picked, fileBytes: 8 * weights }) as Run

  it('is picked by the rule of every run: the fewest weights that retain 98 %, or else the best', () => {
    const runs = [run('bpd', 400, 0.99), run('no-q', 200, 0.981), run('no-q', 100, 0.97), run('dense', 50, 1)]
    expect(bestOf(runs)).toBe(runs[1])
    expect(bestOf(runs.slice(2))).toBe(runs[2])
    expect(bestOf([run('no-q', 100, 0.5), run('no-q', 300, 0.9)])).toMatchObject({ weights: 300 })
    // what cannot be cut to several sizes is there to be compared with
    expect(bestOf(runs.slice(3))).toBeUndefined()
  })
})

describe('a job', () => {
  it('is done once, and anew where its input is another', async () => {
    const [place, input] = [join(folder, 'job'), join(folder, 'input')]
    const words = ['inspect', shipped('student.bpd')]
    const file = join(place, 'result.json')
    writeFileSync(input, 'one')
    const first = await once(place, words, [shipped('student.bpd'), shipped('teacher.safetensors')], { force: false })
    const made = statSync(file, { bigint: true }).mtimeNs
    expect(
      await once(place, words, [shipped('student.bpd'), shipped('teacher.safetensors')], { force: false }),
    ).toEqual(first)
    expect(statSync(file, { bigint: true }).mtimeNs).toBe(made)
    expect(await once(place, words, [shipped('student.bpd'), input], { force: false })).toEqual(first)
    const second = statSync(file, { bigint: true }).mtimeNs
    expect(second).toBeGreaterThan(made)
    // what the command leaves to the task's recipe is part of it
    await once(place, words, [shipped('student.bpd'), input], { unlessGiven: { steps: 2 }, force: false })
    expect(statSync(file, { bigint: true }).mtimeNs).toBeGreaterThan(second)
  })
})

describe('what cannot be reproduced is refused before any work', () => {
  const pendulum = shipped('teacher.safetensors')
  it.each([
    ['a task that the paper has not', ['pendulum'], 'task "pendulum": expected one of hopper'],
    ['no teacher', ['hopper', '--models', 'none'], 'no such teacher, give one with --teacher hopper=<file>'],
    ["another task's", ['hopper', '--teacher', `hopper=${pendulum}`], 'a policy of 3 observations and 1 actions'],
    ['a teacher without its task', ['hopper', '--teacher', pendulum], 'Expected task=file'],
    ['an unknown variant', ['hopper', '--variants', 'bpd,l0'], 'Expected names out of bpd'],
  ])('%s', (_, words, message) => {
    const { status, stdout, lines } = bpdIn(folder, 'reproduce', ...words)
    expect({ status, stdout, lines: lines.length }).toEqual({ status: 2, stdout: '', lines: 1 })
    expect(lines[0]).toContain(message)
  })
})
