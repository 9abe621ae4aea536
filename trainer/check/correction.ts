/** What would have to be done to a log for the policy to explain it. */
import type { Rows } from './log.ts'

/** Changes one observation in place: the numbers from `at` on. */
export type Before = (x: Float32Array, at: number) => void

/**
 * What the log should hold, given the policy's actions on those rows; shape (count, actions), a new array. NaN where it says nothing of a row:
 * that one is not counted.
 */
export type After = (actions: Float32Array, rows: Rows) => Float32Array

/** What is said of a correction. */
export interface Finding {
  /** the mistake, in one short sentence */
  mistake: string
  /** what to do about it */
  mend: string
  /** names of the observations or actions that it is about; none: all, or none in particular */
  names: readonly string[]
  /** the numbers of the mend, where it has some: one, or one a name */
  values?: readonly number[]
}

export interface Correction {
  before?: Before
  after?: After
  /** how many numbers were fitted */
  freedom: number
  /** among how many alternatives it was chosen */
  choices: number
  /** rows that are left out are evidence, not edges: the error over the others is held against that over all */
  partial?: boolean
  finding: Finding
}
