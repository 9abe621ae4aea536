/** The queue: pg-boss on PostgreSQL, which keeps jobs, attempts, heartbeats, retries and priorities. */
import type { PgBoss } from 'pg-boss'
import { InputError } from '../../../runtime-as/errors.ts'
import { sha256 } from '../../files/sha256.ts'
import { type Arithmetic, requireArithmetic } from '../arithmetic.ts'
import { canonical, type Identified, RESULTS } from '../jobs/job.ts'
import type { Done } from '../store.ts'

/** What a job carries: all that it needs but the teachers, which lie in `INPUTS` by hash. Kilobytes. */
export interface Payload extends Identified {
  label: string
  /** of the jobs that it takes from, by their id, as far as they were done when it was sent */
  results: Record<string, Done>
  blobs: string[]
}

/** What comes back: kilobytes. */
export interface Returned extends Done {
  arithmetic: Arithmetic
}

const SCHEMA = 'bpd_studies'
/** jobs to do; and inputs by hash, which nobody works at */
export const [JOBS, INPUTS] = ['jobs', 'inputs']
/** s: 30 days */
const KEPT = 30 * 86_400

/** A job of the queue is known by a UUID: the hash of ours. */
export const uuidOf = (id: string): string =>
  [id.slice(0, 8), id.slice(8, 12), `4${id.slice(13, 16)}`, `8${id.slice(17, 20)}`, id.slice(20, 32)].join('-')

export const uuidOfBlob = (hash: string): string => uuidOf(hash.slice(0, 32))

/** Throws InputError where it cannot be reached, or holds something else, or results that are not to be mixed with ours. onError: of a lost connection */
export async function openQueue(
  url: string,
  arithmetic: Arithmetic,
  onError: (error: Error) => void,
  name: string,
): Promise<PgBoss> {
  const { PgBoss: Boss } = await import('pg-boss')
  const where = nameOf(url)
  const boss = new Boss({
    connectionString: url,
    schema: SCHEMA,
    application_name: name,
    connectionTimeoutMillis: 10_000,
    max: 4,
    superviseIntervalSeconds: 2,
    flowIntervalSeconds: 1,
    monitorIntervalSeconds: 2,
    maintenanceIntervalSeconds: 60,
  })
  boss.on('error', onError)
  try {
    await boss.start()
    await boss.createQueue(INPUTS, { deleteAfterSeconds: KEPT, retentionSeconds: KEPT })
    const kept = { deleteAfterSeconds: KEPT, retentionSeconds: KEPT }
    await boss.createQueue(JOBS, {
      ...kept,
      heartbeatSeconds: 10,
      expireInSeconds: 23 * 3600,
      retryLimit: 20,
      retryDelay: 1,
    })
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => {})
    throw new InputError(
      `${where}: ${said(error)}, expected a PostgreSQL database of which this user may make a schema`,
    )
  }
  await requireSame(boss, arithmetic, where).catch(async (error) => {
    await boss.stop({ graceful: false }).catch(() => {})
    throw error
  })
  return boss
}

/** The first one says what results it is for. */
async function requireSame(boss: PgBoss, arithmetic: Arithmetic, where: string): Promise<void> {
  const id = uuidOf(sha256(Buffer.from('what this queue is for')))
  await boss.send(INPUTS, { arithmetic, results: RESULTS }, { id })
  const [about] = await boss.findJobs<{ arithmetic: unknown; results: unknown }>(INPUTS, { id })
  if (about?.data.results !== RESULTS)
    throw new InputError(
      `${where}: results of version ${canonical(about?.data.results)}, expected ${RESULTS}: another database, they are not mixed`,
    )
  requireArithmetic(about.data.arithmetic, arithmetic, where)
}

/** Without user and password: it goes into messages. */
export function nameOf(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url)
    if (!/^postgres(ql)?:$/.test(protocol)) throw new Error()
    return `${protocol}//${host}${pathname}`
  } catch {
    throw new InputError('--queue: expected postgres://USER:PASSWORD@HOST/DATABASE')
  }
}

function said(error: unknown): string {
  const { message, code, errors } = error as NodeJS.ErrnoException & { errors?: Error[] }
  return (message || errors?.[0]?.message || code || String(error)).replaceAll('\n', ' ')
}
