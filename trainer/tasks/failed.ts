/** When an episode failed: the same for tasks where one can fall and for those where one cannot. */
import { type Outcome, statistics } from './evaluate.ts'

/** Part of the teacher's mean return that an episode may fall short of the teacher's own. */
const MAY_LOSE = 0.3

/**
 * Which of a policy's episodes failed: it fell, or it returned less than its teacher did in the same episode (seed, purpose, index) by more than 30 % of the
 * teacher's mean return, taken without its sign. Episode by episode, so that a spread between start states is no failure. Both: as many, in the same order
 */
export function failedEpisodes(outcomes: readonly Outcome[], teachers: readonly Outcome[]): boolean[] {
  const { mean } = statistics(Float64Array.from(teachers, (teacher) => teacher.return))
  const most = MAY_LOSE * Math.abs(mean)
  return outcomes.map((outcome, episode) => outcome.fell || outcome.return < teachers[episode].return - most)
}

/** Share of the episodes, 0..1, that failed. */
export const failureRate = (outcomes: readonly Outcome[], teachers: readonly Outcome[]): number =>
  failedEpisodes(outcomes, teachers).filter(Boolean).length / outcomes.length
