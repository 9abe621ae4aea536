/** A teacher as a .bpd file: dense, run by the same kernel as every student, in Node and on a board. */
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { type Controller, controllerOf } from '../tasks/evaluate.ts'
import type { TaskSpec } from '../tasks/task.ts'
import { contractOf, type Teacher } from './teacher.ts'

/** golden: observations whose actions the file promises */
export const teacherPolicy = (teacher: Teacher, spec: TaskSpec, golden: Float32Array[]): Uint8Array =>
  encodePolicy(teacher.network, contractOf(spec, teacher.squash, {}), golden)

export function teacherController(teacher: Teacher, spec: TaskSpec): Controller {
  const middle = new Float32Array(spec.observationNames.length)
  return controllerOf(loadPolicy(teacherPolicy(teacher, spec, [middle]), 'teacher'))
}
