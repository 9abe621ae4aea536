import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import type { ValueType } from '../../runtime-as/format/network.ts'
import { readTransitions } from '../../trainer/data/transitions.ts'
import { Checkpoints } from '../../trainer/distill/checkpoint.ts'
import type { Progress as DistillProgress } from '../../trainer/distill/distill.ts'
import { makeStudent } from '../../trainer/distill/make-student.ts'
import { distillOptions, type Given } from '../../trainer/distill/options.ts'
import { describeCut } from '../../trainer/distill/points.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import { loadTeacher, requireFit } from '../../trainer/teachers/teacher.ts'
import { makeFolder } from '../files.ts'
import { onInterrupt } from '../interrupt.ts'
import { addRecipeOptions } from '../recipe-options.ts'
import { type Progress, printResult, seconds, withProgress } from '../terminal.ts'
import { type CommonOptions, number, seedOption, threadsOption, verb } from '../verb.ts'
import { describe, EPISODES, quantiseShown, valuesOption } from './quantise.ts'

interface OwnOptions extends CommonOptions {
  teacher: string
  data: string
  out: string
  checkpointMinutes: number
  resume: boolean
  values: ValueType
  every: boolean
}
type Options = OwnOptions & Given

export const distillVerb = addRecipeOptions(
  verb('distill <task>', {
    group: 'Make a student:',
    description: 'distills a sparse student; writes student.bpd, distill.json and progress.jsonl',
    example:
      'bpd distill pendulum --teacher models/pendulum/teacher.safetensors --data runs/transitions.safetensors --out runs/p1',
  })
    .requiredOption('--teacher <file>', 'safetensors teacher, for comparison')
    .requiredOption('--data <file>', 'transitions from "bpd collect"')
    .addOption(seedOption())
    .addOption(threadsOption())
    .requiredOption('--out <folder>', 'where the student goes')
    .option('--checkpoint-minutes <n>', 'minutes between checkpoints', number(0), 5)
    .option('--resume', 'continue from the checkpoint in the folder, to the same bits', false)
    .option('--every', 'write every tuned student too: point-1.bpd … in the order of the sweep in distill.json', false)
    .addOption(valuesOption().default('f32')),
).action((task, options) => run(task, options))

async function run(taskName: string, options: Options): Promise<void> {
  await prepareTask(taskName)
  const { spec } = createTask(taskName)
  const teacher = loadTeacher(options.teacher)
  requireFit(teacher, spec, options.teacher)
  const transitions = readTransitions(options.data, spec)
  if (options.observationMargin !== undefined && options.observationBounds === undefined) {
    throw new InputError('--observation-margin: expected --observation-bounds with it')
  }
  makeFolder(options.out)
  const { json, teacher: _, data: __, out, resume, checkpointMinutes, values, every, ...given } = options
  const checkpoint = join(out, 'checkpoint.safetensors')
  const log = join(out, 'progress.jsonl')
  // a resumed run tells its points again
  rmSync(log, { force: true })
  const interrupt = new AbortController()
  onInterrupt(() => interrupt.abort())
  const {
    bytes: exact,
    points,
    distilled,
  } = await withProgress(`distilling ${taskName}`, async (progress) => {
    const student = await makeStudent(taskName, teacher, transitions, distillOptions(taskName, given), {
      signal: interrupt.signal,
      checkpoints: (job) => new Checkpoints(checkpoint, job, checkpointMinutes, resume),
      onProgress(p) {
        appendFileSync(log, `${JSON.stringify(p)}\n`)
        show(progress, taskName, p)
      },
    })
    progress.done(`distilled ${taskName} in ${seconds(student.distilled.seconds)}`)
    return student
  })
  const file = join(out, 'student.bpd')
  const { seed } = distillOptions(taskName, given)
  const quantised =
    values === 'f32'
      ? undefined
      : await quantiseShown(exact, values, transitions, { name: file, seed, episodes: EPISODES })
  const { bytes, ...figures } = quantised ?? { bytes: exact }
  await writeFile(file, bytes)
  if (every) for (const [i, point] of points.entries()) await writeFile(join(out, `point-${i + 1}.bpd`), point)
  const { network: __network, candidates: __candidates, ...record } = distilled
  const { weights } = decodePolicy(bytes, file)
  rmSync(checkpoint, { force: true })
  const result = {
    task: taskName,
    file,
    bytes: bytes.length,
    weights,
    ...record,
    ...(quantised && { quantised: figures }),
  }
  await writeFile(join(out, 'distill.json'), `${JSON.stringify(result, null, 2)}\n`)
  printResult(json, result, () => {
    const line = `${file}: ${weights} weights, ${bytes.length} bytes, ${describeCut(distilled)}`
    return quantised ? `${line}\n${describe(quantised)}` : line
  })
}

/** The progress line. */
export function show(
  progress: Progress,
  task: string,
  { phase, step, steps, point, sweep, secondsLeft }: DistillProgress,
): void {
  const text =
    phase === 'train'
      ? `distilling ${task}: step ${step}/${steps}, critic ${short(point?.critic)}, value ${short(point?.value)}, clone ${short(point?.clone)}, ` +
        `KL ${short(point?.kl)}, return ${short(point?.return)}, ${point?.weights} weights left`
      : `tuning ${task}: ${sweep && describeCut(sweep)} (${step}/${steps}), ${sweep?.weights} weights, return ${short(sweep?.prunedReturn)} -> ${short(sweep?.tunedReturn)}`
  progress.update(`${text}, ${seconds(secondsLeft)} left`)
}

const short = (x: number | undefined) => x?.toPrecision(4)
