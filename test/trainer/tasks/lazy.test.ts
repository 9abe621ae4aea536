import { expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { engine } from '../../../trainer/tasks/mujoco/engine.ts'
import { createTask, prepareTask } from '../../../trainer/tasks/registry.ts'

it('the physics engine is loaded by the first task that needs it, and by no other', async () => {
  await prepareTask('pendulum')
  expect(createTask('pendulum').spec.name).toBe('pendulum')
  expect(engine).toThrow('not loaded')
  const message = 'await prepareTask(name) before createTask(name)'
  expect(() => createTask('hopper')).toThrow(new InputError(`the MuJoCo engine is not loaded: ${message}`))
  expect(() => createTask('./own.mjs')).toThrow(new InputError(`task ./own.mjs is not prepared: ${message}`))
  await prepareTask('hopper')
  expect(createTask('hopper').spec.period).toBe(0.008)
})

it('an unknown task is refused before anything is loaded', async () => {
  await expect(prepareTask('cartpole')).rejects.toThrow('task "cartpole": expected one of pendulum')
})
