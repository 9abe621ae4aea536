import type { Command } from 'commander'
import { InputError } from '../../runtime-as/errors.ts'
import type { Contract } from '../../runtime-as/network.ts'
import { loadPolicy } from '../../runtime-as/policy.ts'
import { type Controller, evaluate } from '../../trainer/tasks/evaluate.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import type { TaskSpec } from '../../trainer/tasks/task.ts'
import { teacherController } from '../../trainer/teachers/policy.ts'
import { loadTeacher, requireFit } from '../../trainer/teachers/teacher.ts'
import { isTeacherFile, readInput } from '../files.ts'
import { printResult } from '../terminal.ts'
import { addVerb, type CommonOptions, episodesOption, seedOption } from '../verb.ts'

interface Options extends CommonOptions {
  episodes: number
  seed: number
}

export function addEval(program: Command): void {
  addVerb(
    program,
    'eval <task> <policy>',
    'measures the return of a .bpd policy or a .safetensors teacher',
    'bpd eval pendulum models/pendulum/student.bpd --episodes 100',
  )
    .addOption(episodesOption(100))
    .addOption(seedOption())
    .action(run)
}

async function run(taskName: string, file: string, options: Options): Promise<void> {
  await prepareTask(taskName)
  const task = createTask(taskName)
  const control = controllerOf(file, task.spec)
  const result = evaluate(task, control, options.seed, 'report', options.episodes)
  printResult(
    options.json,
    { task: taskName, file, return: result },
    () => `${file}: return ${result.mean.toFixed(1)} ± ${result.std.toFixed(1)} over ${result.episodes} episodes`,
  )
}

export function controllerOf(file: string, spec: TaskSpec): Controller {
  if (isTeacherFile(file)) {
    const teacher = loadTeacher(file)
    requireFit(teacher, spec, file)
    return teacherController(teacher, spec)
  }
  const policy = loadPolicy(readInput(file), file)
  requireContract(policy.contract, spec, file)
  return (observation, action) => policy.stepInto(observation, action)
}

/** Refuses a policy that was made for something else. */
export function requireContract(contract: Contract, spec: TaskSpec, name: string): void {
  const expected = {
    task: spec.name,
    observations: spec.observationNames,
    actions: spec.actionNames,
    period: spec.period,
  }
  const found: typeof expected = {
    task: contract.task,
    observations: contract.observation.names,
    actions: contract.action.names,
    period: contract.period,
  }
  for (const key of Object.keys(expected) as (keyof typeof expected)[])
    if (JSON.stringify(found[key]) !== JSON.stringify(expected[key]))
      throw new InputError(
        `${name}: contract ${key}: ${JSON.stringify(found[key])}; task ${spec.name} has ${JSON.stringify(expected[key])}`,
      )
}
