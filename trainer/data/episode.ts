/** What one episode in a worker is: who acts, what is wanted of it, and how it is done. */
import { type Outcome, type Purpose, playInTurns } from '../tasks/evaluate.ts'
import type { Task } from '../tasks/task.ts'
import { actorOf } from '../teachers/policy.ts'
import { collectEpisode, type Exploration } from './collect.ts'
import { type OwnEpisode, type OwnStates, ownEpisode } from './own-states.ts'

/** Policies as the bytes of a .bpd file, or of a teacher that has no such form (`actingBytes`). */
export interface Actors {
  policy: Uint8Array
  /** the teacher, where own states are wanted: the policy acts, it labels */
  labeller?: Uint8Array
}

/** What is wanted of each episode: its return, its transitions, or its states with the teacher's actions. */
export type Wanted = { seed: number; purpose: Purpose } | Exploration | OwnStates

/** What a worker does for one episode; `episode` counts from 0. */
export type EpisodeRunner = (
  wanted: Wanted,
  episode: number,
) => Promise<Outcome | Float32Array<ArrayBuffer> | OwnEpisode>

export function episodeRunner(task: Task, { policy, labeller }: Actors): EpisodeRunner {
  const { control, bounded } = actorOf(policy, task.spec)
  const label = labeller && actorOf(labeller, task.spec).control
  return async (wanted, episode) => {
    if ('sigmas' in wanted) return collectEpisode(task, control, wanted, episode)
    if ('round' in wanted) {
      if (!label) throw new Error('own states: expected a labeller')
      return ownEpisode(task, control, label, wanted, episode)
    }
    if (!bounded) return playInTurns(task, control, wanted.seed, wanted.purpose, episode)
    const { clamped, refused } = bounded.outside
    const outcome = await playInTurns(task, control, wanted.seed, wanted.purpose, episode)
    const now = bounded.outside
    return { ...outcome, outside: { clamped: now.clamped - clamped, refused: now.refused - refused } }
  }
}
