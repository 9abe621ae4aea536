/** Whole steps as a program calls them, by the name of a task; the command's verbs are these with files around them. */
import { availableParallelism } from 'node:os'
import { loadPolicy } from '../runtime-as/kernel/policy.ts'
import { type PolicyContract, requireContract } from './contract.ts'
import { collectDefaults } from './data/collect.ts'
import { collectInParallel, playEpisodes } from './data/episodes.ts'
import { MOST_TRANSITIONS, type Transitions, transitionsOf } from './data/transitions.ts'
import { Checkpoints } from './distill/checkpoint.ts'
import type { Data } from './distill/data.ts'
import { distill as distillWith, type Progress, requireKept } from './distill/distill.ts'
import { heldOutError } from './distill/judges/error.ts'
import { makeStudent, type Student } from './distill/make-student.ts'
import { type DistillOptions, distillOptions, type Given } from './distill/options.ts'
import { readOptions } from './distill/read-options.ts'
import type { DistillJob } from './distill/session.ts'
import { Field } from './files/field.ts'
import { Interrupted } from './interrupted.ts'
import { type Controller, MOST_EPISODES, type OutcomeStatistics, outcomeStatistics } from './tasks/evaluate.ts'
import { createTask, prepareTask, taskOrigin } from './tasks/registry.ts'
import type { TaskOrigin } from './tasks/task.ts'
import { actingBytes } from './teachers/policy.ts'
import { requireFit, type Teacher } from './teachers/teacher.ts'

/** An argument of a program, to be checked. */
const argument = (name: string, value: unknown) => new Field(name, '', value)

function checkPlay({ seed, workers }: { seed: number; workers: number }): void {
  argument('seed', seed).whole(0, 0xffffffff)
  argument('workers', workers).whole(1)
}

/** Once the signal is aborted. */
function heed(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new Interrupted(`interrupted ${what}`)
}

/** What `collectTransitions` is asked for. */
export interface CollectRequest {
  /** name of a task */
  task: string
  teacher: Teacher
  /** how many. Default: 20,000 */
  transitions?: number
  /** exploration noise, one drawn for each episode, in half action ranges. Default: 0, 0.1, 0.2, 0.3 */
  sigmas?: readonly number[]
  /** default: 1 */
  seed?: number
  /** threads that play; the result does not depend on it. Default: one a core */
  workers?: number
  /** aborting throws `Interrupted` after the episode at hand */
  signal?: AbortSignal
}

/**
 * Lets a teacher act in its task and gives what happened, in memory. The same request gives the same numbers. Throws InputError for an unknown
 * task, for a teacher that does not fit it, and for a number that cannot be, which it names; `Interrupted` once the signal is aborted.
 *
 * @param request task, teacher, how many
 *
 * @example
 * import { collectTransitions, loadTeacher } from 'bpd/train'
 *
 * const teacher = loadTeacher('teacher.safetensors')
 * const transitions = await collectTransitions({ task: 'pendulum', teacher, transitions: 2000, seed: 1 })
 * console.log(transitions.count) // => 2000
 */
export async function collectTransitions(request: CollectRequest): Promise<Transitions> {
  const { task: taskName, teacher, transitions = 20_000, sigmas = collectDefaults.sigmas, seed = 1, signal } = request
  const workers = request.workers ?? availableParallelism()
  argument('transitions', transitions).whole(1, MOST_TRANSITIONS)
  const noise = argument('sigmas', sigmas)
  if (noise.items().length === 0) noise.refuse('one or more')
  for (const sigma of noise.items()) sigma.number(0, 10)
  checkPlay({ seed, workers })
  heed(signal, 'before it began')
  await prepareTask(taskName)
  const task = createTask(taskName)
  const { spec } = task
  requireFit(teacher, spec, 'teacher')
  const policy = actingBytes(teacher, spec)
  const parts: Float32Array[] = []
  for await (const rows of collectInParallel({ taskName, policy }, task, { transitions, sigmas, seed }, workers)) {
    heed(signal, 'while collecting')
    parts.push(rows)
  }
  const rows = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    rows.set(part, at)
    at += part.length
  }
  return transitionsOf(rows, spec.observationNames.length, spec.actionNames.length)
}

/** What `distill` is asked for. */
export interface DistillRequest {
  /** name of a task, whose recipe is taken where `options` is silent */
  task: string
  teacher: Teacher
  transitions: Transitions
  /** the recipe, the variant, the seed (default 1), the threads (default: one a core; the result does not depend on it) */
  options?: Partial<DistillOptions>
  /** told at every point of the training curve and after every cut */
  onProgress?: (progress: Progress) => void
  /** aborting saves the checkpoint, where there is one, and throws `Interrupted` */
  signal?: AbortSignal
  /** a file that is written every `minutes` (default 5); with `resume`, the run goes on from it to the bits of one that never stopped */
  checkpoint?: { file: string; minutes?: number; resume?: boolean }
}

/**
 * Distils a sparse student from transitions: training, pruning at each cut, tuning, picking (docs/method.md). The same request gives the same
 * bytes. Throws InputError for what cannot be distilled, and for an option that cannot be, by its name; `Interrupted` once the signal is aborted;
 * FailedError where training diverges.
 *
 * @param request task, teacher, data, and what differs from the task's recipe
 *
 * @example
 * import { loadPolicy } from 'bpd'
 * import { collectTransitions, distill, loadTeacher } from 'bpd/train'
 *
 * const teacher = loadTeacher('teacher.safetensors')
 * const transitions = await collectTransitions({ task: 'pendulum', teacher, transitions: 2000 })
 * const student = await distill({
 *   task: 'pendulum',
 *   teacher,
 *   transitions,
 *   options: { steps: 200, keep: [150], tuneUpdates: 200, pickEpisodes: 2 },
 *   onProgress: ({ phase, step, steps }) => console.log(`${phase} ${step}/${steps}`),
 *   signal: AbortSignal.timeout(60_000),
 * })
 * console.log(student.bytes.length, student.distilled.sweep[0].weights)
 * loadPolicy(student.bytes)
 */
