/** What jobs give: kilobytes, JSON. Policies and teachers travel as base64. */
import type { CurvePoint, SweepPoint } from '../../distill/points.ts'
import type { ReturnStatistics } from '../../tasks/evaluate.ts'

export interface Taught {
  kind: 'teach'
  /** of its safetensors file, base64 */
  teacher: string
  weights: number
  /** weights before pruning: it has none */
  studentWeights: number
  /** of the actor: weights and biases as f32 */
  bytes: number
}

/** The data itself stays where it was made. */
export interface Collected {
  kind: 'collect'
  transitions: number
  /** of the file */
  sha256: string
}

/** One student. */
export interface Made {
  /** of its .bpd file, base64 */
  policy: string
  weights: number
  bytes: number
  /** units that are used, first layer to last */
  liveUnits: number[]
}

export interface Distilled {
  kind: 'distil'
  picked: Made
  /** all that were tuned, in the order of the cuts, and how each was judged for picking */
  points: (Made & { judged: SweepPoint })[]
  /** on the picking episodes */
  teacherReturn?: ReturnStatistics
  studentWeights: number
  curve: CurvePoint[]
}

export interface Evaluated {
  kind: 'evaluate'
  /** of the reported episodes, in their order */
  returns: number[]
  fell: boolean[]
}

export type JobResult = Taught | Collected | Distilled | Evaluated

export type ResultOf<K extends JobResult['kind']> = Extract<JobResult, { kind: K }>

/** Whether what a file or a queue holds has what those that take from it read. */
export function isResult(value: unknown, kind: JobResult['kind']): value is JobResult {
  if (typeof value !== 'object' || value === null || (value as { kind?: unknown }).kind !== kind) return false
  const result = value as Record<string, unknown>
  const isMade = (made: unknown) => typeof (made as Made | null)?.policy === 'string'
  const isList = (list: unknown, of: (item: unknown) => boolean) => Array.isArray(list) && list.every(of)
  switch (kind) {
    case 'teach':
      return typeof result.teacher === 'string'
    case 'collect':
      return typeof result.sha256 === 'string'
    case 'distil':
      return isMade(result.picked) && isList(result.points, isMade) && Array.isArray(result.curve)
    case 'evaluate':
      return isList(result.returns, Number.isFinite) && isList(result.fell, (fell) => typeof fell === 'boolean')
  }
}
