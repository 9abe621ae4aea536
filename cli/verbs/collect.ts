import type { Command } from 'commander'
import { collect, collectDefaults } from '../../trainer/data/collect.ts'
import { writeTransitions } from '../../trainer/data/transitions.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import { teacherController } from '../../trainer/teachers/policy.ts'
import { loadTeacher, requireFit } from '../../trainer/teachers/teacher.ts'
import { makeFolderOf } from '../files.ts'
import { printResult, withProgress } from '../terminal.ts'
import { addVerb, type CommonOptions, integer, list, number, seedOption } from '../verb.ts'

interface Options extends CommonOptions {
  teacher: string
  transitions: number
  sigmas: number[]
  seed: number
  out: string
}

export function addCollect(program: Command): void {
  addVerb(
    program,
    'collect <task>',
    'lets a teacher act in its task and writes the transitions',
    'bpd collect pendulum --teacher models/pendulum/teacher.safetensors --out runs/transitions.safetensors',
  )
    .requiredOption('--teacher <file>', 'safetensors teacher')
    .option('--transitions <n>', 'how many', integer(1), 20000)
    .option('--sigmas <list>', 'exploration noise, one drawn per episode, in half action ranges', list(number(0, 10)), [
      ...collectDefaults.sigmas,
    ])
    .addOption(seedOption())
    .requiredOption('--out <file>', 'safetensors file to write')
    .action(run)
}

async function run(taskName: string, options: Options): Promise<void> {
  await prepareTask(taskName)
  const task = createTask(taskName)
  const teacher = loadTeacher(options.teacher)
  requireFit(teacher, task.spec, options.teacher)
  makeFolderOf(options.out)
  const { sigmas, seed, transitions } = options
  const episodes = collect(task, teacherController(teacher, task.spec), { transitions, sigmas, seed })
  const count = await withProgress(`collecting ${taskName}`, async (progress) => {
    const metadata = { seed: `${seed}`, sigmas: JSON.stringify(sigmas) }
    const written = await writeTransitions(options.out, task.spec, episodes, metadata, (n) =>
      progress.update(`collecting ${taskName}: ${n}/${transitions} transitions`),
    )
    progress.done(`collected ${written} transitions`)
    return written
  })
  printResult(options.json, { task: taskName, transitions: count, file: options.out }, () => options.out)
}
