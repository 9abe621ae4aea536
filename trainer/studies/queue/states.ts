/** What the queue knows of jobs: one look at many. */
import type { PgBoss } from 'pg-boss'
import { JOBS, uuidOf } from './boss.ts'

export interface Queued {
  /** waiting: for a worker, or for the jobs that it takes from */
  state: 'waiting' | 'running' | 'done' | 'failed'
  /** why it failed */
  failure?: string
  /** of its work, where it is done */
  seconds?: number
}

interface Row {
  id: string
  state: string
  failure: string | null
  message: string | null
  seconds: string | null
}

/** By our ids; those that the queue does not hold are absent. */
export async function queuedJobs(boss: PgBoss, ids: readonly string[]): Promise<Map<string, Queued>> {
  const byUuid = new Map(ids.map((id) => [uuidOf(id), id]))
  const { rows } = await boss.getDb().executeSql(
    `SELECT id, state, output->>'failure' AS failure, output->>'message' AS message, output->>'seconds' AS seconds
       FROM bpd_studies.job WHERE name = $1 AND id = ANY($2::uuid[])`,
    [JOBS, [...byUuid.keys()]],
  )
  return new Map((rows as Row[]).map((row) => [byUuid.get(row.id)!, queued(row)]))
}

function queued({ state, failure, message, seconds }: Row): Queued {
  // what fails by itself is told as a result, so that nobody tries it again twenty times
  if (failure !== null) return { state: 'failed', failure }
  if (state === 'completed') return { state: 'done', seconds: Number(seconds) }
  if (state === 'failed' || state === 'cancelled')
    return { state: 'failed', failure: message ?? 'given up: its workers were lost' }
  return { state: state === 'active' ? 'running' : 'waiting' }
}
