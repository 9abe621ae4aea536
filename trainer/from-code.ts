/** Whole steps as a program calls them, by the name of a task; the command's verbs are these with files around them. */
import { availableParallelism } from 'node:os'
import { collectDefaults } from './data/collect.ts'
import { collectInParallel, playEpisodes } from './data/episodes.ts'
import { type Transitions, transitionsOf } from './data/transitions.ts'
import { Checkpoints } from './distill/checkpoint.ts'
import type { Progress } from './distill/distill.ts'
import { makeStudent, type Student } from './distill/make-student.ts'
import { type DistillOptions, distillOptions } from './distill/options.ts'
import { type OutcomeStatistics, outcomeStatistics } from './tasks/evaluate.ts'
import { createTask, prepareTask, taskOrigin } from './tasks/registry.ts'
import { actingBytes } from './teachers/policy.ts'
import { requireFit, type Teacher } from './teachers/teacher.ts'

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
}

/**
 * Lets a teacher act in its task and gives what happened, in memory. The same request gives the same numbers. Throws InputError for an unknown
 * task and for a teacher that does not fit it.
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
  const { task: taskName, teacher, transitions = 20_000, sigmas = collectDefaults.sigmas, seed = 1 } = request
  await prepareTask(taskName)
  const task = createTask(taskName)
  const { spec } = task
  requireFit(teacher, spec, 'teacher')
  const policy = actingBytes(teacher, spec)
  const workers = request.workers ?? availableParallelism()
  const parts: Float32Array[] = []
  for await (const rows of collectInParallel({ taskName, policy }, task, { transitions, sigmas, seed }, workers))
    parts.push(rows)
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
 * bytes. Throws InputError for what cannot be distilled, `Interrupted` once the signal is aborted, FailedError where training diverges.
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
  await prepareTask(task)
  requireFit(teacher, createTask(task).spec, 'teacher')
  const options = distillOptions(task, { seed: 1, threads: availableParallelism(), ...request.options })
  return await makeStudent(task, teacher, transitions, options, {
    onProgress,
    signal,
    ...(checkpoint && {
      checkpoints: (job) =>
        new Checkpoints(checkpoint.file, job, checkpoint.minutes ?? 5, checkpoint.resume ?? false, taskOrigin(task)),
    }),
  })
}

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
}

/**
 * Undiscounted returns of a policy over episodes that neither training nor picking sees: mean, standard deviation of the episodes, median and the
 * share that ended before the time limit. Throws InputError for an unknown task and for bytes that are no policy.
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
  const { task, policy, episodes = 100, seed = 1, workers = availableParallelism() } = request
  await prepareTask(task)
  const outcomes = await playEpisodes({ taskName: task, policy }, { seed, purpose: 'report' }, episodes, workers)
  return outcomeStatistics(outcomes)
}
