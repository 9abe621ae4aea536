import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import type { NetworkValues } from '../../runtime-as/format/network.ts'
import { doubtsOf } from '../../trainer/data/doubts.ts'
import { Checkpoints } from '../../trainer/distill/checkpoint.ts'
import { distill } from '../../trainer/distill/distill.ts'
import type { Given } from '../../trainer/distill/options.ts'
import type { TrainedStudents } from '../../trainer/distill/phases.ts'
import { ERROR_FACTOR } from '../../trainer/distill/pick.ts'
import { describeCut } from '../../trainer/distill/points.ts'
import { quantisedBytes } from '../../trainer/distill/quantise-file.ts'
import { optionRules } from '../../trainer/distill/read-options.ts'
import type { DistillJob } from '../../trainer/distill/session.ts'
import { cutCount } from '../../trainer/distill/stages/plan.ts'
import { appendLine } from '../../trainer/files/replace.ts'
import { taskOrigin } from '../../trainer/tasks/registry.ts'
import type { TaskOrigin } from '../../trainer/tasks/task.ts'
import { addDataOptions, type GivenData } from '../data-options.ts'
import { addContractOptions, type GivenContract } from '../distill/contract-options.ts'
import { describeHeldOut, describePicked, describeSteps, describeUnmet } from '../distill/describe.ts'
import { heldOutFiles } from '../distill/held-out.ts'
import { show } from '../distill/progress.ts'
import { wantedOf } from '../distill/wanted.ts'
import { writeStudent } from '../distill/written.ts'
import { hintAtNewerNode } from '../hint.ts'
import { onInterrupt } from '../interrupt.ts'
import { addSigningOptions, type GivenSigning, signedBy, signerOf, signingInputs } from '../keys.ts'
import { claimRun, forceOption, type OutputOptions } from '../output.ts'
import { addRecipeOptions, recipeIn } from '../recipe-options.ts'
import { printResult, seconds, warn, withProgress } from '../terminal.ts'
import { type CommonOptions, number, seedOption, threadsOption, verb } from '../verb.ts'
import { describe, describeByError, valuesOption } from './quantise.ts'

interface OwnOptions extends CommonOptions, OutputOptions, GivenContract, GivenData, GivenSigning {
  teacher?: string
  data: string
  out: string
  checkpointMinutes: number
  resume: boolean
  values: NetworkValues
  every: boolean
  keepTrained: boolean
  trained?: string
}
type Options = OwnOptions & Given

const TRAINED = 'trained.safetensors'

export const distillVerb = addDataOptions(
  addContractOptions(
    addRecipeOptions(
      addSigningOptions(
        verb('distill [task]', {
          group: 'Make a student:',
          description: 'distills a sparse student; writes student.bpd, distill.json and progress.jsonl',
          example:
            'bpd distill pendulum --teacher models/pendulum/teacher.safetensors --data runs/transitions.safetensors --out runs/p1\n' +
            '  bpd distill --teacher runs/go1 --data log.npz --out runs/s',
        })
          .option('--teacher <file>', 'its actions are cloned; a file, or a folder of "bpd import"')
          .requiredOption('--data <file>', 'transitions from "bpd collect", or a log: CSV, npz, HDF5, Parquet')
          .addOption(seedOption())
          .addOption(threadsOption())
          .requiredOption('--out <folder>', 'where the student goes')
          .addOption(forceOption())
          .option('--from <policy>', 'goes on from this .bpd student: cuts it in stages, trains none before')
          .option('--keep-trained', 'also write trained.safetensors: the student before it is cut', false)
          .option('--trained <file>', 'cuts the student of that file, of the same training, in place of training it')
          .option('--checkpoint-minutes <n>', 'minutes between checkpoints', number(0), 5)
          .option('--resume', 'continue from the checkpoint in the folder, to the same bits', false)
          .option(
            '--every',
            'write every tuned student too: point-1.bpd … in the order of the sweep in distill.json',
            false,
          )
          .option(
            '--max-error <x>',
            `without a task: largest RMSE of the picked student, a share of the actions' ranges (default: ${ERROR_FACTOR} x the best one's)`,
            number(optionRules.maxError.low, optionRules.maxError.high),
          )
          .addOption(valuesOption().default('f32')),
      ),
    ),
  ),
).action((task, options) => run(task, options))

