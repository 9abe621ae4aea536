/** Episodes of a task by its name, in any number of worker threads, to the same bits: played, collected, or a student's own. */
import type { Outcome, Purpose } from '../tasks/evaluate.ts'
import type { Task, TaskSpec } from '../tasks/task.ts'
import type { CollectOptions } from './collect.ts'
import { columnsOf } from './columns.ts'
import type { Actors, Wanted } from './episode.ts'
import { EpisodePool } from './episode-pool.ts'
import type { OwnEpisode, OwnStates } from './own-states.ts'

/** Who acts where. */
export interface Setting extends Pick<Actors, 'policy'> {
  taskName: string
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
  { spec }: Task,
  options: CollectOptions,
  workers: number,
): AsyncGenerator<Float32Array> {
  const { sigmas, seed, transitions } = options
  const most = Math.min(workers, Math.ceil(transitions / spec.maxSteps))
  const { width } = columnsOf(spec.observationNames.length, spec.actionNames.length)
  yield* cut(inOrder<Float32Array>(setting, { sigmas, seed }, Number.POSITIVE_INFINITY, most), transitions, width)
}

/**
 * Episodes of a student's own states (`ownEpisode`), one after another, `rows` in all: the last one may be cut, and was not lost then. Whoever reads
 * may stop between two episodes. actors: of the contract of `spec`, which is that of the pool's task.
 */
export async function* collectOwnStates(
  pool: EpisodePool,
  spec: TaskSpec,
  actors: Required<Actors>,
  { rows, ...wanted }: OwnStates & { rows: number },
): AsyncGenerator<OwnEpisode> {
  const width = spec.observationNames.length + spec.actionNames.length
  let left = rows * width
  for await (const episode of pool.inOrder<OwnEpisode>(actors, wanted, Number.POSITIVE_INFINITY)) {
    const whole = episode.rows.length <= left
    yield whole ? episode : { rows: episode.rows.subarray(0, left), lost: false }
    left -= episode.rows.length
    if (left <= 0) return
  }
}

/** The first `rows` rows of episodes. */
async function* cut(episodes: AsyncGenerator<Float32Array>, rows: number, width: number): AsyncGenerator<Float32Array> {
  let left = rows
  for await (const episode of episodes) {
    yield episode.subarray(0, left * width)
    left -= episode.length / width
    if (left <= 0) return
  }
}

async function* inOrder<T>(setting: Setting, wanted: Wanted, episodes: number, workers: number): AsyncGenerator<T> {
  const pool = new EpisodePool(setting.taskName, workers)
  try {
    yield* pool.inOrder<T>(setting, wanted, episodes)
  } finally {
    await pool.close()
  }
}
