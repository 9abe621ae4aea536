/** The Pareto front: what nothing else beats. */

export interface Point {
  /** to be small */
  cost: number
  /** to be large */
  value: number
}

/**
 * Places in `points` of those that no other beats: none that costs no more and returns no less is better in one of the two. By cost, ascending; of
 * points that are equal in both, all stand on it.
 */
export function paretoFront(points: readonly Point[]): number[] {
  const places = points.map((_, place) => place)
  const order = places.sort((a, b) => points[a].cost - points[b].cost || points[b].value - points[a].value)
  const front: number[] = []
  for (const place of order) {
    const last = points[front.at(-1) ?? place]
    const { cost, value } = points[place]
    if (front.length === 0 || value > last.value || (value === last.value && cost === last.cost)) front.push(place)
  }
  return front
}
