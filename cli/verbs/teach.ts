import { rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Option } from 'commander'
import { InputError } from '../../runtime-as/errors.ts'
import { claimFolder } from '../../trainer/files/claim.ts'
import { sha256 } from '../../trainer/files/sha256.ts'
import { evaluateInTurns } from '../../trainer/tasks/evaluate.ts'
import { createTask, prepareTask, taskOrigin } from '../../trainer/tasks/registry.ts'
import type { TaskSpec } from '../../trainer/tasks/task.ts'
import { type Algorithm, algorithmNames } from '../../trainer/teachers/algorithms.ts'
import { openTeacher } from '../../trainer/teachers/import.ts'
import { teacherController } from '../../trainer/teachers/policy.ts'
import { type TeachProgress, teach, teachDefaults } from '../../trainer/teachers/teach.ts'
import {
  decodeTeacher,
  encodeTeacher,
  type PlainTeacher,
  requireFit,
  requirePlain,
  teacherFile,
  teacherSizes,
} from '../../trainer/teachers/teacher.ts'
import { cardOf, commandWord, readCard, teacherFiles, writeModel } from '../card.ts'
import { hintAtNewerNode } from '../hint.ts'
import { onInterrupt } from '../interrupt.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { printResult, seconds, withProgress } from '../terminal.ts'
import { type CommonOptions, episodesOption, integer, list, number, seedOption, threadsOption, verb } from '../verb.ts'

interface Options extends CommonOptions, OutputOptions {
  algorithm: Algorithm
  steps: number
  hidden?: number[]
  batchSize: number
  randomSteps: number
  from?: string
  criticUpdates: number
  evaluateEvery: number
  rate: number
  exploration: number
  episodes: number
  seed: number
  threads: number
  fused: boolean
  checkpointMinutes: number
  resume: boolean
  out: string
}

export const teachVerb = verb('teach <task>', {
  group: 'Make a teacher:',
  description: 'trains a dense teacher by TD3 or SAC; writes teacher.safetensors and card.json',
  example: 'bpd teach pendulum --steps 20000 --seed 1 --out models/pendulum',
})
  .addOption(
    new Option('--algorithm <name>', 'sac: one thread').choices(algorithmNames).default(teachDefaults.algorithm),
  )
  .option('--steps <n>', 'environment steps', integer(2), 20000)
  .option('--hidden <sizes>', 'hidden sizes (default: 256,256, or those of --from)', list(integer(1, 1024)))
  .option('--batch-size <n>', 'transitions per step', integer(2, 65536), teachDefaults.batchSize)
  .option('--random-steps <n>', 'steps of random actions at the start', integer(1), teachDefaults.randomSteps)
  .option('--from <teacher>', 'goes on from this teacher, with critics that begin anew')
  .option('--critic-updates <n>', 'updates of the critics alone at the start', integer(0), teachDefaults.criticUpdates)
  .option('--evaluate-every <n>', 'steps between evaluations', integer(1), teachDefaults.evaluateEvery)
  .option('--rate <x>', 'learning rate of actor and critics', number(1e-7, 1), teachDefaults.rate)
  .option('--exploration <x>', 'noise of td3, in half action ranges', number(0, 1), teachDefaults.exploration)
  .addOption(episodesOption(100))
  .addOption(seedOption())
  .addOption(threadsOption())
  .option('--fused', 'fused multiply-add where the CPU has it: faster, other last bits than without', false)
  .option('--checkpoint-minutes <n>', 'minutes between checkpoints', number(0), 5)
  .option('--resume', 'continue from the checkpoint in the folder, to the same bits; --steps may be another', false)
  .requiredOption('--out <folder>', 'where the teacher and its card go')
  .addOption(forceOption())
  .action(run)

