/** Which of many corrections of the observations are worth a closer look, by few rows first. */
import type { Bench } from './bench.ts'
import type { Correction } from './correction.ts'

/** rows of each heat, and how many runners go on */
const heats = (bench: Bench) => [
  // as many numbers of few actions as of many
  { rows: Math.max(5, Math.min(24, Math.ceil(40 / bench.a))), keep: 80 },
  { rows: 60, keep: 12 },
  { rows: 240, keep: 3 },
]

/** The best of them, best first, by their errors on the rows to fit on. None of them predicts actions from actions. */
export function race<T extends Pick<Correction, 'before'>>(
  bench: Bench,
  runners: readonly T[],
  keep = 3,
  first = 80,
): T[] {
  let left = [...runners]
  for (const { rows, keep: most } of heats(bench)) {
    const losses = new Map(left.map((runner) => [runner, bench.pointLoss(runner.before, rows)]))
    left = left.sort((p, q) => losses.get(p)! - losses.get(q)!)
    left = left.slice(0, Math.min(first, most))
  }
  return left.slice(0, keep)
}

/**
 * The least of a function of one number, by golden section between low and high. steps: how often it is evaluated.
 */
export function leastOf(f: (x: number) => number, low: number, high: number, steps = 16): number {
  const share = (Math.sqrt(5) - 1) / 2
  let [a, b] = [low, high]
  let [p, q] = [b - share * (b - a), a + share * (b - a)]
  let [fp, fq] = [f(p), f(q)]
  for (let i = 0; i < steps; i++) {
    if (fp <= fq) {
      ;[b, q, fq] = [q, p, fp]
      p = b - share * (b - a)
      fp = f(p)
    } else {
      ;[a, p, fp] = [p, q, fq]
      q = a + share * (b - a)
      fq = f(q)
    }
  }
  return fp <= fq ? p : q
}
