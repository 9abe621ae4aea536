/** A task as the plant that the bridge drives. */
import type { Plant } from '../firmware-bridge/host/control.ts'
import { randomStream } from '../trainer/random.ts'
import type { Task } from '../trainer/tasks/task.ts'

/** Episodes start from the same states as in `evaluate` with purpose 'report', so that returns compare. */
export const plantOf = (task: Task, seed: number): Plant => ({
  observation: task.observation,
  get terminated() {
    return task.terminated
  },
  maxSteps: task.spec.maxSteps,
  reset: (episode) => task.reset(randomStream(seed, 'report', episode)),
  step: (action) => task.step(action),
})
