/** A teacher as a .bpd file: dense, run by the same kernel as every student, in Node and on a board. */
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { type Controller, controllerOf } from '../tasks/evaluate.ts'
import type { TaskSpec } from '../tasks/task.ts'
import { contractOf, type Teacher } from './teacher.ts'

/** golden: observations whose actions the file promises */
export const teacherPolicy = (teacher: Teacher, spec: TaskSpec, golden: Float32Array[]): Uint8Array =>
  encodePolicy(teacher.network, contractOf(spec, teacher.squash, {}), golden)

/**
 * A teacher that acts, in f32 by the kernel, actions in their units.
 *
 * @example
 * import { createTask, loadTeacher, prepareTask, teacherController } from 'bpd/train'
 *
 * await prepareTask('pendulum')
 * const control = teacherController(loadTeacher('teacher.safetensors'), createTask('pendulum').spec)
 * const action = new Float32Array(1)
 * control([1, 0, 0], action)
 * console.log(action[0])
 */
export function teacherController(teacher: Teacher, spec: TaskSpec): Controller {
  const middle = new Float32Array(spec.observationNames.length)
  return controllerOf(loadPolicy(teacherPolicy(teacher, spec, [middle]), 'teacher'))
}
