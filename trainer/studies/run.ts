/** Runs the jobs of a study: each once, those that are ready first come first, in processes here or wherever else jobs are done. */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { FailedError } from '../../runtime-as/errors.ts'
import { Interrupted } from '../interrupted.ts'
import { type Job, needsOf } from './jobs/job.ts'
import type { Plan } from './plan.ts'
import { type Executor, Lost, Processes } from './process/pool.ts'
import type { Store } from './store.ts'

/** How often a job is begun whose process was killed before it is given up. */
const TRIES = 3

export interface Running {
  /** processes at a time */
  jobs?: number
  /** of each */
  threads?: number
  /** between checkpoints; default: 5 */
  minutes?: number
  signal?: AbortSignal
  onEvent?: (event: StudyEvent) => void
}

export type StudyEvent =
  | { kind: 'begun'; label: string }
  | { kind: 'progress'; label: string; share: number }
  | { kind: 'done'; label: string; seconds: number; done: number; all: number }
  | { kind: 'failed'; label: string; message: string }

/** The plan's jobs by their state. */
export const notDone = (plan: Plan, store: Store) => plan.jobs.filter(({ id }) => !store.has(id))

/** Keeps the teachers of a plan in the store: jobs find them there by hash. */
export async function keepTeachers(plan: Plan, store: Store): Promise<void> {
  for (const teacher of plan.teachers) if ('blob' in teacher) await store.keepBlob(teacher.bytes)
}

/**
 * Does what is not done. A job that fails leaves the others going; then throws FailedError with the first of them. Where not even that can be kept (a
 * full disk) no other is begun, and those at work are ended as by the signal. Throws `Interrupted` once the signal is aborted: what was at work has
 * saved its checkpoints.
 */
export async function runPlan(
  plan: Plan,
  store: Store,
  running: Running = {},
  executor: Executor = new Processes(),
): Promise<void> {
  const { jobs = availableParallelism(), signal } = running
  store.sweep()
  await keepTeachers(plan, store)
  const run = new StudyRun(plan, store, running, executor)
  store.forgetFailures(plan.jobs.map(({ id }) => id))
  try {
    await executor.begin?.(notDone(plan, store).map(({ id }) => id))
    const ended = await Promise.allSettled(Array.from({ length: jobs }, () => run.worker()))
    for (const one of ended) if (one.status === 'rejected') throw one.reason
  } finally {
    await executor.close()
  }
  if (signal?.aborted) throw new Interrupted('interrupted: the same command goes on')
  run.requireAll()
}

class StudyRun {
  readonly #executor: Executor
  readonly #plan: Plan
  readonly #store: Store
  readonly #running: Running
  readonly #done: Set<string>
  readonly #waiting: Plan['jobs'][number][]
  readonly #failed = new Map<string, string>()
  /** of what no job can go on from */
  readonly #broken = new AbortController()
  /** whoever runs it has enough, or it is broken */
  readonly #signal: AbortSignal
  #changed = signalled()

  constructor(plan: Plan, store: Store, running: Running, executor: Executor) {
    this.#executor = executor
    this.#plan = plan
    this.#store = store
    this.#running = running
    this.#signal = AbortSignal.any([...(running.signal ? [running.signal] : []), this.#broken.signal])
    this.#done = new Set(plan.jobs.filter(({ id }) => store.has(id)).map(({ id }) => id))
    this.#waiting = plan.jobs.filter(({ id }) => !this.#done.has(id))
  }

  /** Takes one job after another until nothing is left that it could do. */
  async worker(): Promise<void> {
    for (;;) {
      if (this.#signal.aborted) return
      const next = this.#take()
      if (next) await this.#do(next)
      else if (this.#waiting.length === 0 || this.#stuck()) return
      else await this.#changed.promise
    }
  }

  requireAll(): void {
    const [first] = this.#failed
    if (!first && this.#waiting.length === 0) return
    if (!first) throw new FailedError(`${this.#waiting.length} jobs wait for what was not done`)
    const { label } = this.#plan.jobs.find(({ id }) => id === first[0])!
    const more = this.#failed.size > 1 ? ` (and ${this.#failed.size - 1} more)` : ''
    throw new FailedError(`${label}: ${first[1]}${more}; the same command tries again`)
  }

  #ready = ({ job }: Plan['jobs'][number]) => needsOf(job).every((id) => this.#done.has(id))

  #take(): Plan['jobs'][number] | undefined {
    const ready = this.#waiting.filter(this.#ready)
    // data that has to be made again is made once: a second job that needs it goes last
    const next = ready.find(({ job }) => !this.#making(job)) ?? ready[0]
    if (next) this.#waiting.splice(this.#waiting.indexOf(next), 1)
    return next
  }

  /** Whether a job at work may be making the data that this one needs too. */
  #making(job: Job): boolean {
    if (job.kind !== 'distil' || existsSync(this.#store.dataFile(job.data))) return false
    return [...this.#active].some((other) => other.kind === 'distil' && other.data === job.data)
  }

  /** Whether what waits needs what has failed. */
  #stuck = () => this.#active.size === 0
  readonly #active = new Set<Job>()

  async #do(one: Plan['jobs'][number]): Promise<void> {
    this.#active.add(one.job)
    try {
      await this.#attempt(one)
    } catch (error) {
      this.#broken.abort()
      throw error
    } finally {
      this.#active.delete(one.job)
      this.#changed.tell()
      this.#changed = signalled()
    }
  }

  async #attempt({ id, job, label }: Plan['jobs'][number]): Promise<void> {
    const { onEvent, threads = 1, minutes = 5 } = this.#running
    const [store, signal] = [this.#store, this.#signal]
    onEvent?.({ kind: 'begun', label })
    try {
      const order = { id, job, store: store.folder, folder: store.workFolder(id), threads, minutes }
      const onProgress = (share: number) => onEvent?.({ kind: 'progress', label, share })
      const { result, seconds } = await this.#tried(order, { signal, onProgress })
      await store.keep(id, { job, result, seconds })
      this.#done.add(id)
      onEvent?.({ kind: 'done', label, seconds, done: this.#done.size, all: this.#plan.jobs.length })
    } catch (error) {
      if (signal.aborted) return
      const message = error instanceof Error ? error.message : String(error)
      this.#failed.set(id, message)
      await store.keepFailure(id, message)
      onEvent?.({ kind: 'failed', label, message })
    }
  }

  async #tried(...parameters: Parameters<Executor['run']>): ReturnType<Executor['run']> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#executor.run(...parameters)
      } catch (error) {
        // a signal that reached the job's process alone
        const ended = error instanceof Lost || error instanceof Interrupted
        if (!ended || this.#signal.aborted || tries === TRIES) throw error
      }
    }
  }
}

/** A promise and what keeps it. */
function signalled(): { promise: Promise<void>; tell: () => void } {
  let tell = () => {}
  const promise = new Promise<void>((resolve) => {
    tell = resolve
  })
  return { promise, tell }
}
