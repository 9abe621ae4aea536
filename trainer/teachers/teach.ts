/**
 * Trains a dense teacher by TD3 (Fujimoto, van Hoof, Meger 2018): twin critics, clipped double Q, delayed actor, target policy smoothing.
 * The same kernels as distillation, without weight noise and without a teacher's actions. Or by soft actor-critic (`kernels/step/sac.ts`).
 */
import { setImmediate as turn } from 'node:timers/promises'
import { FailedError } from '../../runtime-as/errors.ts'
import type { Network } from '../../runtime-as/format/network.ts'
import { Interrupted } from '../interrupted.ts'
import { authorsDefaults, type StepConfig } from '../kernels/config.ts'
import { cpuFeatures } from '../kernels/cpu.ts'
import { initialiseCritics, initialisePlainActor } from '../kernels/initialise.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import { td3Settings } from '../kernels/step/td3.ts'
import { type Random, randomStream } from '../random.ts'
import { evaluateInTurns, TURN_MS } from '../tasks/evaluate.ts'
import type { Task, TaskSpec } from '../tasks/task.ts'
import { algorithms } from './algorithms.ts'
import type { Identity } from './checkpoint.ts'
import { loadTeachState, saveTeachState, type TeachState } from './teach-checkpoint.ts'
import { checkTeachOptions, type TeachOptions } from './teach-options.ts'
import type { PlainTeacher } from './teacher.ts'

/** Where the training of a teacher stands. */
export interface TeachProgress {
  /** environment steps that are done */
  step: number
  /** of all */
  steps: number
  /** mean return of the last evaluation */
  return: number
  /** mean return of the actor kept so far */
  best: number
  /** of the last batch */
  criticLoss: number
  /** of work so far, before an interruption too */
  seconds: number
}

/** How a training is watched, saved and stopped. */
export interface TeachRun {
  /** told after each evaluation */
  onProgress?: (progress: TeachProgress) => void
  /** saved every so many minutes, and continued from where it exists: to the same bits */
  checkpoint?: { path: string; minutes: number }
  /** aborting saves a checkpoint where the episode ends and throws `Interrupted` */
  signal?: AbortSignal
}

/**
 * Trains a teacher and gives the best one by its evaluations. Throws InputError for an option that cannot be, by its name; `Interrupted` once the
 * signal is aborted; FailedError where training diverges.
 *
 * @param createTask gives a new environment; two are made
 * @param options start from `teachDefaults`
 * @param run progress, checkpoint, signal
 *
 * @example
 * import { createTask, encodeTeacher, prepareTask, teach, teachDefaults } from 'bpd/train'
 *
 * await prepareTask('pendulum')
 * const options = { ...teachDefaults, steps: 1200, hidden: [16, 16], seed: 1, threads: 1 }
 * const teacher = await teach(() => createTask('pendulum'), options, {
 *   onProgress: ({ step, return: mean }) => console.log(step, mean),
 * })
 * console.log(encodeTeacher(teacher).length)
 */
