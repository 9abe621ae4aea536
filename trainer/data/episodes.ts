/**
 * Episodes in worker threads, an environment each. An episode draws from a random stream of its own and results come in order of the
 * episodes, so nothing depends on the number of workers.
 */
import { extname } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { type Outcome, type Purpose, playEpisode } from '../tasks/evaluate.ts'
import { createTask } from '../tasks/registry.ts'
import type { Task } from '../tasks/task.ts'
import { actorOf } from '../teachers/policy.ts'
import { type CollectOptions, collect, collectEpisode, type Exploration } from './collect.ts'
import { columnsOf } from './columns.ts'

/** Who acts where; a policy is the bytes of a .bpd file, or of a teacher that has no such form (`actingBytes`). */
export interface Setting {
  taskName: string
  policy: Uint8Array
}

/** What is wanted of each episode: its return, or its transitions. */
export type Wanted = { seed: number; purpose: Purpose } | Exploration

/** What a worker does for one episode; `episode` counts from 0. */
export type EpisodeRunner = (wanted: Wanted, episode: number) => Outcome | Float32Array<ArrayBuffer>

export function episodeRunner({ taskName, policy }: Setting): EpisodeRunner {
  const task = createTask(taskName)
  const { control, bounded } = actorOf(policy, task.spec)
  return (wanted, episode) => {
    if (!('purpose' in wanted)) return collectEpisode(task, control, wanted, episode)
    if (!bounded) return playEpisode(task, control, wanted.seed, wanted.purpose, episode)
    const { clamped, refused } = bounded.outside
    const outcome = playEpisode(task, control, wanted.seed, wanted.purpose, episode)
    const now = bounded.outside
    return { ...outcome, outside: { clamped: now.clamped - clamped, refused: now.refused - refused } }
  }
}

/** Outcomes of episodes 0 … `episodes` - 1. The task must be prepared. onEpisode: how many are done. */
export async function playEpisodes(
  setting: Setting,
  wanted: { seed: number; purpose: Purpose },
  episodes: number,
  workers: number,
  onEpisode?: (done: number) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for await (const outcome of inOrder<Outcome>(setting, wanted, episodes, Math.min(workers, episodes))) {
    outcomes.push(outcome)
    onEpisode?.(outcomes.length)
  }
  return outcomes
}

/** What `collect` yields, from `workers` threads. */
export async function* collectInParallel(
  setting: Setting,
  task: Task,
  options: CollectOptions,
  workers: number,
): AsyncGenerator<Float32Array> {
  const { spec } = task
  const most = Math.min(workers, Math.ceil(options.transitions / spec.maxSteps))
  if (most === 1) {
    yield* collect(task, actorOf(setting.policy, spec).control, options)
    return
  }
  const { width } = columnsOf(spec.observationNames.length, spec.actionNames.length)
  const { sigmas, seed } = options
  let left = options.transitions
  for await (const rows of inOrder<Float32Array>(setting, { sigmas, seed }, Number.POSITIVE_INFINITY, most)) {
    const kept = rows.subarray(0, left * width)
    left -= kept.length / width
    yield kept
    if (left === 0) return
  }
}

/** An error of ours arrives from another thread as a plain one of its name. */
function ownError(error: Error): Error {
  const Ours = [InputError, FailedError].find(({ name }) => name === error.name)
  return Ours ? new Ours(error.message) : error
}

/** Episodes that a worker may be ahead of the reader: bounds what waits in memory. */
const ahead = 4

async function* inOrder<T>(setting: Setting, wanted: Wanted, episodes: number, workers: number): AsyncGenerator<T> {
  if (workers === 1) {
    const run = episodeRunner(setting)
    for (let episode = 0; episode < episodes; episode++) {
      yield run(wanted, episode) as T
      // Ctrl-C is heard between episodes
      await turn()
    }
    return
  }
  const threads = Array.from(
    { length: workers },
    // an episode leaves little garbage: a small nursery costs nothing, and a large one 20 MB a worker
    () =>
      new Worker(new URL(`./episode-worker${extname(import.meta.url)}`, import.meta.url), {
        workerData: setting,
        resourceLimits: { maxYoungGenerationSizeMb: 3 },
      }),
  )
  const waiting: { resolve(result: T): void; reject(error: Error): void }[][] = threads.map(() => [])
  threads.forEach((thread, i) => {
    thread.on('message', (result: T) => waiting[i].shift()!.resolve(result))
    thread.on('error', (error: Error) => {
      for (const { reject } of waiting[i].splice(0)) reject(ownError(error))
    })
  })
  // episode e belongs to worker e mod n
  const begin = (episode: number) => {
    const result = new Promise<T>((resolve, reject) => waiting[episode % workers].push({ resolve, reject }))
    // it is awaited later, and may have failed by then
    result.catch(() => {})
    threads[episode % workers].postMessage({ wanted, episode })
    return result
  }
  try {
    const pending: Promise<T>[] = []
    for (let next = 0, done = 0; done < episodes; done++) {
      while (next < Math.min(episodes, done + ahead * workers)) pending.push(begin(next++))
      yield await pending.shift()!
    }
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()))
  }
}
