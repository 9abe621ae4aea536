import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { randomStream } from '../../../trainer/random.ts'
import { runEpisode } from '../../../trainer/tasks/evaluate.ts'
import { MujocoTask } from '../../../trainer/tasks/mujoco/environment.ts'
import { loadEngine } from '../../../trainer/tasks/mujoco/load-engine.ts'
import { createTask, onMujoco, prepareTask, taskNames } from '../../../trainer/tasks/registry.ts'
import { swingUp } from '../../support/swing-up.ts'

const readme = readFileSync(new URL('../../../trainer/tasks/README.md', import.meta.url), 'utf8')

it('the worked example is the one that is tested here', () => {
  const source = readFileSync(new URL('../../support/swing-up.ts', import.meta.url), 'utf8').trimEnd()
  const inPlace = source.replaceAll('../../trainer/tasks/mujoco/', './')
  expect(readme).toContain(`\`\`\`ts\n${inPlace}\n\`\`\``)
})

it('the worked example starts hanging, obeys its force, and ends off the rail', async () => {
  await loadEngine()
  const task = new MujocoTask(swingUp)
  expect(task.spec).toMatchObject({ period: 0.02, actionLow: [-1], actionHigh: [1], maxSteps: 500 })
  task.reset(randomStream(1, 'start', 0))
  expect(task.observation[1]).toBeGreaterThan(0.99)
  const push = (_: ArrayLike<number>, action: Float32Array) => action.fill(1)
  runEpisode(task, push, 1, 'report', 0)
  expect(task.terminated).toBe(true)
  expect(task.observation[0]).toBeGreaterThan(2)
  task.close()
})

it('the worked example is a whole entry of the registry', async () => {
  const { create, prepare, recipe, reproduction } = onMujoco(swingUp)
  await prepare?.()
  expect(create().spec.name).toBe('swing-up')
  expect(recipe.steps).toBe(20_000)
  expect(reproduction).toBeUndefined()
  expect(readme).toContain("  'swing-up': onMujoco(swingUp),")
})

it('the table of tasks says what the tasks say', async () => {
  for (const name of taskNames()) {
    await prepareTask(name)
    const { observationNames, actionNames, period, maxSteps } = createTask(name).spec
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\``))
    const cells = row?.split('|').map((cell) => cell.trim())
    const facts = [observationNames.length, actionNames.length, `${Math.round(1000 * period)} ms`, maxSteps].map(String)
    expect(cells?.slice(3, 7), name).toEqual(facts)
    expect(new Set([...observationNames, ...actionNames]).size, name).toBe(observationNames.length + actionNames.length)
  }
})
