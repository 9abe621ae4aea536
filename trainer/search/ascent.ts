/** One step of Augmented Random Search (Mania, Guy and Recht 2018, "Simple random search provides a competitive approach to reinforcement learning", V1-t). */

/** A direction that was tried both ways. */
export interface Pair {
  /** what each parameter moves by, per unit of noise; shape (parameters) */
  displacement: Float64Array
  /** objective of the centre + noise * displacement */
  plus: number
  /** and of the centre - noise * displacement */
  minus: number
}

/**
 * centre + rate / (best * deviation) * sum of (plus - minus) * displacement, over the `best` pairs whose better side is best; deviation: that of their
 * objectives. Where all of these are the same there is no way up, and the centre stays.
 */
export function ascend(
  centre: Float64Array,
  pairs: readonly Pair[],
  { best, rate }: { best: number; rate: number },
): Float64Array {
  // sorting is stable: of equals the first
  const used = [...pairs].sort((a, b) => Math.max(b.plus, b.minus) - Math.max(a.plus, a.minus)).slice(0, best)
  const deviation = deviationOf(used.flatMap(({ plus, minus }) => [plus, minus]))
  const next = Float64Array.from(centre)
  if (deviation === 0) return next
  for (const { displacement, plus, minus } of used) {
    const step = (rate * (plus - minus)) / (used.length * deviation)
    for (let i = 0; i < next.length; i++) next[i] += step * displacement[i]
  }
  return next
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length)
}
