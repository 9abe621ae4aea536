import { beforeAll, describe, expect, it } from 'vitest'
import { randomStream } from '../../../trainer/random.ts'
import { runEpisode } from '../../../trainer/tasks/evaluate.ts'
import type { MujocoDefinition } from '../../../trainer/tasks/mujoco/definition.ts'
import { MujocoTask } from '../../../trainer/tasks/mujoco/environment.ts'
import { hopper } from '../../../trainer/tasks/mujoco/hopper.ts'
import { loadEngine } from '../../../trainer/tasks/mujoco/load-engine.ts'
import { createTask, prepareTask } from '../../../trainer/tasks/registry.ts'
import { definitions } from '../../support/reference-tasks.ts'

beforeAll(loadEngine)

const tasks = definitions.map(([, definition]) => [definition.name, definition] as const)

/** positions and velocities of the start, told apart from what the policy sees */
function startsOf(definition: MujocoDefinition, count: number): { qpos: number[]; qvel: number[] }[] {
  const starts: { qpos: number[]; qvel: number[] }[] = []
  const task = new MujocoTask({
    ...definition,
    start: (state, random) => {
      const before = Array.from(state.qpos)
      expect(state.qvel.every((v) => v === 0)).toBe(true)
      definition.start(state, random)
      starts.push({ qpos: Array.from(state.qpos, (x, i) => x - before[i]), qvel: Array.from(state.qvel) })
    },
  })
  for (let i = 0; i < count; i++) task.reset(randomStream(1, 'start', i))
  task.close()
  return starts
}

describe('the start of an episode', () => {
  const ranges: Record<string, number> = { hopper: 0.005, walker2d: 0.005, 'inverted-pendulum': 0.01 }

  it.each(tasks.filter(([name]) => ranges[name]))('%s: uniform noise within its range, over all of it', (name, d) => {
    const all = startsOf(d, 300).flatMap(({ qpos, qvel }) => [...qpos, ...qvel])
    const largest = Math.max(...all.map(Math.abs))
    expect(largest).toBeLessThanOrEqual(ranges[name] + 1e-15)
    expect(largest).toBeGreaterThan(0.98 * ranges[name])
    expect(Math.abs(all.reduce((sum, x) => sum + x, 0) / all.length)).toBeLessThan(0.1 * ranges[name])
  })

  it.each(tasks.filter(([name]) => !ranges[name]))('%s: positions uniform within 0.1, velocities normal', (_, d) => {
    const starts = startsOf(d, 300)
    const positions = starts.flatMap(({ qpos }) => qpos)
    expect(Math.max(...positions.map(Math.abs))).toBeLessThanOrEqual(0.1 + 1e-15)
    expect(Math.max(...positions)).toBeGreaterThan(0.098)
    const velocities = starts.flatMap(({ qvel }) => qvel)
    const deviation = Math.sqrt(velocities.reduce((sum, v) => sum + v * v, 0) / velocities.length)
    expect(deviation).toBeGreaterThan(0.095)
    expect(deviation).toBeLessThan(0.105)
  })

  it('every draw of positions comes before every draw of velocities', () => {
    const [{ qpos, qvel }] = startsOf(hopper, 1)
    const random = randomStream(1, 'start', 0)
    for (const noise of [...qpos, ...qvel]) expect(noise).toBeCloseTo(random.uniform(-0.005, 0.005), 15)
  })
})

describe('an episode', () => {
  it.each(tasks)('%s: is the same for the same seed, in a used environment too, and another for another', (name) => {
    const wave = (observation: ArrayLike<number>, action: Float32Array) => action.fill(Math.sin(7 * observation[1]))
    const short = (seed: number) => {
      const task = createTask(name)
      const trace = Array.from({ length: 2 }, (_, i) => {
        task.reset(randomStream(seed, 'report', i))
        const action = new Float32Array(task.spec.actionNames.length)
        for (let t = 0; t < 30; t++) {
          wave(task.observation, action)
          task.step(action)
        }
        return Array.from(task.observation)
      })
      task.close?.()
      return trace
    }
    const [first, second] = short(3)
    expect(short(3)).toEqual([first, second])
    expect(short(4)[0]).not.toEqual(first)
  })

  it('the cheetah runs to the time limit, the hopper falls before it', () => {
    const still = (_: ArrayLike<number>, action: Float32Array) => action.fill(0)
    const steps: Record<string, number> = {}
    for (const name of ['halfcheetah', 'hopper']) {
      const task = createTask(name)
      runEpisode(
        task,
        (o, a) => {
          steps[name] = (steps[name] ?? 0) + 1
          still(o, a)
        },
        1,
        'report',
        0,
      )
      expect(task.terminated).toBe(name === 'hopper')
    }
    expect(steps.halfcheetah).toBe(1000)
    expect(steps.hopper).toBeLessThan(1000)
  })

  it('a policy beyond the bounds moves nothing more, but pays for what it asked', () => {
    const [bound, beyond] = [1, 3].map((size) => {
      const task = createTask('hopper') as MujocoTask
      task.reset(randomStream(1, 'start', 0))
      return { reward: task.step([size, size, size]), observation: Array.from(task.observation) }
    })
    expect(beyond.observation).toEqual(bound.observation)
    expect(bound.reward - beyond.reward).toBeCloseTo(0.001 * 3 * (9 - 1), 12)
  })
})

