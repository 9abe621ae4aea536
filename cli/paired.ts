/** A policy beside a teacher, in the same episodes. */
import type { Outcome } from '../trainer/tasks/evaluate.ts'
import { failureRate } from '../trainer/tasks/failed.ts'
import { type Interval, intervalOf } from './ablate/interval.ts'
import { percent, signed } from './report/words.ts'

export interface Paired {
  /** share of the episodes, 0..1, that failed (trainer/tasks/failed.ts) */
  failureRate: number
  /** mean return / the teacher's; absent where that is not positive */
  retained?: number
  /** policy minus teacher, episode by episode; half: of the 95 % interval of the mean */
  difference: Interval
}

/** Both: as many episodes, in the same order. */
export function pairedWith(outcomes: readonly Outcome[], teachers: readonly Outcome[]): Paired {
  const mean = (of: readonly Outcome[]) => of.reduce((sum, outcome) => sum + outcome.return, 0) / of.length
  const theirs = mean(teachers)
  return {
    failureRate: failureRate(outcomes, teachers),
    ...(theirs > 0 && { retained: mean(outcomes) / theirs }),
    difference: intervalOf(outcomes.map((outcome, episode) => outcome.return - teachers[episode].return)),
  }
}

/** One line. */
export const describePaired = ({ failureRate, retained, difference }: Paired): string =>
  `${percent(failureRate)} failed, ${retained === undefined ? '' : `${percent(retained)} retained, `}` +
  `difference ${signed(difference)} (95 % interval)`
