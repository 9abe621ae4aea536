/**
 * Jobs done by workers behind a queue. A study is sent whole, each job behind those that it takes from: workers go on where nobody waits for them.
 * Whoever sends may be killed: the next one finds what is there.
 */
import { readFileSync } from 'node:fs'
import type { PgBoss } from 'pg-boss'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { Interrupted } from '../../interrupted.ts'
import { blobsOf, idOf, type Job, needsOf } from '../jobs/job.ts'
import { isResult } from '../jobs/results.ts'
import type { Plan } from '../plan.ts'
import type { Order } from '../process/order.ts'
import type { Executor, Finished, Following } from '../process/pool.ts'
import type { Done, Store } from '../store.ts'
import { INPUTS, JOBS, type Payload, type Returned, uuidOf, uuidOfBlob } from './boss.ts'
import { queuedJobs } from './states.ts'

/** ms between looks at what has come back */
const LOOK = 500

interface Awaited {
  resolve(finished: Finished): void
  reject(error: Error): void
}

export class QueueExecutor implements Executor {
  readonly #boss: PgBoss
  readonly #store: Store
  readonly #jobs: ReadonlyMap<string, Plan['jobs'][number]>
  readonly #awaited = new Map<string, Awaited>()
  readonly #sentBlobs = new Set<string>()
  #sent = 0
  #timer: NodeJS.Timeout | undefined
  #looking = false

  constructor(boss: PgBoss, store: Store, { jobs }: Plan) {
    this.#boss = boss
    this.#store = store
    this.#jobs = new Map(jobs.map((job) => [job.id, job]))
    this.#timer = setInterval(() => void this.#look(), LOOK)
  }

  async begin(ids: readonly string[]): Promise<void> {
    const there = await queuedJobs(this.#boss, ids)
    const sent = new Set<string>()
    const flow = []
    for (const id of ids) {
      const isDone = (need: string) => this.#store.has(need) || there.get(need)?.state === 'done'
      const needs = needsOf(this.#jobs.get(id)!.job).filter((need) => !isDone(need))
      const state = there.get(id)?.state
      // what failed before is tried again, and what waited for it waits for the new one
      const anew = state === 'failed' || (state === 'waiting' && needs.some((need) => sent.has(need)))
      if (anew) await this.#boss.deleteJob(JOBS, uuidOf(id))
      // one behind a job of an earlier study is sent when that is done: a queue's job waits only for those sent with it
      if ((state && !anew) || !needs.every((need) => sent.has(need))) continue
      sent.add(id)
      const data = await this.#payload(id)
      const options = { id: uuidOf(id), priority: -this.#sent++ }
      flow.push({ ref: id, name: JOBS, data, options, dependsOn: needs })
    }
    if (flow.length) await this.#boss.flow(flow)
  }

  async run({ id }: Order, { signal }: Following = {}): Promise<Finished> {
    // one that is there stays as it is
    await this.#boss.send(JOBS, await this.#payload(id), { id: uuidOf(id), priority: -this.#sent++ })
    return await new Promise<Finished>((resolve, reject) => {
      const leave = () => reject(new Interrupted('interrupted: workers go on'))
      // perhaps while it was sent
      if (signal?.aborted) return leave()
      this.#awaited.set(id, { resolve, reject })
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#boss.stop({ graceful: false }).catch(() => {})
  }

  /** What the job takes from and is done already goes with it; the rest a worker finds in the queue. The teachers are sent before. */
  async #payload(id: string): Promise<Payload> {
    const { job, label } = this.#jobs.get(id)!
    const results: Record<string, Done> = {}
    const blobs = new Set<string>()
    const add = (of: Job) => {
      for (const hash of blobsOf(of)) blobs.add(hash)
      for (const need of needsOf(of)) {
        if (this.#store.has(need)) results[need] ??= this.#store.done(need)
        // of those that it takes from too: a worker may have to make their data again
        add((results[need] ?? this.#jobs.get(need)!).job)
      }
    }
    add(job)
    for (const hash of blobs) await this.#sendBlob(hash)
    return { id, job, label, results, blobs: [...blobs] }
  }

  async #sendBlob(hash: string): Promise<void> {
    if (this.#sentBlobs.has(hash)) return
    const bytes = readFileSync(this.#store.blobFile(hash)).toString('base64')
    await this.#boss.send(INPUTS, { bytes }, { id: uuidOfBlob(hash) })
    this.#sentBlobs.add(hash)
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#awaited.size === 0) return
    this.#looking = true
    try {
      const ids = [...this.#awaited.keys()]
      const states = await queuedJobs(this.#boss, ids)
      for (const id of ids) {
        const { state, failure } = states.get(id) ?? {}
        if (state === 'failed') this.#settle(id).reject(new FailedError(failure!))
        if (state === 'done') await this.#take(id)
        if (state === undefined) {
          const gone = `its job has gone from the queue, expected to find it there until it is done`
          this.#settle(id).reject(new FailedError(gone))
        }
      }
    } catch {
      // the database is away: looked at again
    } finally {
      this.#looking = false
    }
  }

  async #take(id: string): Promise<void> {
    const [found] = await this.#boss.findJobs(JOBS, { id: uuidOf(id) })
    const { job, result, seconds } = (found?.output ?? {}) as Partial<Returned>
    const { resolve, reject } = this.#settle(id)
    if (job === undefined || idOf(job) !== id || !isResult(result, job.kind))
      reject(new InputError(`job ${id}: the queue holds the result of another job, expected another database`))
    else resolve({ result, seconds: seconds ?? 0 })
  }

  #settle(id: string): Awaited {
    const awaited = this.#awaited.get(id)!
    this.#awaited.delete(id)
    return awaited
  }
}
