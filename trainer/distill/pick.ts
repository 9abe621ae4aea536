/** The one rule by which a student is picked, wherever one is: of those that are good enough, the smallest. */

export interface Budget {
  maxWeights?: number
  maxBytes?: number
}

export interface PickRule extends Budget {
  tolerance: number
}

export interface ErrorRule extends Budget {
  /** largest error of a student that is good enough; default: `ERROR_FACTOR` times the least one's */
  maxError?: number
}

/** What the rule looks at. */
export interface Sized {
  weights: number
  /** of the whole file */
  bytes: number
}

export interface Pickable extends Sized {
  /** on the picking episodes */
  tunedReturn?: number
}

export interface PickableByError extends Sized {
  /** on the rows held out for picking */
  tunedError?: number
}

/** What the rule picks, and whether it is what the rule asks for: good enough, or within the budget. */
export interface Pick<T> {
  picked: T
  met: boolean
}

/** What an error may be, in errors of the best student. */
export const ERROR_FACTOR = 1.1

/**
 * The rule, all returns on the same picking episodes: of the students whose mean return is at least the teacher's minus `tolerance` x |teacher's|,
 * the one with the fewest weights; if there is none, the one with the best return. Within a budget of weights or bytes: of those inside it, the one
 * with the best return; if there is none, the one with the fewest weights. Without a teacher the best student takes its place.
 */
export function pick<T extends Pickable>(
  candidates: readonly T[],
  teacherReturn: number | undefined,
  rule: PickRule,
): Pick<T> {
  const { tolerance } = rule
  const returnOf = (c: T) => c.tunedReturn!
  const standard = teacherReturn ?? Math.max(...candidates.map(returnOf))
  const floor = standard - tolerance * Math.abs(standard)
  const better = (a: T, b: T) => returnOf(a) > returnOf(b)
  return smallestGood(candidates, rule, better, (c) => returnOf(c) >= floor)
}

/** The same rule for errors of actions: of the students within `maxError` the one with the fewest weights; if there is none, the one of least error. */
export function pickByError<T extends PickableByError>(candidates: readonly T[], rule: ErrorRule): Pick<T> {
  const errorOf = (c: T) => c.tunedError!
  const most = rule.maxError ?? ERROR_FACTOR * Math.min(...candidates.map(errorOf))
  const better = (a: T, b: T) => errorOf(a) < errorOf(b)
  return smallestGood(candidates, rule, better, (c) => errorOf(c) <= most)
}

function smallestGood<T extends Sized>(
  candidates: readonly T[],
  { maxWeights, maxBytes }: Budget,
  better: (a: T, b: T) => boolean,
  isGood: (c: T) => boolean,
): Pick<T> {
  const fewest = (of: readonly T[]) => of.reduce((a, b) => (b.weights < a.weights ? b : a))
  const best = (of: readonly T[]) => of.reduce((a, b) => (better(b, a) ? b : a))
  if (maxWeights !== undefined || maxBytes !== undefined) {
    const small = candidates.filter((c) => c.weights <= (maxWeights ?? Infinity) && c.bytes <= (maxBytes ?? Infinity))
    return small.length ? { picked: best(small), met: true } : { picked: fewest(candidates), met: false }
  }
  const good = candidates.filter(isGood)
  return good.length ? { picked: fewest(good), met: true } : { picked: best(candidates), met: false }
}
