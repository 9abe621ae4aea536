import { describe, expect, it } from 'vitest'
import { Pendulum } from '../../../trainer/tasks/pendulum.ts'
import { teach, teachDefaults } from '../../../trainer/teachers/teach.ts'
import { loadTeacher } from '../../../trainer/teachers/teacher.ts'
import { bpdIn } from '../../support/command.ts'

const file = 'models/pendulum/teacher.safetensors'
const teacher = loadTeacher(file)
const small = { hidden: [256, 256], batchSize: 4, evaluateEvery: 60, evaluationEpisodes: 1, seed: 1, threads: 1 }
const goOn = (criticUpdates: number) => {
  if (!teacher.network) throw new Error('the teacher of the pendulum is a plain one')
  const options = { ...teachDefaults, ...small, steps: 80, randomSteps: 20, from: teacher, criticUpdates }
  return teach(() => new Pendulum(), options)
}

describe('a teacher that another goes on from', () => {
  it('is itself as long as the critics alone learn', async () => {
    expect((await goOn(60)).network).toEqual(teacher.network)
  })

  it('moves after that', async () => {
    expect((await goOn(20)).network).not.toEqual(teacher.network)
  })

  it('fits the task, and the sizes if they are said', () => {
    const refusal = (...words: string[]) => bpdIn('.', 'teach', ...words, '--from', file, '--out', 'unwritten').stderr
    expect(refusal('hopper')).toContain('a policy of 3 observations and 1 actions; task hopper has 11 and 3')
    expect(refusal('pendulum', '--hidden', '8')).toContain('--hidden 8: expected 256,256, as')
    expect(refusal('pendulum', '--algorithm', 'sac')).toContain('from: sac learns more than a teacher has')
  })
})
