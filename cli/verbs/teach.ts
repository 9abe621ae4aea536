import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { InputError } from '../../runtime-as/errors.ts'
import { dashed } from '../../trainer/data/mapping.ts'
import { Interrupted } from '../../trainer/interrupted.ts'
import { evaluateInTurns } from '../../trainer/tasks/evaluate.ts'
import { createTask, prepareTask, taskOrigin } from '../../trainer/tasks/registry.ts'
import { type Algorithm, algorithmNames, unusedBy } from '../../trainer/teachers/algorithms.ts'
import { teacherController } from '../../trainer/teachers/policy.ts'
import { type TeachProgress, teach } from '../../trainer/teachers/teach.ts'
import { teachDefaults } from '../../trainer/teachers/teach-options.ts'
import { decodeTeacher, encodeTeacher } from '../../trainer/teachers/teacher.ts'
import { cardOf, commandWord, teacherFiles, writeModel, writeWithoutCard } from '../card.ts'
import { hintAtNewerNode } from '../hint.ts'
import { onInterrupt } from '../interrupt.ts'
import { claimRun, forceOption, type OutputOptions } from '../output.ts'
import { printResult, seconds, withProgress } from '../terminal.ts'
import { type CommonOptions, episodesOption, integer, list, number, seedOption, threadsOption, verb } from '../verb.ts'

interface Options extends CommonOptions, OutputOptions {
  algorithm: Algorithm
  steps: number
  hidden: number[]
  batchSize: number
  randomSteps: number
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

/** of the return on the card */
const EPISODES = 100

export const teachVerb = verb('teach <task>', {
  group: 'Make a teacher:',
  description: 'trains a dense teacher by TD3 or SAC; writes teacher.safetensors and card.json',
  example: 'bpd teach pendulum --steps 20000 --seed 1 --out models/pendulum',
})
  .addOption(
    new Option('--algorithm <name>', 'sac: one thread').choices(algorithmNames).default(teachDefaults.algorithm),
  )
  .option('--steps <n>', 'environment steps', integer(2), 20000)
  .option('--hidden <sizes>', 'hidden sizes', list(integer(1, 1024)), [...teachDefaults.hidden])
  .option('--batch-size <n>', 'transitions per step', integer(2, 65536), teachDefaults.batchSize)
  .option('--random-steps <n>', 'steps of random actions at the start', integer(1), teachDefaults.randomSteps)
  .option('--evaluate-every <n>', 'steps between evaluations', integer(1), teachDefaults.evaluateEvery)
  .option('--rate <x>', 'learning rate of actor and critics', number(1e-7, 1), teachDefaults.rate)
  .option('--exploration <x>', 'noise of td3, in half action ranges', number(0, 1), teachDefaults.exploration)
  .addOption(episodesOption(EPISODES))
  .addOption(seedOption())
  .addOption(threadsOption())
  .option('--fused', 'fused multiply-add where the CPU has it: faster, other last bits than without', false)
  .option('--checkpoint-minutes <n>', 'minutes between checkpoints', number(0), 5)
  .option('--resume', 'continue from the checkpoint in the folder, to the same bits; --steps may be another', false)
  .requiredOption('--out <folder>', 'where the teacher and its card go')
  .addOption(forceOption())
  .action(run)

async function run(taskName: string, options: Options, command: Command): Promise<void> {
  requireUsed(options, command)
  await prepareTask(taskName)
  const task = createTask(taskName)
  const unfinished = { checkpoint: 'checkpoint.safetensors', resume: options.resume }
  claimRun(options.out, Object.values(teacherFiles), options, unfinished)
  hintAtNewerNode()
  const { algorithm, steps, hidden, batchSize, randomSteps, evaluateEvery, rate, exploration, seed, threads, fused } =
    options
  const recipe = {
    ...teachDefaults,
    algorithm,
    steps,
    hidden,
    batchSize,
    randomSteps,
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
  // what is measured is what was written, and stays where the measuring is cut off
  const file = await writeWithoutCard(options.out, teacherFiles, bytes)
  const control = teacherController(decodeTeacher(bytes, file), task.spec)
  const reported = await withProgress(`evaluating ${file}`, async (progress) => {
    const { episodes } = options
    const result = await evaluateInTurns(task, control, { seed, purpose: 'report', episodes }, (done) => {
      if (interrupt.signal.aborted) throw new Interrupted(`interrupted; ${file} is there, without a card`)
      progress.update(`evaluating ${file}: ${done}/${episodes} episodes`, done / episodes)
    })
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
    rate,
    exploration,
    fused,
    return: reported,
    wallSeconds,
    command: commandOf(taskName, options),
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

/** Throws InputError for an option that would do nothing, and where nothing would be trained. */
function requireUsed({ algorithm, steps, randomSteps }: Options, command: Command): void {
  if (randomSteps >= steps)
    throw new InputError(`--random-steps: ${randomSteps}, expected fewer than --steps, ${steps}: the others train`)
  const given = unusedBy[algorithm].find((name) => command.getOptionValueSource(name) !== 'default')
  if (given) throw new InputError(`--${given}: of no effect with --algorithm ${algorithm}, expected another with it`)
}

/** The command that makes the same bytes again. */
function commandOf(task: string, { out, ...options }: Options): string {
  const always = { steps: options.steps, hidden: options.hidden.join(','), rate: options.rate }
  const { algorithm, batchSize, randomSteps, evaluateEvery } = options
  const sometimes = Object.entries({ algorithm, batchSize, randomSteps, evaluateEvery })
    .filter(([name, value]) => value !== teachDefaults[name as keyof typeof teachDefaults])
    .map(([name, value]) => [dashed(name), value])
  const episodes = options.episodes === EPISODES ? {} : { episodes: options.episodes }
  const given = {
    ...always,
    ...Object.fromEntries(sometimes),
    ...(unusedBy[algorithm].includes('exploration') ? {} : { exploration: options.exploration }),
    ...episodes,
    seed: options.seed,
  }
  const words = Object.entries(given).map(([name, value]) => `--${name} ${value}`)
  return ['bpd teach', commandWord(task), ...words, ...(options.fused ? ['--fused'] : []), '--out', out].join(' ')
}
