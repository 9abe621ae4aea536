/** What the paper counts against, and how many weights that leaves to each student of the table. */
import { InputError } from '../../runtime-as/errors.ts'
import { paperTasks, taskFacts } from '../tasks/registry.ts'
import type { Reproduction, TaskSpec } from '../tasks/task.ts'

/** Refuses a task that the paper has not. */
export function reproductionOf(task: string): Reproduction {
  const found = paperTasks().includes(task) ? taskFacts(task).reproduction : undefined
  if (!found) throw new InputError(`task "${task}": expected one of ${paperTasks().join(', ')}`)
  return found
}

/**
 * Weights and biases of a (400, 300) network for the task: what the paper counts against, whatever size the teacher here has. Everywhere else weights are
 * counted without biases.
 */
export function paperNetworkSize({ observationNames, actionNames }: TaskSpec): number {
  const [observations, actions] = [observationNames.length, actionNames.length]
  return observations * 400 + 400 + 400 * 300 + 300 + 300 * actions + actions
}

/** Parts of the weights that the paper keeps, at which the sparse variants are tuned and measured. */
export const shares = [1, 0.5, 0.25] as const

/** The weights that the paper keeps, or a part of them. */
export const weightBudget = (task: string, spec: TaskSpec, share = 1): number =>
  Math.floor(share * reproductionOf(task).paper.kept * paperNetworkSize(spec))
