import { evaluate } from '../../tasks/evaluate.ts'
import type { Task } from '../../tasks/task.ts'
import type { Judge } from '../judge.ts'
import { pick } from '../pick.ts'

/** With a simulator: the mean return over episodes of the task, the same ones for every student; `createTask` gives an environment of its own. */
export const returnIn = (createTask: () => Task): Judge => ({
  measure: 'return',
  sit({ data, teacher, options }) {
    const task = createTask()
    const { seed, progressEpisodes, pickEpisodes } = options
    return {
      measure: 'return',
      training: data,
      score: (student, purpose) =>
        evaluate(task, student, seed, purpose, purpose === 'pick' ? pickEpisodes : progressEpisodes).mean,
      decide(candidates) {
        const teacherReturn = teacher && evaluate(createTask(), teacher, seed, 'pick', pickEpisodes)
        const { picked, met } = pick(candidates, teacherReturn?.mean, options)
        return { picked, verdict: { met, pickedReturn: picked.tunedReturn, teacherReturn } }
      },
    }
  },
})