/** ends as a function of the state alone: a state, the same with one entry changed, and whether that one ends */
const ends: [task: string, what: string, entry: ['qpos' | 'qvel', number], value: number, ended: boolean][] = [
  ['hopper', 'height 0.7', ['qpos', 1], 0.7, true],
  ['hopper', 'height 0.71', ['qpos', 1], 0.71, false],
  ['hopper', 'pitch 0.2', ['qpos', 2], 0.2, true],
  ['hopper', 'pitch -0.2', ['qpos', 2], -0.2, true],
  ['hopper', 'pitch 0.19', ['qpos', 2], 0.19, false],
  ['hopper', 'an angle of 100', ['qpos', 5], 100, true],
  ['hopper', 'a velocity of -100', ['qvel', 0], -100, true],
  ['hopper', 'a velocity of 99, which is observed as 10', ['qvel', 0], 99, false],
  ['hopper', 'any x', ['qpos', 0], 1e6, false],
  ['walker2d', 'height 0.8', ['qpos', 1], 0.8, true],
  ['walker2d', 'height 2', ['qpos', 1], 2, true],
  ['walker2d', 'height 1.99', ['qpos', 1], 1.99, false],
  ['walker2d', 'pitch -1', ['qpos', 2], -1, true],
  ['walker2d', 'pitch 0.99', ['qpos', 2], 0.99, false],
  ['walker2d', 'any velocity', ['qvel', 3], 1e4, false],
  ['halfcheetah', 'upside down', ['qpos', 2], 3.1, false],
  ['ant', 'height 0.2', ['qpos', 2], 0.2, false],
  ['ant', 'height 0.19', ['qpos', 2], 0.19, true],
  ['ant', 'height 1', ['qpos', 2], 1, false],
  ['ant', 'height 1.01', ['qpos', 2], 1.01, true],
  ['ant', 'a velocity that is not finite', ['qvel', 7], Number.NaN, true],
  ['inverted-pendulum', 'angle 0.2', ['qpos', 1], 0.2, false],
  ['inverted-pendulum', 'angle -0.21', ['qpos', 1], -0.21, true],
  ['inverted-pendulum', 'a velocity that is not finite', ['qvel', 0], Number.POSITIVE_INFINITY, true],
]

describe('an episode ends by the rule of its task', () => {
  it.each(ends)('%s: %s', (name, _, [array, index], value, ended) => {
    const definition = definitions.map(([, d]) => d).find((d) => d.name === name)!
    const start: Record<string, number[]> = {
      hopper: [0, 1.25, 0, 0, 0, 0],
      walker2d: [0, 1.25, 0, 0, 0, 0, 0, 0, 0],
      'inverted-pendulum': [0, 0],
      halfcheetah: new Array(9).fill(0),
      ant: [0, 0, 0.75, 1, ...new Array(11).fill(0)],
    }
    const qpos = Float64Array.from(start[name])
    const qvel = new Float64Array(name === 'ant' ? 14 : qpos.length)
    const state = { qpos, qvel, xpos: new Float64Array(3) }
    expect(definition.terminated(state)).toBe(false)
    state[array as 'qpos' | 'qvel'][index] = value
    expect(definition.terminated(state)).toBe(ended)
  })
})

describe('the engine underneath', () => {
  it('forty environments side by side do not disturb one another when the memory grows', async () => {
    await prepareTask('ant')
    const alone = createTask('ant')
    const crowd = createTask('ant')
    const action = new Float64Array(8).fill(0.3)
    alone.reset(randomStream(1, 'start', 0))
    crowd.reset(randomStream(1, 'start', 0))
    for (let t = 0; t < 20; t++) alone.step(action)
    const others: ReturnType<typeof createTask>[] = []
    for (let t = 0; t < 20; t++) {
      others.push(createTask('ant'), createTask('ant'))
      crowd.step(action)
    }
    expect(Array.from(crowd.observation)).toEqual(Array.from(alone.observation))
    for (const task of [alone, crowd, ...others]) task.close?.()
  })

  it('an environment can be closed twice, and hundreds can come and go', () => {
    for (let i = 0; i < 300; i++) {
      const task = createTask('walker2d')
      task.close?.()
      task.close?.()
    }
  })

  it.each([
    ['in the first engine step', [0, 1.25, 0, 0, 0, 0], [0, 0, 0, 1e8, -1e8, 1e8], 0],
    ['later', [0, 1.25, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], 3],
  ] as const)(
    'physics that runs away ends the episode, earns nothing and leaves the observation: %s',
    (_, qpos, qvel, calm) => {
      let runaway = false
      // writes where only the engine should: the one way to make a healthy model run away at a chosen moment
      const task = new MujocoTask({
        ...hopper,
        position: (state) => {
          if (runaway) state.qvel.fill(1e8)
          return state.qpos[0]
        },
      })
      task.setState(qpos, qvel)
      for (let t = 0; t < calm; t++) task.step([0, 0, 0])
      expect(task.diverged).toBe(false)
      const before = Array.from(task.observation)
      runaway = calm > 0
      expect(task.step([0, 0, 0])).toBe(0)
      expect(task.diverged).toBe(true)
      expect(task.terminated).toBe(true)
      expect(Array.from(task.observation)).toEqual(before)
      task.reset(randomStream(1, 'start', 0))
      expect(task.diverged).toBe(false)
      expect(task.terminated).toBe(false)
      task.close()
    },
  )

  it('a model that does not compile, or fits its definition badly, is refused in one line', () => {
    const broken = { ...hopper, model: hopper.model.replace('"foot_joint"/>', '"toe_joint"/>') }
    expect(() => new MujocoTask(broken)).toThrow(/^task hopper: model: .*toe_joint[^\n]*$/)
    expect(() => new MujocoTask({ ...hopper, actionNames: ['a'] })).toThrow(
      'task hopper: 1 action names, expected 3, one an actuator',
    )
    const free = { ...hopper, model: hopper.model.replace('ctrlrange="-1 1" ', '') }
    expect(() => new MujocoTask(free)).toThrow('expected a ctrlrange, low below high')
  })
})
