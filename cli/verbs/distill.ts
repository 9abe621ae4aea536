import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import type { ValueType } from '../../runtime-as/format/network.ts'
import { doubtsOf } from '../../trainer/data/doubts.ts'
import { readTransitions } from '../../trainer/data/transitions.ts'
import { Checkpoints } from '../../trainer/distill/checkpoint.ts'
import type { Progress as DistillProgress } from '../../trainer/distill/distill.ts'
import { makeStudent } from '../../trainer/distill/make-student.ts'
import { distillOptions, type Given } from '../../trainer/distill/options.ts'
import { describeCut } from '../../trainer/distill/points.ts'
import { variantOf } from '../../trainer/distill/variants.ts'
import { claimFolder } from '../../trainer/files/claim.ts'
import { appendLine, writeFile } from '../../trainer/files/replace.ts'
import { createTask, prepareTask, taskOrigin } from '../../trainer/tasks/registry.ts'
import { openTeacher } from '../../trainer/teachers/import.ts'
import { requireFit, teacherFile } from '../../trainer/teachers/teacher.ts'
import { hintAtNewerNode } from '../hint.ts'
import { onInterrupt } from '../interrupt.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { addRecipeOptions } from '../recipe-options.ts'
import { type Progress, printResult, seconds, warn, withProgress } from '../terminal.ts'
import { type CommonOptions, number, seedOption, threadsOption, verb } from '../verb.ts'
import { describe, EPISODES, quantiseShown, valuesOption } from './quantise.ts'

interface OwnOptions extends CommonOptions, OutputOptions {
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
    .requiredOption(
      '--teacher <file>',
      'teacher, for comparison: a folder of bpd import or bpd teach, or a file that bpd import reads',
    )
    .requiredOption('--data <file>', 'transitions from "bpd collect"')
    .addOption(seedOption())
    .addOption(threadsOption())
    .requiredOption('--out <folder>', 'where the student goes')
    .addOption(forceOption())
    .option('--checkpoint-minutes <n>', 'minutes between checkpoints', number(0), 5)
    .option('--resume', 'continue from the checkpoint in the folder, to the same bits', false)
    .option('--every', 'write every tuned student too: point-1.bpd … in the order of the sweep in distill.json', false)
    .addOption(valuesOption().default('f32')),
).action((task, options) => run(task, options))

async function run(taskName: string, options: Options): Promise<void> {
  await prepareTask(taskName)
  const { spec } = createTask(taskName)
  const teacherPath = teacherFile(options.teacher)
  const teacher = await openTeacher(teacherPath)
  requireFit(teacher, spec, teacherPath)
  const transitions = readTransitions(options.data, spec)
  if (options.observationMargin !== undefined && options.observationBounds === undefined) {
    throw new InputError('--observation-margin: expected --observation-bounds with it')
  }
  const { json, teacher: _, data, out, force, resume, checkpointMinutes, values, every, ...given } = options
  const recipe = distillOptions(taskName, given)
  const { seed } = recipe
  hintAtNewerNode()
  const pointNames = Array.from(
    { length: every ? variantOf(recipe.variant).cutCount(recipe) : 0 },
    (_, i) => `point-${i + 1}.bpd`,
  )
  const unfinished = { checkpoint: 'checkpoint.safetensors', resume }
  claimFolder(out, ['student.bpd', 'distill.json', ...pointNames], { inputs: [teacherPath, data], force }, unfinished)
  for (const doubt of doubtsOf(transitions, recipe.batchSize)) warn(`${data}: ${doubt}`)
  const checkpoint = join(out, unfinished.checkpoint)
  const log = join(out, 'progress.jsonl')
  // a resumed run tells its points again
  rmSync(log, { force: true })
  const origin = taskOrigin(taskName)
  const interrupt = new AbortController()
  onInterrupt(() => interrupt.abort())
  const {
    bytes: exact,
    points,
    distilled,
  } = await withProgress(`distilling ${taskName}`, async (progress) => {
    const student = await makeStudent(taskName, teacher, transitions, recipe, {
      signal: interrupt.signal,
      checkpoints: (job) => new Checkpoints(checkpoint, job, checkpointMinutes, resume, origin),
      onProgress(p) {
        appendLine(log, JSON.stringify(p))
        show(progress, taskName, p)
      },
    })
    progress.done(`distilled ${taskName} in ${seconds(student.distilled.seconds)}`)
    return student
  })
  const file = join(out, 'student.bpd')
  const quantised =
    values === 'f32'
      ? undefined
      : await quantiseShown(exact, values, transitions, {
          name: file,
          seed,
          episodes: EPISODES,
          createTask: () => createTask(taskName),
        })
  const { bytes, ...figures } = quantised ?? { bytes: exact }
  await writeFile(file, bytes)
  for (const [i, name] of pointNames.entries()) await writeFile(join(out, name), points[i])
  const { network: __network, candidates: __candidates, ...record } = distilled
  const { weights } = decodePolicy(bytes, file)
  const result = {
    task: spec.name,
    ...(origin && { origin }),
    file,
    bytes: bytes.length,
    weights,
    ...record,
    ...(quantised && { quantised: figures }),
  }
  await writeFile(join(out, 'distill.json'), `${JSON.stringify(result, null, 2)}\n`)
  // the last: until then the run can be resumed
  rmSync(checkpoint, { force: true })
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
