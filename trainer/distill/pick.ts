/** The one rule by which a student is picked, wherever one is. */

export interface PickRule {
  tolerance: number
  maxWeights?: number
  maxBytes?: number
}

/** What the rule looks at. */
export interface Pickable {
  weights: number
  /** of the whole file */
  bytes: number
  /** on the picking episodes */
  tunedReturn: number
}

/**
 * The rule, all returns on the same picking episodes: of the students whose mean return is at least the teacher's minus `tolerance` x |teacher's|,
 * the one with the fewest weights; if there is none, the one with the best return. Within a budget of weights or bytes: of those inside it, the one
 * with the best return; if there is none, the one with the fewest weights.
 */
export function pick<T extends Pickable>(candidates: readonly T[], teacherReturn: number, rule: PickRule): T {
  const { tolerance, maxWeights, maxBytes } = rule
  const fewest = (of: readonly T[]) => of.reduce((a, b) => (b.weights < a.weights ? b : a))
  const best = (of: readonly T[]) => of.reduce((a, b) => (b.tunedReturn > a.tunedReturn ? b : a))
  if (maxWeights !== undefined || maxBytes !== undefined) {
    const small = candidates.filter((c) => c.weights <= (maxWeights ?? Infinity) && c.bytes <= (maxBytes ?? Infinity))
    return small.length ? best(small) : fewest(candidates)
  }
  const floor = teacherReturn - tolerance * Math.abs(teacherReturn)
  const good = candidates.filter((c) => c.tunedReturn >= floor)
  return good.length ? fewest(good) : best(candidates)
}
