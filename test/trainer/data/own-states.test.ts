import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import type { Actors } from '../../../trainer/data/episode.ts'
import { EpisodePool } from '../../../trainer/data/episode-pool.ts'
import { collectOwnStates } from '../../../trainer/data/episodes.ts'
import { floorOf, type OwnStates, ownEpisode, teacherFloor } from '../../../trainer/data/own-states.ts'
import { type Controller, controllerOf } from '../../../trainer/tasks/evaluate.ts'
import { createTask, prepareTask } from '../../../trainer/tasks/registry.ts'
import type { Task } from '../../../trainer/tasks/task.ts'
import { actingBytes, teacherController } from '../../../trainer/teachers/policy.ts'
import { loadTeacher } from '../../../trainer/teachers/teacher.ts'
import { plainPolicy } from '../../support/own-policy.ts'

const models = new URL('../../../models/', import.meta.url)
const shipped = (taskName: string) => {
  const task = createTask(taskName)
  const teacher = loadTeacher(new URL(`${taskName}/teacher.safetensors`, models).pathname)
  const policy = readFileSync(new URL(`${taskName}/student.bpd`, models))
  return {
    task,
    actors: { policy, labeller: actingBytes(teacher, task.spec) },
    student: controllerOf(loadPolicy(policy)),
    teacher: teacherController(teacher, task.spec),
  }
}

/** The task, of episodes as short as that, and every action that is executed in it. */
function recorded(task: Task, maxSteps = task.spec.maxSteps): { task: Task; executed: Float32Array[] } {
  const executed: Float32Array[] = []
  const step = (action: ArrayLike<number>) => {
    executed.push(Float32Array.from(action))
    return task.step(action)
  }
  const recording: Task = {
    spec: { ...task.spec, maxSteps },
    observation: task.observation,
    get terminated() {
      return task.terminated
    },
    reset: (random) => task.reset(random),
    step,
  }
  return { task: recording, executed }
}

const answer = (control: Controller, observation: ArrayLike<number>, actions: number) => {
  const action = new Float32Array(actions)
  control(observation, action)
  return action
}

beforeAll(() => Promise.all([prepareTask('pendulum'), prepareTask('hopper')]))

describe('own states', () => {
  it("bear the teacher's own action at each of them, whoever acts and however noisily", () => {
    for (const name of ['pendulum', 'hopper']) {
      const { task, student, teacher } = shipped(name)
      const [o, a] = [task.spec.observationNames.length, task.spec.actionNames.length]
      const { task: recording, executed } = recorded(task, 100)
      let steps = 0
      for (let episode = 0; episode < 8; episode++) {
        const { rows } = ownEpisode(recording, student, teacher, { seed: 1, round: 0 }, episode)
        const again = rows.slice()
        for (let at = 0; at < rows.length; at += o + a)
          teacher(rows.subarray(at, at + o), again.subarray(at + o, at + o + a))
        expect(rows).toEqual(again)
        steps += rows.length / (o + a)
      }
      // a row is a step
      expect(steps).toBe(executed.length)
      expect(steps).toBeGreaterThan(700)
    }
  })

  it('are half of them of the student alone, a quarter of it with noise, a quarter of turns with the teacher', () => {
    const { task, student, teacher } = shipped('pendulum')
    const kinds = { alone: 0, noisy: 0, turns: 0 }
    const deviations = new Set<number>()
    for (let episode = 0; episode < 80; episode++) {
      const { task: recording, executed } = recorded(task)
      const { rows } = ownEpisode(recording, student, teacher, { seed: 3, round: 1 }, episode)
      const acted = executed.map(([action], step) => {
        const row = rows.subarray(4 * step, 4 * step + 4)
        return { action, students: answer(student, row.subarray(0, 3), 1)[0], teachers: row[3] }
      })
      const others = acted.filter(({ action, students }) => action !== students)
      if (others.length === 0) kinds.alone++
      else if (others.every(({ action, teachers }) => action === teachers)) {
        kinds.turns++
        const changes = acted.filter((now, i) => i > 0 && others.includes(now) !== others.includes(acted[i - 1]))
        expect(changes.length).toBeLessThan(40)
      } else {
        kinds.noisy++
        // where neither bound is near, what was executed is the student's action and noise of 2 N m, half the range, times sigma
        const noise = acted.filter(({ students }) => Math.abs(students) < 1).map((s) => s.action - s.students)
        const sigma = Math.sqrt(noise.reduce((sum, x) => sum + x * x, 0) / noise.length) / 2
        const nearest = [0.05, 0.1, 0.2].find((s) => Math.abs(sigma / s - 1) < 0.25)
        expect(nearest, `sigma ${sigma}`).toBeDefined()
        deviations.add(nearest!)
      }
    }
    expect(kinds.alone).toBeGreaterThan(32)
    expect(kinds.alone).toBeLessThan(48)
    expect(kinds.noisy).toBeGreaterThan(12)
    expect(kinds.turns).toBeGreaterThan(12)
    expect(deviations.size).toBe(3)
  })

  it('stay within the bounds, labels too, whatever student and teacher say', () => {
    const { task, executed } = recorded(createTask('pendulum'))
    const [wild, wilder] = [5, -7].map(
      (x): Controller =>
        (_, action) =>
          action.fill(x),
    )
    for (let episode = 0; episode < 8; episode++) {
      const { rows } = ownEpisode(task, wild, wilder, { seed: 1, round: 0 }, episode)
      expect(new Set(rows.filter((_, i) => i % 4 === 3))).toEqual(new Set([-2]))
    }
    expect(executed.every(([action]) => Math.abs(action) <= 2)).toBe(true)
  })

  it('are others in another round, and the same ones again in the same', () => {
    const { task, student, teacher } = shipped('pendulum')
    const rows = (wanted: OwnStates, episode: number) => ownEpisode(task, student, teacher, wanted, episode).rows
    const first = rows({ seed: 1, round: 1 }, 0)
    expect(rows({ seed: 1, round: 1 }, 0)).toEqual(first)
    for (const other of [
      rows({ seed: 1, round: 2 }, 0),
      rows({ seed: 2, round: 1 }, 0),
      rows({ seed: 1, round: 1 }, 1),
    ])
      expect(other.subarray(0, 3)).not.toEqual(first.subarray(0, 3))
  })
})

