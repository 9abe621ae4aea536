/**
 * What a study is made of: jobs of four kinds, each identified by the hash of all that its result depends on. The same job in two studies is one job,
 * and its result is never another's.
 */
import { sha256 } from '../../files/sha256.ts'
import type { Algorithm } from '../../teachers/algorithms.ts'

/**
 * Goes up where the same job gives another result than before: results of another version are refused, never mixed.
 */
export const RESULTS = 1

/** A teacher: a file by what is in it, or one that a job trains. */
export type TeacherSource = { blob: string } | { job: string }

export interface TaskOfJob {
  task: string
  /** sha256 by path, of a task of the user's own */
  origin?: Readonly<Record<string, string>>
}

/** Hidden layers of a small network that learns online. */
export const ONLINE_LAYERS = 2

/** Trains a dense teacher, or a small one that learns online. */
export interface TeachJob extends TaskOfJob {
  kind: 'teach'
  algorithm: Algorithm
  steps: number
  hidden: readonly number[] | { weights: Weights }
  seed: number
  /** of `TeachOptions`, what differs from its defaults */
  more: Readonly<Record<string, unknown>>
}

/** Transitions of a teacher: big, made again where they are missing. */
export interface CollectJob extends TaskOfJob {
  kind: 'collect'
  teacher: TeacherSource
  transitions: number
  sigmas: readonly number[]
  seed: number
}

/** A number of weights, or as many as the picked student of another job has. */
export type Weights = number | { of: string }

export interface DistilJob extends TaskOfJob {
  kind: 'distil'
  teacher: TeacherSource
  /** a collect job */
  data: string
  /** of `recipeOf`: whole, so that a default that changes is another job */
  options: Readonly<Record<string, unknown>>
  /** takes the place of the budget in `options` */
  budget?: Weights
  /** of its variant */
  revision?: number
}

/** What acts: a teacher, or a student of a job: the picked one, or that of a cut. */
export type Actor = { teacher: TeacherSource } | { student: string; point?: number }

export interface EvaluateJob extends TaskOfJob {
  kind: 'evaluate'
  actor: Actor
  seed: number
  episodes: number
}

export type Job = TeachJob | CollectJob | DistilJob | EvaluateJob
export type JobKind = Job['kind']

/** A job with its hash, in hexadecimal. */
export interface Identified {
  id: string
  job: Job
}

export const identified = (job: Job): Identified => ({ id: idOf(job), job })

export const idOf = (job: Job): string => sha256(Buffer.from(canonical({ results: RESULTS, ...job }))).slice(0, 32)

/** JSON whose keys are sorted: the same value is the same text. What is undefined is absent. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`
}

/** Jobs whose results it needs. */
export function needsOf(job: Job): string[] {
  const teacher = (source: TeacherSource) => ('job' in source ? [source.job] : [])
  const weights = (given: Weights | undefined) => (typeof given === 'object' ? [given.of] : [])
  switch (job.kind) {
    case 'teach':
      return 'weights' in job.hidden ? weights(job.hidden.weights) : []
    case 'collect':
      return teacher(job.teacher)
    case 'distil':
      return [...teacher(job.teacher), job.data, ...weights(job.budget)]
    case 'evaluate':
      return 'teacher' in job.actor ? teacher(job.actor.teacher) : [job.actor.student]
  }
}

/** Teacher files that it needs, by hash. */
export function blobsOf(job: Job): string[] {
  const teacher =
    'teacher' in job ? job.teacher : job.kind === 'evaluate' && 'teacher' in job.actor ? job.actor.teacher : undefined
  return teacher && 'blob' in teacher ? [teacher.blob] : []
}
