import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { MujocoTask } from '../../../trainer/tasks/mujoco/environment.ts'
import { loadEngine } from '../../../trainer/tasks/mujoco/load-engine.ts'
import { definitions, referenceRollouts } from '../../support/reference-tasks.ts'

const cases = definitions.flatMap(([name, definition]) =>
  referenceRollouts(name).map((rollout) => [name, rollout.name, definition, rollout] as const),
)

// chaos would turn the smallest difference of model or order into another rollout: equal to the end means equal everywhere
describe('the environment replays the reference rollouts', () => {
  beforeAll(loadEngine)
  let task: MujocoTask
  afterEach(() => task.close())

  it.each(cases)(
    '%s, %s: 200 observations and ends to the last bit, rewards to 1e-12',
    (_, __, definition, rollout) => {
      task = new MujocoTask(definition)
      task.setState(rollout.qpos, rollout.qvel)
      expect(Array.from(task.observation)).toEqual(rollout.obs0)
      expect(rollout.actions.length).toBe(200)
      rollout.actions.forEach((action, t) => {
        const reward = task.step(action)
        expect(Math.abs(reward - rollout.reward[t]), `reward ${t}`).toBeLessThan(1e-12)
        expect(task.terminated, `terminated ${t}`).toBe(rollout.terminated[t])
        const different = rollout.obs[t].findIndex((x, i) => x !== task.observation[i])
        expect(different, `entry of observation ${t}`).toBe(-1)
      })
    },
  )
})
