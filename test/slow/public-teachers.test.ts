/** Public teachers score in our tasks what is stated for them: a check of the physics, the rewards and the reading of teachers in one. */
import { describe, expect, it } from 'vitest'
import { evaluate } from '../../trainer/tasks/evaluate.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import { importTeacher } from '../../trainer/teachers/import.ts'
import { teacherController } from '../../trainer/teachers/policy.ts'
import { fixturePath, publicTeacher } from '../support/fixtures.ts'

/** returns measured in the reference models with the same engine; test/fixtures/README.md says whose they are */
const stated: [file: string, task: string, episodes: number, mean: number, std: number][] = [
  ['tqc-HalfCheetah-v3', 'halfcheetah', 100, 12050, 166],
  ['sac-HalfCheetah-v3', 'halfcheetah', 100, 9412, 98],
  ['tqc-Hopper-v3', 'hopper', 100, 3355, 508],
  ['trpo-Hopper-v3', 'hopper', 100, 3576, 279],
  ['sb3/trpo/Hopper-v3_1/Hopper-v3.zip', 'hopper', 100, 3576, 279],
  ['sac-Walker2d-v3', 'walker2d', 100, 3802, 249],
  ['trpo-Walker2d-v3', 'walker2d', 100, 4635, 1631],
  ['trpo-Ant27-v3', 'ant', 100, 4995, 490],
  ['sb3/sac/Pendulum-v1_1/Pendulum-v1.zip', 'pendulum', 1000, -157, 89],
]

describe('within two standard errors over 100 episodes', () => {
  it.each(stated)('%s', async (file, name, episodes, mean, std) => {
    await prepareTask(name)
    const task = createTask(name)
    const { teacher } = await importTeacher(
      file.endsWith('.zip') ? fixturePath(`teachers/${file}`) : publicTeacher(file),
    )
    const ours = evaluate(task, teacherController(teacher, task.spec), 1, 'report', 100)
    // both figures are means of a sample
    const error = Math.sqrt(ours.std ** 2 / 100 + std ** 2 / episodes)
    expect(Math.abs(ours.mean - mean)).toBeLessThan(2 * error)
    task.close?.()
  })
})
