/** Whether a policy can drive a task: as `bpd eval` asks. */
import { InputError } from '../../runtime-as/errors.ts'
import type { Contract } from '../../runtime-as/format/network.ts'
import type { TaskSpec } from '../../trainer/tasks/task.ts'

/** Throws InputError with the first thing in which they differ. name: of the file */
export function misfit({ observation, action, period }: Contract, spec: TaskSpec, name: string): void {
  const refuse = (field: string, given: string | number, expected: string | number): never => {
    throw new InputError(`${name}: contract.${field}: ${given}, expected ${expected} as the task ${spec.name} has it`)
  }
  const lists = [
    ['observation.names', observation.names, spec.observationNames],
    ['action.names', action.names, spec.actionNames],
    ['action.low', action.low, spec.actionLow],
    ['action.high', action.high, spec.actionHigh],
  ] as const
  for (const [field, given, expected] of lists) {
    if (given.length !== expected.length) refuse(field, `${given.length} entries`, expected.length)
    const at = expected.findIndex((entry, i) => entry !== given[i])
    if (at >= 0) refuse(`${field}[${at}]`, given[at], expected[at])
  }
  if (Math.abs(period - spec.period) > 1e-6) refuse('period', period, spec.period)
}
