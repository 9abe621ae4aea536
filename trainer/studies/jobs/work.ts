/** A job at work. */
import type { Store } from '../store.ts'
import type { Job } from './job.ts'

/** How this machine does it: the result does not depend on it. */
export interface How {
  threads: number
  /** between checkpoints */
  minutes: number
  signal?: AbortSignal
  /** share that is done, 0..1 */
  onProgress?: (share: number) => void
}

export interface Work<J extends Job = Job> extends How {
  id: string
  job: J
  store: Store
  /** of its own, for checkpoints */
  folder: string
}