export async function teach(
  createTask: () => Task,
  options: TeachOptions,
  { onProgress, checkpoint, signal }: TeachRun = {},
): Promise<PlainTeacher> {
  checkTeachOptions(options)
  if (signal?.aborted) throw new Interrupted('interrupted before it began')
  const { steps, randomSteps, seed } = options
  const task = createTask()
  const { spec } = task
  const config: StepConfig = {
    ...authorsDefaults,
    ...td3Settings,
    observationSize: spec.observationNames.length,
    actionSize: spec.actionNames.length,
    actionLow: spec.actionLow,
    actionHigh: spec.actionHigh,
    hidden: options.hidden,
    batchSize: options.batchSize,
    capacity: steps,
    actorRate: options.rate,
    criticRate: options.rate,
    kl: { shape: 'constant', nu: 0, cap: 0, steps },
  }
  const learner = algorithms[options.algorithm](config, options)
  const { trainer } = learner
  try {
    trainer.setMode('none')
    initialisePlainActor(trainer.networks, randomStream(seed, 'teach', 'actor'))
    initialiseCritics(trainer.networks, randomStream(seed, 'teach', 'critics'))
    const explore = randomStream(seed, 'teach', 'explore')
    const action = new Float32Array(config.actionSize)
    const scratch = createTask()
    const identity = identityOf(spec.name, options)
    const layersOf = () => firstOutputs(trainer.networks.readActor(), config.actionSize)
    let best: TeachState['best']
    let episode = 0
    let episodeStep = 0
    const updates = (step: number) => Math.max(0, step - randomSteps)
    const resumed = checkpoint && loadTeachState(checkpoint.path, identity, trainer, { blank: layersOf(), updates })
    if (resumed) {
      best = resumed.best
      episode = resumed.episode
      explore.state = resumed.explore
    }
    const began = performance.now() - 1000 * (resumed?.seconds ?? 0)
    const seconds = () => (performance.now() - began) / 1000
    let saved = performance.now()
    let turned = saved
    task.reset(randomStream(seed, 'teach', 'episode', episode))
    for (let step = (resumed?.step ?? 0) + 1; step <= steps; step++) {
      const row = trainer.data.subarray((step - 1) * trainer.rowLength, step * trainer.rowLength)
      const observations = config.observationSize
      row.set(task.observation)
      if (step > randomSteps) learner.explore(task.observation, action, explore)
      else drawAction(action, spec, explore)
      row.set(action, observations)
      row[observations + config.actionSize] = task.step(action)
      row.set(task.observation, observations + config.actionSize + 1)
      row[trainer.rowLength - 1] = task.terminated ? 1 : 0
      trainer.count = step
      const ended = task.terminated || ++episodeStep === spec.maxSteps
      if (ended) {
        episodeStep = 0
        task.reset(randomStream(seed, 'teach', 'episode', ++episode))
      }
      if (step > randomSteps) trainer.run(1)
      if (step > randomSteps && (step % options.evaluateEvery === 0 || step === steps)) {
        const control = (observation: ArrayLike<number>, out: Float32Array) => trainer.act(observation, out)
        const wanted = { seed, purpose: 'pick', episodes: options.evaluationEpisodes } as const
        const { mean } = await evaluateInTurns(scratch, control, wanted)
        const { critic: criticLoss } = trainer.losses()
        if (!Number.isFinite(mean + criticLoss))
          throw new FailedError(`teaching diverged at step ${step}: return ${mean}, critic loss ${criticLoss}`)
        if (!best || mean > best.return) best = { return: mean, layers: layersOf() }
        onProgress?.({ step, steps, return: mean, best: best.return, criticLoss, seconds: seconds() })
      }
      // a second signal is heard within a long episode, too
      if (ended || performance.now() - turned > TURN_MS) {
        await turn()
        turned = performance.now()
      }
      if (!ended) continue
      if (checkpoint && (signal?.aborted || performance.now() - saved > checkpoint.minutes * 60_000)) {
        await saveTeachState(checkpoint.path, identity, trainer, {
          step,
          episode,
          explore: explore.state,
          seconds: seconds(),
          best,
        })
        saved = performance.now()
      }
      if (signal?.aborted)
        throw new Interrupted(`interrupted at step ${step}${checkpoint ? '; --resume continues' : ''}`)
    }
    return {
      // without an evaluation nothing was trained
      network: plainNetwork(best?.layers ?? layersOf()),
      squash: 'tanh',
      actionLow: [...spec.actionLow],
      actionHigh: [...spec.actionHigh],
      metadata: {},
    }
  } finally {
    trainer.close()
  }
}

/** Anything within the bounds. The draw that is thrown away keeps every seed's teacher what it was. */
function drawAction(action: Float32Array, { actionLow, actionHigh }: TaskSpec, random: Random): void {
  for (let i = 0; i < action.length; i++) {
    random.normal()
    action[i] = random.uniform(actionLow[i], actionHigh[i])
  }
}

/** Without what a Gaussian policy has beside the means. */
function firstOutputs(layers: VariationalLayer[], count: number): VariationalLayer[] {
  const { theta, logSigma, bias } = layers[layers.length - 1]
  const size = count * (theta.length / bias.length)
  const last = { theta: theta.slice(0, size), logSigma: logSigma.slice(0, size), bias: bias.slice(0, count) }
  return [...layers.slice(0, -1), last]
}

/** What the state at any step depends on: neither the number of threads nor how many steps are still to come. */
function identityOf(task: string, { threads: _, steps: __, ...options }: TeachOptions): Identity {
  // with fused multiply-add the last bits are the CPU's
  return { task, ...options, cpu: options.fused && cpuFeatures().fused }
}

/** The network of the means: ReLU hidden layers, tanh at the end. */
export function plainNetwork(layers: readonly VariationalLayer[]): Network {
  return {
    layers: layers.map(({ theta, bias }, l) => ({
      inputs: theta.length / bias.length,
      outputs: bias.length,
      activation: l === layers.length - 1 ? 'tanh' : 'relu',
      weights: theta,
      bias,
    })),
  }
}
