/** Transitions of a teacher: a file, found by the hash of its job; only what tells of it is a result. */
import { existsSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { collectInParallel } from '../../data/episodes.ts'
import { type OpenTransitions, readTransitions, writeTransitions } from '../../data/transitions.ts'
import { makeFolder } from '../../files/claim.ts'
import { sha256OfFile } from '../../files/sha256.ts'
import { Interrupted } from '../../interrupted.ts'
import { createTask } from '../../tasks/registry.ts'
import type { TaskSpec } from '../../tasks/task.ts'
import { actingBytes } from '../../teachers/policy.ts'
import { requireFit } from '../../teachers/teacher.ts'
import type { Store } from '../store.ts'
import type { CollectJob } from './job.ts'
import { teacherOf } from './needed.ts'
import type { Collected } from './results.ts'
import type { How, Work } from './work.ts'

export async function doCollect(work: Work<CollectJob>): Promise<Collected> {
  const { store, id, job } = work
  const file = store.dataFile(id)
  const data = await dataOf(store, id, job, work)
  data.close()
  return { kind: 'collect', transitions: job.transitions, sha256: sha256OfFile(file) }
}

/** The data of a job, made here where it is missing. Throws FailedError where that has other bits than those it was made with before. */
export async function dataOf(store: Store, id: string, job: CollectJob, how: How): Promise<OpenTransitions> {
  const file = store.dataFile(id)
  const { spec } = createTask(job.task)
  const there = existsSync(file) ? readable(file, spec) : undefined
  if (there) return there
  await collectInto(file, job, store, how)
  const before = store.has(id) ? store.result(id, 'collect').sha256 : undefined
  if (before !== undefined && sha256OfFile(file) !== before) {
    rmSync(file)
    throw new FailedError(`its data was made again to other bits than before (${before.slice(0, 12)}…)`)
  }
  return readTransitions(file, spec)
}

/** Nothing where the file is damaged: it is made anew, as one that is gone. */
function readable(file: string, spec: TaskSpec): OpenTransitions | undefined {
  try {
    return readTransitions(file, spec)
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

async function collectInto(
  file: string,
  job: CollectJob,
  store: Store,
  { threads, signal, onProgress }: How,
): Promise<void> {
  const { task: taskName, transitions, sigmas, seed } = job
  const task = createTask(taskName)
  const teacher = teacherOf(store, job.teacher)
  requireFit(teacher, task.spec, 'teacher')
  const policy = actingBytes(teacher, task.spec)
  const episodes = collectInParallel({ taskName, policy }, task, { transitions, sigmas, seed }, threads)
  makeFolder(dirname(file))
  // whole or not at all: where it is cut off it begins anew
  const whole = unlessAborted(episodes, signal)
  await writeTransitions(
    file,
    task.spec,
    whole,
    { seed: `${seed}`, sigmas: JSON.stringify(sigmas) },
    {
      onProgress: (count) => onProgress?.(count / transitions),
    },
  )
}

async function* unlessAborted<T>(items: AsyncIterable<T>, signal?: AbortSignal): AsyncGenerator<T> {
  for await (const item of items) {
    if (signal?.aborted) throw new Interrupted('interrupted while collecting')
    yield item
  }
}