async function run(taskName: string, options: Options): Promise<void> {
  await prepareTask(taskName)
  const task = createTask(taskName)
  const unfinished = { checkpoint: 'checkpoint.safetensors', resume: options.resume }
  claimFolder(options.out, Object.values(teacherFiles), options, unfinished)
  hintAtNewerNode()
  const from = options.from === undefined ? undefined : await openFrom(options.from, options, task.spec)
  const hidden = from?.hidden ?? options.hidden ?? [...teachDefaults.hidden]
  const { algorithm, steps, batchSize, randomSteps, criticUpdates, evaluateEvery, rate, exploration } = options
  const { seed, threads, fused } = options
  const recipe = {
    ...teachDefaults,
    algorithm,
    steps,
    hidden,
    batchSize,
    randomSteps,
    from: from?.teacher,
    criticUpdates,
    evaluateEvery,
    rate,
    exploration,
    seed,
    threads,
    fused,
    origin: taskOrigin(taskName),
  }
  const checkpoint = { path: join(options.out, unfinished.checkpoint), minutes: options.checkpointMinutes }
  if (!options.resume) rmSync(checkpoint.path, { force: true })
  const interrupt = new AbortController()
  onInterrupt(() => interrupt.abort())
  const started = performance.now()
  let wallSeconds = 0
  const bytes = await withProgress(`teaching ${taskName}`, async (progress) => {
    let begun: number | undefined
    const onProgress = (p: TeachProgress) => {
      begun ??= p.step - recipe.evaluateEvery
      wallSeconds = Math.round(p.seconds)
      const left = ((performance.now() - started) / 1000) * ((p.steps - p.step) / (p.step - begun))
      progress.update(
        `teaching ${taskName}: step ${p.step}/${p.steps}, return ${p.return.toFixed(1)}, best ${p.best.toFixed(1)}, ` +
          `critic loss ${p.criticLoss.toPrecision(3)}, ${seconds(left)} left`,
      )
    }
    const teacher = await teach(() => createTask(taskName), recipe, {
      onProgress,
      checkpoint,
      signal: interrupt.signal,
    })
    progress.done(`taught ${taskName} in ${seconds(wallSeconds)}`)
    return encodeTeacher({
      ...teacher,
      metadata: { algorithm: algorithm.toUpperCase(), env: task.spec.name, steps: `${steps}`, seed: `${seed}` },
    })
  })
  const file = join(options.out, teacherFiles.file)
  // what is measured is what was written
  const control = teacherController(decodeTeacher(bytes, file), task.spec)
  const reported = await withProgress(`evaluating ${file}`, async (progress) => {
    const { episodes } = options
    const result = await evaluateInTurns(task, control, { seed, purpose: 'report', episodes }, (done) =>
      progress.update(`evaluating ${file}: ${done}/${episodes} episodes`, done / episodes),
    )
    progress.done(`evaluated ${file} over ${episodes} episodes`)
    return result
  })
  const facts = {
    algorithm: algorithm.toUpperCase(),
    sizes: [task.spec.observationNames.length, ...hidden, task.spec.actionNames.length],
    steps,
    seed,
    batchSize,
    randomSteps,
    ...(from && { criticUpdates, from: from.lineage }),
    rate,
    exploration,
    fused,
    return: reported,
    wallSeconds,
    command: commandOf(taskName, { ...options, hidden }),
  }
  const card = cardOf(teacherFiles, bytes, { task: task.spec.name, origin: recipe.origin }, facts)
  await writeModel(options.out, teacherFiles, bytes, card)
  rmSync(checkpoint.path, { force: true })
  printResult(
    options.json,
    card,
    () =>
      `${file}: return ${card.return.mean.toFixed(1)} ± ${card.return.std.toFixed(1)} over ${options.episodes} episodes`,
  )
}

interface From {
  teacher: PlainTeacher
  hidden: number[]
  /** for the card: the file may be replaced by what comes of it */
  lineage: { sha256: string; command?: unknown; from?: unknown }
}

async function openFrom(path: string, { hidden }: Options, spec: TaskSpec): Promise<From> {
  const file = teacherFile(path)
  const teacher = requirePlain(await openTeacher(file), file)
  requireFit(teacher, spec, file)
  const sizes = teacherSizes(teacher)
  const { actionLow, actionHigh, squash } = teacher
  const same = (a: readonly number[] | undefined, b: readonly number[]) => a?.every((x, i) => x === b[i]) ?? true
  if (squash !== 'tanh' || !same(actionLow, spec.actionLow) || !same(actionHigh, spec.actionHigh))
    throw new InputError(
      `${file}: expected tanh over the bounds of task ${spec.name}: only such an actor is trained on`,
    )
  if (teacher.network.layers.slice(0, -1).some(({ activation }) => activation !== 'relu'))
    throw new InputError(`${file}: expected hidden layers with ReLU: only such an actor is trained on`)
  if (hidden && `${hidden}` !== `${sizes.hidden}`)
    throw new InputError(`--hidden ${hidden}: expected ${sizes.hidden}, as ${file} has`)
  const card = readCard(join(dirname(file), teacherFiles.card))
  const own = card?.at('file').value === basename(file) ? card : undefined
  const lineage = {
    sha256: sha256(encodeTeacher(teacher)),
    ...(own && { command: own.at('command').value, from: own.at('from').value }),
  }
  return { teacher, hidden: sizes.hidden, lineage }
}

/** The command that makes the same bytes again. */
function commandOf(task: string, { out, ...options }: Options & { hidden: number[] }): string {
  const always = { steps: options.steps, hidden: options.hidden.join(','), rate: options.rate }
  const { algorithm, batchSize, randomSteps, from, criticUpdates, evaluateEvery } = options
  const defaults: Record<string, unknown> = teachDefaults
  const sometimes = Object.entries({ algorithm, batchSize, randomSteps, from, criticUpdates, evaluateEvery })
    .filter(([name, value]) => value !== defaults[name])
    .map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), commandWord(`${value}`)])
  const given = { ...always, ...Object.fromEntries(sometimes), exploration: options.exploration, seed: options.seed }
  const words = Object.entries(given).map(([name, value]) => `--${name} ${value}`)
  return ['bpd teach', commandWord(task), ...words, ...(options.fused ? ['--fused'] : []), '--out', out].join(' ')
}
