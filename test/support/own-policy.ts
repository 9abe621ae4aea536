import { encodePolicy } from '../../runtime-as/format/encode.ts'
import type { TaskSpec } from '../../trainer/tasks/task.ts'
import { contractOf } from '../../trainer/teachers/teacher.ts'

/** A linear policy for any task: every weight 0.1. */
export function plainPolicy(spec: TaskSpec): Uint8Array {
  const [inputs, outputs] = [spec.observationNames.length, spec.actionNames.length]
  const weights = new Float32Array(inputs * outputs).fill(0.1)
  const layer = { inputs, outputs, activation: 'tanh' as const, weights, bias: new Float32Array(outputs) }
  return encodePolicy({ layers: [layer] }, contractOf(spec, 'tanh', {}), [new Float32Array(inputs)])
}