/** Where the student is read from that is not trained here, and where the one that is stays. */
function trainedStudents(
  { load, save }: { load?: string; save?: string },
  job: DistillJob,
  origin: TaskOrigin | undefined,
): TrainedStudents {
  const file = (path: string | undefined, resume: boolean) =>
    path === undefined ? undefined : new Checkpoints(path, job, { minutes: Infinity, resume, origin, of: 'training' })
  return { load: file(load, true), save: file(save, false) }
}

async function run(taskName: string | undefined, options: Options): Promise<void> {
  const {
    json,
    out,
    force,
    resume,
    checkpointMinutes,
    values,
    every,
    keepTrained,
    trained,
    signKey,
    counter,
    ...asked
  } = options
  if (options.observationMargin !== undefined && options.observationBounds === undefined) {
    throw new InputError('--observation-margin: expected --observation-bounds with it')
  }
  const sign = signerOf({ signKey, counter })
  const wanted = await wantedOf(taskName, asked, recipeIn(asked))
  const { options: recipe, data, name, notes } = wanted
  const inputs = [...wanted.inputs, ...signingInputs({ signKey })]
  hintAtNewerNode()
  const pointNames = Array.from({ length: every ? cutCount(recipe) : 0 }, (_, i) => `point-${i + 1}.bpd`)
  const unfinished = { checkpoint: 'checkpoint.safetensors', resume }
  const byError = wanted.judge.measure === 'error'
  const more = byError ? heldOutFiles : []
  const trainedFile = keepTrained ? join(out, TRAINED) : undefined
  claimRun(
    out,
    ['student.bpd', 'distill.json', ...more, ...pointNames, ...(keepTrained ? [TRAINED] : [])],
    { inputs, force },
    unfinished,
  )
  for (const note of notes) warn(note)
  for (const doubt of doubtsOf(data, recipe.batchSize)) warn(`${asked.data}: ${doubt}`)
  // the first is what a resumed run looks for
  const checkpointOf = (part: number) =>
    join(out, part === 0 ? unfinished.checkpoint : `checkpoint-${part + 1}.safetensors`)
  const log = join(out, 'progress.jsonl')
  // a resumed run tells its points again
  rmSync(log, { force: true })
  const origin = taskName === undefined ? undefined : taskOrigin(taskName)
  const file = join(out, 'student.bpd')
  // every student as it will lie there
  const stored = (student: Uint8Array, as = file) =>
    sign(values === 'f32' ? student : quantisedBytes(student, { values }, data, as), as)
  const interrupt = new AbortController()
  onInterrupt(() => interrupt.abort())
  const student = await withProgress(`distilling ${name}`, async (progress) => {
    const made = await distill({
      ...wanted,
      stored,
      signal: interrupt.signal,
      checkpoints: (job, part) =>
        new Checkpoints(checkpointOf(part), job, { minutes: checkpointMinutes, resume, origin }),
      ...((trained ?? trainedFile) && {
        trained: (job: DistillJob) => trainedStudents({ load: trained, save: trainedFile }, job, origin),
      }),
      onProgress(p) {
        appendLine(log, JSON.stringify(p))
        show(progress, name, p)
      },
    })
    progress.done(`distilled ${name} in ${seconds(made.distilled.seconds)}`)
    return made
  })
  const { result, quantised } = await writeStudent(out, { wanted, taskName, student, values, sign, stored, pointNames })
  // the last: until then the run can be resumed
  for (const [part] of (recipe.l1Path ?? [0]).entries()) rmSync(checkpointOf(part), { force: true })
  const { distilled } = student
  const unmet = distilled.met ? undefined : describeUnmet(result, recipe)
  // who asked for it in so many words is told by the exit code too
  if (unmet?.options.some((name) => asked[name] !== undefined)) throw new FailedError(`${file}: ${unmet.says}`)
  if (unmet) warn(`${file}: ${unmet.says}`)
  printResult(json, result, () => {
    const { weights, bytes, signature, heldOut, environmentSteps } = result
    return [
      `${file}: ${weights} weights, ${bytes} bytes, ${describeCut(distilled)}; ${describeSteps(environmentSteps)}`,
      ...(signature ? [`signed   ${signedBy(signature)}`] : []),
      ...(heldOut ? [describeHeldOut(heldOut)] : [describePicked(distilled, recipe.pickEpisodes)]),
      ...(quantised ? ['error' in quantised ? describeByError(quantised) : describe(quantised)] : []),
    ].join('\n')
  })
}
