import { collectDefaults } from '../../trainer/data/collect.ts'
import { collectInParallel } from '../../trainer/data/episodes.ts'
import { MOST_TRANSITIONS, writeTransitions } from '../../trainer/data/transitions.ts'
import { claimFiles } from '../../trainer/files/claim.ts'
import { Interrupted } from '../../trainer/interrupted.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import { openTeacher } from '../../trainer/teachers/import.ts'
import { actingBytes } from '../../trainer/teachers/policy.ts'
import { requireFit, teacherFile } from '../../trainer/teachers/teacher.ts'
import { onInterrupt } from '../interrupt.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { printResult, withProgress } from '../terminal.ts'
import { type CommonOptions, integer, list, number, seedOption, verb, workersOption } from '../verb.ts'

interface Options extends CommonOptions, OutputOptions {
  teacher: string
  transitions: number
  sigmas: number[]
  seed: number
  workers: number
  out: string
}

export const collectVerb = verb('collect <task>', {
  group: 'Make a student:',
  description: 'lets a teacher act in its task and writes the transitions',
  example: 'bpd collect pendulum --teacher models/pendulum/teacher.safetensors --out runs/transitions.safetensors',
})
  .requiredOption('--teacher <file>', 'teacher: a folder of bpd import or bpd teach, or a file that bpd import reads')
  .option('--transitions <n>', 'how many', integer(1, MOST_TRANSITIONS), 20000)
  .option('--sigmas <list>', 'exploration noise, one drawn per episode, in half action ranges', list(number(0, 10)), [
    ...collectDefaults.sigmas,
  ])
  .addOption(seedOption())
  .addOption(workersOption())
  .requiredOption('--out <file>', 'safetensors file to write')
  .addOption(forceOption())
  .action(run)

async function run(taskName: string, options: Options): Promise<void> {
  await prepareTask(taskName)
  const task = createTask(taskName)
  const file = teacherFile(options.teacher)
  const teacher = await openTeacher(file)
  requireFit(teacher, task.spec, file)
  const { sigmas, seed, transitions, workers, out, force, json } = options
  claimFiles([out], { inputs: [file], force })
  const policy = actingBytes(teacher, task.spec)
  const episodes = collectInParallel({ taskName, policy }, task, { transitions, sigmas, seed }, workers)
  const interrupt = new AbortController()
  onInterrupt(() => interrupt.abort())
  const count = await withProgress(`collecting ${taskName}`, async (progress) => {
    const metadata = { seed: `${seed}`, sigmas: JSON.stringify(sigmas) }
    const written = await writeTransitions(out, task.spec, episodes, metadata, {
      signal: interrupt.signal,
      onProgress: (n) => progress.update(`collecting ${taskName}: ${n}/${transitions} transitions`, n / transitions),
    })
    if (written < transitions)
      throw new Interrupted(
        written === 0
          ? `interrupted before the first episode ended: ${out} was not written`
          : `interrupted: ${out} holds the whole episodes so far, ${written} of ${transitions} transitions`,
      )
    progress.done(`collected ${written} transitions`)
    return written
  })
  printResult(json, { task: task.spec.name, transitions: count, file: out }, () => out)
}
