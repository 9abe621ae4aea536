/** What `bpd reproduce` does for each task unless told otherwise, and the paper's figures beside which ours are put. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InputError } from '../../runtime-as/errors.ts'
import type { TaskSpec } from '../../trainer/tasks/task.ts'

/** The paper's row (Kim et al. 2026, EAAI 166). Shares, not per cent. */
export interface PaperRow {
  teacherReturn: number
  studentReturn: number
  retained: number
  /** surviving weights / parameters of the (400, 300) teacher */
  kept: number
}

export interface Preset {
  transitions: number
  /** of the noise in the data, where it is not that of `bpd collect` */
  sigmas?: readonly number[]
  paper: PaperRow
}

const presets: Record<string, Preset> = {
  hopper: {
    transitions: 400_000,
    paper: { teacherReturn: 3583, studentReturn: 3134, retained: 0.875, kept: 0.0135 },
  },
  walker2d: {
    transitions: 400_000,
    paper: { teacherReturn: 5357, studentReturn: 4817, retained: 0.899, kept: 0.0168 },
  },
  halfcheetah: {
    transitions: 600_000,
    sigmas: [0, 0.1, 0.2, 0.3, 0.4, 0.5],
    paper: { teacherReturn: 11432, studentReturn: 10355, retained: 0.906, kept: 0.0221 },
  },
  ant: {
    transitions: 400_000,
    paper: { teacherReturn: 5364, studentReturn: 5455, retained: 1.017, kept: 0.024 },
  },
}

export const paperTasks = Object.keys(presets)

export function presetOf(task: string): Preset {
  if (!Object.hasOwn(presets, task)) throw new InputError(`task "${task}": expected one of ${paperTasks.join(', ')}`)
  return presets[task]
}

/** Weights and biases of the (400, 300) network that the paper counts against. */
export function teacherSize({ observationNames, actionNames }: TaskSpec): number {
  const [observations, actions] = [observationNames.length, actionNames.length]
  return observations * 400 + 400 + 400 * 300 + 300 + 300 * actions + actions
}

/** Parts of the weights that the paper keeps, at which the sparse variants are tuned and measured. */
export const shares = [1, 0.5, 0.25] as const

/** The weights that the paper keeps, or a part of them. */
export const weightBudget = (task: string, spec: TaskSpec, share = 1): number =>
  Math.floor(share * presetOf(task).paper.kept * teacherSize(spec))

/** Where a task's own teacher is shipped. */
export const teacherIn = (models: string, task: string): string => join(models, task, 'teacher.safetensors')

export const root = fileURLToPath(new URL('../..', import.meta.url))
