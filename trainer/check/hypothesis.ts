import type { Bench } from './bench.ts'
import type { Correction } from './correction.ts'

/** One kind of mistake. One more: a record in a file of hypotheses/, and its line in hypotheses.ts. */
export interface Hypothesis {
  name: string
  /** what is wrong where it holds, for help and documents */
  about: string
  /** Its best corrections, fitted on `bench.fit` alone, best first; none where it does not apply. */
  fit(bench: Bench): Correction[]
}
