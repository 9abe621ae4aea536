/** Distills a student of a teacher in a task of the registry, judged by its return there. */
import type { Transitions } from '../data/transitions.ts'
import { createTask, prepareTask } from '../tasks/registry.ts'
import type { Teacher } from '../teachers/teacher.ts'
import { type Distillation, distill, type Student } from './distill.ts'
import { returnIn } from './judges/return.ts'
import type { DistillOptions } from './options.ts'

export type { Student } from './distill.ts'

/** `distill` with the task's contract and judge; prepares the task. */
export async function makeStudent(
  taskName: string,
  teacher: Teacher,
  transitions: Transitions,
  options: DistillOptions,
  run: Pick<Distillation, 'onProgress' | 'signal' | 'checkpoints' | 'start' | 'trained'> = {},
): Promise<Student> {
  await prepareTask(taskName)
  const { spec: contract } = createTask(taskName)
  const judge = returnIn(() => createTask(taskName))
  const simulator = { taskName, workers: options.threads }
  return distill({ contract, data: transitions, teacher, judge, options, simulator, ...run })
}
