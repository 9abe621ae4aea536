/** Jobs done by workers behind a queue: sent once by their id, and their results awaited. Whoever sends them may be killed: the next one finds them. */
import { readFileSync } from 'node:fs'
import type { PgBoss } from 'pg-boss'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { Interrupted } from '../../interrupted.ts'
import { blobsOf, idOf, type Job, needsOf } from '../jobs/job.ts'
import type { Order } from '../process/order.ts'
import type { Executor, Finished, Following } from '../process/pool.ts'
import type { Done, Store } from '../store.ts'
import { INPUTS, JOBS, type Payload, type Returned, uuidOf, uuidOfBlob } from './boss.ts'

/** ms between looks at what has come back */
const LOOK = 500

interface Awaited {
  resolve(finished: Finished): void
  reject(error: Error): void
}

export class QueueExecutor implements Executor {
  readonly #boss: PgBoss
  readonly #store: Store
  readonly #labels: ReadonlyMap<string, string>
  readonly #awaited = new Map<string, Awaited>()
  readonly #sentBlobs = new Set<string>()
  #sent = 0
  #timer: NodeJS.Timeout | undefined
  #looking = false

  constructor(boss: PgBoss, store: Store, labels: ReadonlyMap<string, string>) {
    this.#boss = boss
    this.#store = store
    this.#labels = labels
    this.#timer = setInterval(() => void this.#look(), LOOK)
  }

  async run({ id, job }: Order, { signal }: Following = {}): Promise<Finished> {
    const results = this.#resultsFor(job)
    const blobs = [...new Set([job, ...Object.values(results).map((done) => done.job)].flatMap(blobsOf))]
    for (const hash of blobs) await this.#sendBlob(hash)
    const payload: Payload = { id, job, label: this.#labels.get(id) ?? id, results, blobs }
    const uuid = uuidOf(id)
    // what failed before is tried again; what is there otherwise stays as it is
    const [there] = await this.#boss.findJobs(JOBS, { id: uuid })
    if (there?.state === 'failed' || there?.state === 'cancelled') await this.#boss.deleteJob(JOBS, uuid)
    await this.#boss.send(JOBS, payload, { id: uuid, priority: -this.#sent++ })
    return await new Promise<Finished>((resolve, reject) => {
      this.#awaited.set(id, { resolve, reject })
      signal?.addEventListener('abort', () => reject(new Interrupted('interrupted: workers go on')), { once: true })
    })
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#boss.stop({ graceful: false }).catch(() => {})
  }

  /** Of the jobs that it takes from, and that those take from: a worker may have to make their data again. */
  #resultsFor(job: Job): Record<string, Done> {
    const results: Record<string, Done> = {}
    const add = (of: Job) => {
      for (const id of needsOf(of)) {
        results[id] ??= this.#store.done(id)
        add(results[id].job)
      }
    }
    add(job)
    return results
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
      const byUuid = new Map(ids.map((id) => [uuidOf(id), id]))
      const { rows } = await this.#boss
        .getDb()
        .executeSql(
          `SELECT id, state, output FROM bpd_studies.job WHERE name = $1 AND id = ANY($2::uuid[]) AND state IN ('completed', 'failed')`,
          [JOBS, [...byUuid.keys()]],
        )
      for (const row of rows as { id: string; state: string; output: unknown }[]) this.#take(byUuid.get(row.id)!, row)
    } catch {
      // the database is away: looked at again
    } finally {
      this.#looking = false
    }
  }

  #take(id: string, { state, output }: { state: string; output: unknown }): void {
    const awaited = this.#awaited.get(id)
    this.#awaited.delete(id)
    const returned = output as Partial<Returned> & { failure?: string; message?: string }
    if (state !== 'completed' || !returned?.result) {
      awaited?.reject(new FailedError(returned?.failure ?? returned?.message ?? 'given up: its workers were lost'))
      return
    }
    if (returned.job === undefined || idOf(returned.job) !== id)
      awaited?.reject(new InputError(`job ${id}: the queue holds the result of another job, expected another database`))
    else awaited?.resolve({ result: returned.result, seconds: returned.seconds ?? 0 })
  }
}
