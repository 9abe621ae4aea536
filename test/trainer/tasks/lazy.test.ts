import { expect, it } from 'vitest'
import { engine } from '../../../trainer/tasks/mujoco/engine.ts'
import { createTask, prepareTask } from '../../../trainer/tasks/registry.ts'

it('the physics engine is loaded by the first task that needs it, and by no other', async () => {
  await prepareTask('pendulum')
  expect(createTask('pendulum').spec.name).toBe('pendulum')
  expect(engine).toThrow('not loaded')
  expect(() => createTask('hopper')).toThrow('await prepareTask(name) before createTask(name)')
  await prepareTask('hopper')
  expect(createTask('hopper').spec.period).toBe(0.008)
})

it('an unknown task is refused before anything is loaded', async () => {
  await expect(prepareTask('cartpole')).rejects.toThrow('task "cartpole": expected one of pendulum')
})
