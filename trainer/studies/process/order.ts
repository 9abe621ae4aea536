/** What passes between a study's process and those that do its jobs. */
import type { Job } from '../jobs/job.ts'
import type { JobResult } from '../jobs/results.ts'

export interface Order {
  id: string
  job: Job
  /** folder of the store */
  store: string
  /** of the job's own, for checkpoints */
  folder: string
  threads: number
  /** between checkpoints */
  minutes: number
}

/** unwritten: what failed is the machine, not the job */
export type How = 'input' | 'failed' | 'unwritten' | 'interrupted' | 'internal'

export type Answer =
  | { kind: 'ready' }
  | { kind: 'progress'; share: number }
  /** memory: bytes that the process has now */
  | { kind: 'done'; result: JobResult; seconds: number; memory: number }
  | { kind: 'failed'; how: How; message: string }
