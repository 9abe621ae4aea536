/** A worker: takes jobs from the queue, does each in a process, gives back kilobytes. What it makes along the way stays in its own store. */
import type { PgBoss, Job as QueueJob } from 'pg-boss'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { NotWritten } from '../../files/access.ts'
import { thisOwner } from '../../files/owner.ts'
import { sha256 } from '../../files/sha256.ts'
import { Interrupted } from '../../interrupted.ts'
import type { Arithmetic } from '../arithmetic.ts'
import { requireListedTask } from '../jobs/do.ts'
import { idOf, type Job, needsOf } from '../jobs/job.ts'
import { Processes } from '../process/pool.ts'
import type { Done, Store } from '../store.ts'
import { INPUTS, JOBS, type Payload, type Returned, uuidOf, uuidOfBlob } from './boss.ts'

export interface WorkerOptions {
  /** at a time */
  jobs: number
  threads: number
  minutes: number
  arithmetic: Arithmetic
  signal: AbortSignal
  onEvent?: (what: 'begun' | 'done' | 'failed' | 'lost', label: string, message?: string) => void
}

/**
 * Works until the signal is aborted. A job that fails is told as its result; one whose process or machine is lost is given out again by the queue. Throws FailedError
 * where this machine does not let it write: it would fail one job after another that others can do.
 */
export async function work(boss: PgBoss, store: Store, options: WorkerOptions): Promise<void> {
  const processes = new Processes()
  const { jobs, signal } = options
  const how = { batchSize: 1, localConcurrency: jobs, pollingIntervalSeconds: 0.5, heartbeatRefreshSeconds: 3 }
  let unwritten: NotWritten | undefined
  const over = new AbortController()
  const stop = (error: NotWritten) => {
    unwritten ??= error
    over.abort()
  }
  await boss.work<Payload>(JOBS, how, ([job]) => done(job, { boss, store, processes, options, stop }))
  const either = AbortSignal.any([signal, over.signal])
  await new Promise<void>((resolve) =>
    either.aborted ? resolve() : either.addEventListener('abort', () => resolve(), { once: true }),
  )
  processes.close()
  // gracefully: what it gives back is given out at once
  await boss.stop({ graceful: unwritten !== undefined, timeout: GIVING_BACK }).catch(() => {})
  if (unwritten) throw new FailedError(`${unwritten.message}: this worker ends, its jobs go to others`)
}

/** ms */
const GIVING_BACK = 5000

interface At {
  boss: PgBoss
  store: Store
  processes: Processes
  options: WorkerOptions
  stop(error: NotWritten): void
}

async function done(
  { data, signal }: QueueJob<Payload>,
  { boss, store, processes, options, stop }: At,
): Promise<Returned | { failure: string }> {
  const { id, job, label } = data
  const { threads, minutes, arithmetic, onEvent } = options
  // its checkpoints: of a job whose process was lost they serve where this worker is given it again
  const at = `${thisOwner()}-${id}`
  onEvent?.('begun', label)
  try {
    if (idOf(job) !== id) throw new InputError(`job ${id}: expected what its hash says: another version of bpd sent it`)
    requireListedTask(job)
    await take(data, boss, store)
    const order = { id, job, store: store.folder, folder: store.workFolder(at), threads, minutes }
    const { result, seconds } = await processes.run(order, { signal })
    store.leave(at)
    onEvent?.('done', label)
    return { job, result, seconds, arithmetic }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    // its claim has lapsed, this worker ends, or its process was killed: the queue gives it out again
    if (error instanceof Interrupted || signal.aborted || options.signal.aborted || (error as Error).name === 'Lost') {
      onEvent?.('lost', label, message)
      throw error
    }
    if (error instanceof NotWritten) {
      onEvent?.('lost', label, message)
      stop(error)
      throw error
    }
    store.leave(at)
    onEvent?.('failed', label, message)
    return { failure: message }
  }
}

/** What the job carries, what it takes from, and the teachers that it names, into this worker's store. */
async function take({ job, results, blobs }: Payload, boss: PgBoss, store: Store): Promise<void> {
  for (const [id, one] of Object.entries(results)) await keep(id, one, store)
  await takeNeeds(job, boss, store)
  for (const hash of blobs) {
    if (store.hasBlob(hash)) continue
    const [found] = await boss.findJobs<{ bytes: string }>(INPUTS, { id: uuidOfBlob(hash) })
    const bytes = Buffer.from(found?.data.bytes ?? '', 'base64')
    if (sha256(bytes) !== hash)
      throw new InputError(`teacher ${hash}: not in the queue, expected the study to have sent it`)
    await store.keepBlob(bytes)
  }
}

/** Of the jobs that it takes from, and that those take from: their data may have to be made again. */
async function takeNeeds(job: Job, boss: PgBoss, store: Store): Promise<void> {
  for (const id of needsOf(job)) {
    if (!store.has(id)) {
      const [found] = await boss.findJobs(JOBS, { id: uuidOf(id) })
      const done = (found?.output ?? {}) as Partial<Done> & { failure?: string }
      if (done.failure !== undefined) throw new FailedError(`what it takes from failed: ${done.failure}`)
      if (!done.job) throw new InputError(`job ${id}: not done in the queue, expected the study to have sent it`)
      await keep(id, { job: done.job, result: done.result!, seconds: done.seconds! }, store)
    }
    await takeNeeds(store.done(id).job, boss, store)
  }
}

async function keep(id: string, done: Done, store: Store): Promise<void> {
  requireListedTask(done.job)
  if (idOf(done.job) !== id) throw new InputError(`job ${id}: expected what its hash says`)
  if (!store.has(id)) await store.keep(id, done)
}