export async function distill(request: DistillRequest): Promise<Student> {
  const { task, teacher, transitions, onProgress, signal, checkpoint } = request
  const given = givenIn(request)
  heed(signal, 'before it began')
  await prepareTask(task)
  const { spec } = createTask(task)
  requireFit(teacher, spec, 'teacher')
  const options = distillOptions(task, given)
  if (given.keep) requireKept(options, spec.observationNames.length, spec.actionNames.length)
  return await makeStudent(task, teacher, transitions, options, {
    onProgress,
    signal,
    checkpoints: checkpoint && checkpointsOf(checkpoint, taskOrigin(task)),
  })
}

/** What `distillFromData` is asked for. */
export interface DistillDataRequest extends Pick<DistillRequest, 'options' | 'onProgress' | 'signal' | 'checkpoint'> {
  /** what the student is to expect and promise */
  contract: PolicyContract
  /** of `openData`, or transitions */
  data: Data
  /** labels the data with its actions; absent: those of the data are cloned. A function writes the action for an observation */
  teacher?: Teacher | Controller
}

/**
 * Distils a sparse student without a simulator: it is picked by the error of its actions on whole episodes that are held out, and reported on others
 * (`distilled.heldOut`). No return is measured. The same request gives the same bytes. Throws as `distill` does.
 *
 * @param request contract, data, perhaps a teacher and what is not the recipe's
 *
 * @example
 * import { writeFileSync } from 'node:fs'
 * import { distillFromData, openData } from 'bpd/train'
 *
 * const rows = Array.from({ length: 300 }, (_, i) => `${(i * 0.02).toFixed(2)},${Math.sin(i / 9)},${-Math.sin(i / 9) / 2}`)
 * writeFileSync('log.csv', ['time,angle,torque', ...rows].join('\n'))
 * const data = await openData('log.csv', { mapping: { observations: ['angle'], actions: ['torque'] } })
 * const student = await distillFromData({
 *   contract: {
 *     name: 'arm',
 *     observationNames: ['angle [rad]'],
 *     actionNames: ['torque [Nm]'],
 *     actionLow: [-1],
 *     actionHigh: [1],
 *     period: 0.02,
 *   },
 *   data,
 *   options: { steps: 200, hidden: [8], tuneUpdates: 100 },
 * })
 * data.close()
 * console.log(student.bytes.length, student.distilled.heldOut?.error.rmse)
 */
export async function distillFromData(request: DistillDataRequest): Promise<Student> {
  const { contract, data, teacher, onProgress, signal, checkpoint } = request
  const given = givenIn(request)
  heed(signal, 'before it began')
  const options = distillOptions(undefined, given, data)
  if (given.keep) requireKept(options, data.observationSize, data.actionSize)
  const run = { onProgress, signal, checkpoints: checkpoint && checkpointsOf(checkpoint) }
  return await distillWith({ contract, data, teacher, judge: heldOutError, options, ...run })
}

function givenIn({ options, checkpoint }: Pick<DistillRequest, 'options' | 'checkpoint'>): Given {
  if (checkpoint) argument('checkpoint: minutes', checkpoint.minutes ?? 0).number(0)
  return { seed: 1, threads: availableParallelism(), ...readOptions(options) }
}

const checkpointsOf =
  ({ file, minutes = 5, resume = false }: NonNullable<DistillRequest['checkpoint']>, origin?: TaskOrigin) =>
  (job: DistillJob, part: number): Checkpoints =>
    new Checkpoints(part === 0 ? file : `${file}-${part + 1}`, job, { minutes, resume, origin })

/** What `evaluatePolicy` is asked for. */
export interface EvaluateRequest {
  /** name of a task */
  task: string
  /** bytes of a .bpd file */
  policy: Uint8Array
  /** default: 100 */
  episodes?: number
  /** default: 1 */
  seed?: number
  /** threads that play; the result does not depend on it. Default: one a core */
  workers?: number
  /** aborting throws `Interrupted` after the episode at hand */
  signal?: AbortSignal
}

/**
 * Undiscounted returns of a policy over episodes that neither training nor picking sees: mean, standard deviation of the episodes, median and the
 * share that fell: that the task's own rule ended before the time limit. Throws InputError for an unknown task, for bytes that are no policy,
 * for one of another task, and for a number that cannot be; `Interrupted` once the signal is aborted.
 *
 * @param request task, policy, episodes
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { evaluatePolicy } from 'bpd/train'
 *
 * const { mean, std } = await evaluatePolicy({ task: 'pendulum', policy: readFileSync('student.bpd'), episodes: 5 })
 * console.log(`${mean.toFixed(1)} ± ${std.toFixed(1)}`)
 */
export async function evaluatePolicy(request: EvaluateRequest): Promise<OutcomeStatistics> {
  const { task, policy, episodes = 100, seed = 1, workers = availableParallelism(), signal } = request
  argument('episodes', episodes).whole(1, MOST_EPISODES)
  checkPlay({ seed, workers })
  heed(signal, 'before it began')
  await prepareTask(task)
  requireContract(loadPolicy(policy).contract, createTask(task).spec, 'policy')
  const wanted = { seed, purpose: 'report' } as const
  const outcomes = await playEpisodes({ taskName: task, policy }, wanted, episodes, workers, () =>
    heed(signal, 'while evaluating'),
  )
  return outcomeStatistics(outcomes)
}
