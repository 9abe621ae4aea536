import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { InputError } from '../../runtime-as/errors.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { OUTSIDE, type ValueType } from '../../runtime-as/format/network.ts'
import { readTransitions } from '../../trainer/data/transitions.ts'
import { Checkpoints } from '../../trainer/distill/checkpoint.ts'
import type { Progress as DistillProgress } from '../../trainer/distill/distill.ts'
import { makeStudent } from '../../trainer/distill/make-student.ts'
import { narrow } from '../../trainer/distill/narrow.ts'
import { MARGIN } from '../../trainer/distill/observation-bounds.ts'
import { distillOptions, type Given } from '../../trainer/distill/options.ts'
import { variantNames } from '../../trainer/distill/variants.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { backendNames } from '../../trainer/kernels/backend.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import { loadTeacher, requireFit } from '../../trainer/teachers/teacher.ts'
import { makeFolder } from '../files.ts'
import { onInterrupt } from '../interrupt.ts'
import { type Progress, printResult, seconds, withProgress } from '../terminal.ts'
import { addVerb, type CommonOptions, integer, list, number, seedOption, threadsOption } from '../verb.ts'
import { describe, EPISODES, valuesOption } from './quantise.ts'

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

export function addDistill(program: Command): void {
  const verb = addVerb(
    program,
    'distill <task>',
    'distills a sparse student; writes student.bpd, distill.json and progress.jsonl',
    'bpd distill pendulum --teacher models/pendulum/teacher.safetensors --data runs/transitions.safetensors --out runs/p1',
  )
    .requiredOption('--teacher <file>', 'safetensors teacher, for comparison')
    .requiredOption('--data <file>', 'transitions from "bpd collect"')
    .addOption(seedOption())
    .addOption(threadsOption())
    .requiredOption('--out <folder>', 'where the student goes')
    .option('--checkpoint-minutes <n>', 'minutes between checkpoints', number(0), 5)
    .option('--resume', 'continue from the checkpoint in the folder, to the same bits', false)
    .option('--every', 'write every tuned student too: point-1.bpd … in the order of the sweep in distill.json', false)
    .addOption(valuesOption().default('f32'))
    .action((task, options) => run(task, options))
  addRecipeOptions(verb)
}

/** The options of the method; what is not given comes from the task's preset, then from the authors' defaults. */
export function addRecipeOptions(verb: Command): void {
  verb
    .addOption(new Option('--variant <name>', 'what is left out of the method').choices(variantNames))
    .option('--budget <n>', 'weights that the variants l1, magnitude and dense aim at', integer(1))
    .option('--l1 <x>', 'penalty of the variant l1, in units of the learning rate', number(0))
    .option('--steps <n>', 'critic steps T; the student moves at every second', integer(2))
    .option('--hidden <sizes>', 'hidden sizes of the student', list(integer(1, 1024)))
    .option('--critic-hidden <sizes>', 'hidden sizes of each critic', list(integer(1, 1024)))
    .option('--batch <n>', 'transitions per step', integer(2, 65536))
    .option('--discount <x>', 'gamma', number(0, 1))
    .option('--tau <x>', 'rate of the target networks', number(0, 1))
    .option('--delay <n>', 'student and targets move at every so manyth step', integer(1))
    .option('--actor-rate <x>', 'learning rate of the student', number(0))
    .option('--critic-rate <x>', 'learning rate of the critics', number(0))
    .option('--data-scale <x>', '|D|, which weighs value and cloning against the KL term', number(1e-9))
    .option('--value-weight <x>', 'h, weight of the value term; 0 trains without critics', number(0))
    .addOption(new Option('--noise <formula>', 'formula of the weight noise').choices(['paper', 'official']))
    .addOption(
      new Option('--kl-shape <shape>', 'annealing of the KL term').choices([
        'linear',
        'constant',
        'exponential',
        'cosine',
      ]),
    )
    .option('--nu <x>', 'slope of the linear annealing', number(0))
    .option('--kl-cap <x>', 'largest weight of the KL term', number(0))
    .option('--threshold <x>', 'log alpha at which the training curve prunes', number(-10, 10))
    .option('--thresholds <list>', 'log alpha thresholds to prune and tune at', list(number(-10, 10)))
    .option('--keep <list>', 'numbers of weights to prune to and tune at, in place of --thresholds', list(integer(1)))
    .option('--tune-updates <n>', 'updates with the mask frozen, per threshold', integer(1))
    .option('--tune-rate <x>', 'learning rate at their beginning (default: --actor-rate)', number(0))
    .option('--tune-with-value', 'keep the critics while tuning')
    .option('--evaluate-every <n>', 'steps between points of the training curve', integer(1))
    .option('--pick-episodes <n>', 'episodes to pick the student on', integer(1))
    .option('--tolerance <x>', "share of the teacher's |return| that the picked student may lose", number(0, 10))
    .option('--max-weights <n>', 'picks the best return within so many weights, not the fewest weights', integer(1))
    .option('--max-bytes <n>', 'the same, within a size of the .bpd file', integer(1))
    .addOption(
      new Option(
        '--observation-bounds <how>',
        'the policy clamps, or refuses (failsafe), observations outside the range of the data',
      ).choices(OUTSIDE),
    )
    .option(
      '--observation-margin <x>',
      `share of that range added on either side (default: ${MARGIN})`,
      number(0, 1000),
    )
    .option('--progress-episodes <n>', 'episodes for each point of the training curve', integer(1))
    .option('--fused', 'fused multiply-add where the CPU has it: faster, other last bits than without')
    .option('--no-fused', 'the same bits on every CPU')
    .addOption(
      new Option('--backend <name>', 'fast kernels, or the readable reference on tfjs (slow)').choices(backendNames),
    )
    .addOption(new Option('--tile <name>', 'register tile of the kernels (the same bits)').choices(['wide', 'narrow']))
}

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
  const narrowed =
    values === 'f32' ? undefined : narrow(exact, values, transitions, { name: file, seed, episodes: EPISODES })
  const { bytes, ...quantised } = narrowed ?? { bytes: exact }
  await writeFile(file, bytes)
  if (every) for (const [i, point] of points.entries()) await writeFile(join(out, `point-${i + 1}.bpd`), point)
  const { network: __network, candidates: __candidates, ...record } = distilled
  const { weights } = decodePolicy(bytes, file)
  rmSync(checkpoint, { force: true })
  const result = { task: taskName, file, bytes: bytes.length, weights, ...record, ...(narrowed && { quantised }) }
  await writeFile(join(out, 'distill.json'), `${JSON.stringify(result, null, 2)}\n`)
  printResult(json, result, () => {
    const line = `${file}: ${weights} weights, ${bytes.length} bytes, threshold ${distilled.threshold}`
    return narrowed ? `${line}\n${describe(narrowed)}` : line
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
      : `tuning ${task}: threshold ${sweep?.threshold} (${step}/${steps}), ${sweep?.weights} weights, return ${short(sweep?.prunedReturn)} -> ${short(sweep?.tunedReturn)}`
  progress.update(`${text}, ${seconds(secondsLeft)} left`)
}

const short = (x: number | undefined) => x?.toPrecision(4)