describe('an episode of own states', () => {
  it('whose reward stays low ends early, and one that goes as the teacher goes does not', async () => {
    const { task, student, teacher } = shipped('pendulum')
    const { floor, steps } = await teacherFloor(task, teacher, 1)
    expect(steps).toBe(2000)
    const lengths = (control: Controller, given?: typeof floor) =>
      Array.from({ length: 12 }, (_, episode) => {
        const { rows, lost } = ownEpisode(task, control, control, { seed: 1, round: 0, floor: given }, episode)
        expect(lost).toBe(rows.length < 200 * 4)
        return rows.length / 4
      })
    // none of these swings up, and most begin far from upright
    const still: Controller = (_, action) => action.fill(0)
    expect(lengths(still, floor).filter((length) => length < 200).length).toBeGreaterThan(8)
    expect(lengths(still)).toEqual(Array(12).fill(200))
    for (const control of [student, teacher]) expect(lengths(control, floor)).toEqual(Array(12).fill(200))
  })

  it("is given up below 30 % of the teacher's reward, or as far below one that is negative", () => {
    const steady = (reward: number) => [Array(300).fill(reward), Array(300).fill(reward)]
    expect(floorOf(steady(4)).mean).toBe(4)
    expect(floorOf(steady(4)).endBelow).toBeCloseTo(1.2)
    expect(floorOf(steady(-4)).endBelow).toBeCloseTo(-6.8)
  })

  it('is not given up where the teacher itself comes as low', () => {
    // nothing for 150 steps, then 1 a step: smoothed, the teacher comes down to 0.22 of its mean
    const late = Array.from({ length: 1000 }, (_, step) => (step < 150 ? 0 : 1))
    const { mean, endBelow } = floorOf([late, late, late])
    expect(endBelow).toBeLessThan(0.22 * mean)
    // and once is no rule
    const steady = Array(1000).fill(1)
    const { endBelow: of30 } = floorOf([late, steady, steady])
    expect(of30).toBeCloseTo(0.3 * (2850 / 3000))
  })
})

describe('own states of a pool', () => {
  const { task, actors } = shipped('pendulum')
  const rowsOf = async (pool: EpisodePool, wanted: OwnStates & { rows: number }, who: Required<Actors> = actors) => {
    const parts: Float32Array[] = []
    for await (const { rows } of collectOwnStates(pool, task.spec, who, wanted)) parts.push(rows)
    return parts
  }

  it('are the same rows for one worker and for three, one policy after another, the last episode cut', async () => {
    const later = { policy: plainPolicy(task.spec), labeller: actors.labeller }
    const rounds = async (workers: number) => {
      const pool = new EpisodePool('pendulum', workers)
      try {
        return [
          await rowsOf(pool, { rows: 1250, seed: 5, round: 1 }),
          await rowsOf(pool, { rows: 700, seed: 5, round: 2, floor: { mean: 0, endBelow: -4 } }, later),
        ]
      } finally {
        await pool.close()
      }
    }
    const alone = await rounds(1)
    expect(await rounds(3)).toEqual(alone)
    expect(alone.map((parts) => parts.reduce((sum, part) => sum + part.length, 0))).toEqual([1250 * 4, 700 * 4])
    // the second policy is no good, so that the floor was seen to work
    expect(alone[1].some((part) => part.length < 200 * 4)).toBe(true)
  })
})
