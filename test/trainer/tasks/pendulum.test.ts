import { describe, expect, it } from 'vitest'
import { randomStream } from '../../../trainer/random.ts'
import { type Controller, evaluate, playInTurns, runEpisode } from '../../../trainer/tasks/evaluate.ts'
import { Pendulum } from '../../../trainer/tasks/pendulum.ts'
import { createTask } from '../../../trainer/tasks/registry.ts'
import { readRollouts } from '../../support/fixtures.ts'

interface Rollout {
  name: string
  theta: number
  theta_dot: number
  obs0: number[]
  actions: number[][]
  obs: number[][]
  reward: number[]
}

describe('the pendulum replays the reference rollouts', () => {
  const rollouts: Rollout[] = readRollouts('Pendulum')
  it.each(rollouts.map((r) => [r.name, r] as const))('%s: observations and rewards to 1e-12', (_, rollout) => {
    const task = new Pendulum()
    task.setState(rollout.theta, rollout.theta_dot)
    rollout.obs0.forEach((x, i) => {
      expect(Math.abs(task.observation[i] - x)).toBeLessThan(1e-12)
    })
    rollout.actions.forEach((action, t) => {
      const reward = task.step(action)
      expect(Math.abs(reward - rollout.reward[t])).toBeLessThan(1e-12)
      rollout.obs[t].forEach((x, i) => {
        expect(Math.abs(task.observation[i] - x)).toBeLessThan(1e-12)
      })
    })
  })
})

describe('episodes', () => {
  const spin = (_: ArrayLike<number>, action: Float32Array) => action.fill(2)

  it('start within the stated ranges, over all of them', () => {
    const task = new Pendulum()
    const velocities: number[] = []
    for (let i = 0; i < 500; i++) {
      task.reset(randomStream(1, 'start', i))
      const [cos, sin, velocity] = task.observation
      expect(cos * cos + sin * sin).toBeCloseTo(1, 12)
      velocities.push(velocity)
    }
    expect(Math.min(...velocities)).toBeGreaterThanOrEqual(-1)
    expect(Math.min(...velocities)).toBeLessThan(-0.95)
    expect(Math.max(...velocities)).toBeLessThan(1)
    expect(Math.max(...velocities)).toBeGreaterThan(0.95)
  })

  it('are the same for the same seed, purpose and number, and differ otherwise', () => {
    const once = runEpisode(new Pendulum(), spin, 3, 'report', 7)
    expect(runEpisode(new Pendulum(), spin, 3, 'report', 7)).toBe(once)
    for (const other of [
      runEpisode(new Pendulum(), spin, 4, 'report', 7),
      runEpisode(new Pendulum(), spin, 3, 'pick', 7),
      runEpisode(new Pendulum(), spin, 3, 'report', 8),
    ])
      expect(other).not.toBe(once)
  })

  it('give mean, standard deviation and their number', () => {
    const { mean, std, episodes } = evaluate(new Pendulum(), spin, 1, 'report', 20)
    expect(episodes).toBe(20)
    expect(mean).toBeLessThan(-500)
    expect(std).toBeGreaterThan(0)
  })

  it('leave room for other work within one that is slow, and return the same', async () => {
    const pause = new Int32Array(new SharedArrayBuffer(4))
    const slowly: Controller = (observation, action) => {
      Atomics.wait(pause, 0, 0, 2)
      spin(observation, action)
    }
    let turns = 0
    const other = setInterval(() => turns++, 1)
    const played = await playInTurns(new Pendulum(), slowly, 3, 'report', 7)
    clearInterval(other)
    expect(turns).toBeGreaterThan(0)
    expect(played.return).toBe(runEpisode(new Pendulum(), spin, 3, 'report', 7))
  })

  it('an unknown task is refused with the known ones', () => {
    expect(() => createTask('cartpole')).toThrow('task "cartpole": expected one of pendulum')
    expect(() => createTask('constructor')).toThrow('expected one of')
  })
})
