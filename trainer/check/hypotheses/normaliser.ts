/** Observations that were normalised once too often, or not at all; or each off by a constant of its own. */
import { type Affine, affine, fitAffine } from '../affine.ts'
import type { Bench } from '../bench.ts'
import type { Correction } from '../correction.ts'
import { times } from '../figures.ts'
import { called } from '../groups.ts'
import type { Hypothesis } from '../hypothesis.ts'

const all = (o: number, value: number) => new Float64Array(o).fill(value)

export const normaliserHypothesis: Hypothesis = {
  name: 'normaliser',
  about: 'observations are normalised where the policy does that itself, or not where it does not',
  fit(bench) {
    const { o, mean, std, normaliser } = bench
    const alike = std.map((s) => s || 1)
    const found: Correction[] = []
    const looksNormal = mean.every((m) => Math.abs(m) < 1.5) && std.filter((s) => s > 0.3 && s < 3).length > 0.6 * o
    // by its own statistics: nothing is fitted
    if (normaliser) {
      const factor = Float64Array.from(normaliser.std)
      const shift = Float64Array.from(normaliser.mean)
      found.push(
        correction({ factor, shift }, 0, 'doubled', 'its own'),
        correction(undo({ factor, shift }), 0, 'missing', 'its own'),
      )
    }
    const standard = undo({ factor: alike, shift: mean })
    found.push(correction(standard, 0, 'missing', "the log's"))
    const starts: [Affine, 'missing' | 'doubled'][] = [[standard, 'missing']]
    // what the policy's own statistics are is known then
    if (looksNormal && !normaliser) for (const size of [0.3, 1]) starts.push([inverse(bench, size), 'doubled'])
    starts.push([{ factor: all(o, 1), shift: all(o, 0) }, 'missing'])
    const fitted = (start: Affine, rounds: number, look = false) =>
      fitAffine(bench, start, { factors: true, shifts: true, rounds, look })
    const begun = starts
      .map(([start, kind]) => ({ start: fitted(start, 4, true), kind }))
      .map(({ start, kind }) => ({ start, kind, loss: bench.pointLoss(affine(start), 300) }))
      .sort((p, q) => p.loss - q.loss)
    // so many numbers can do a little of everything: only what gets somewhere goes on
    const enough = 0.9 * bench.pointLoss(undefined, 300)
    for (const { start, kind, loss } of begun.slice(0, o <= 20 ? 2 : 1))
      if (loss < enough || o <= 4) found.push(correction(fitted(start, 40), 2 * o, kind, 'fitted'))
    return found
  },
}

const undo = ({ factor, shift }: Affine): Affine => ({
  factor: factor.map((f) => 1 / f),
  shift: shift.map((s, i) => -s / factor[i]),
})

/** How large the policy's observations are by nature, told by how much each moves it: one that is large counts little. */
function inverse(bench: Bench, size: number): Affine {
  const { o, a, points } = bench
  const n = Math.min(48, points.count)
  const base = bench.act({ x: points.x, count: n })
  const factor = Float64Array.from({ length: o }, (_, i) => {
    const up = bench.act({ x: points.x, count: n }, (x, at) => {
      x[at + i] += 0.05
    })
    let sum = 0
    for (let k = 0; k < n * a; k++) sum += Math.abs(up[k] - base[k]) / 0.05 / bench.spread[k % a]
    return sum === 0 ? 1 : Math.min(100, (size * n * a) / sum)
  })
  return { factor, shift: all(o, 0) }
}

function correction(fit: Affine, freedom: number, kind: 'missing' | 'doubled', whose: string): Correction {
  const statistics = whose === 'fitted' ? '' : ` (by ${whose} statistics)`
  return {
    before: affine(fit),
    freedom,
    choices: 1,
    finding: {
      mistake:
        kind === 'doubled'
          ? `the log's observations are normalised already, and the policy normalises them again${statistics}`
          : `the policy expects normalised observations, and the log's are not${statistics}`,
      mend:
        kind === 'doubled'
          ? 'give the policy raw observations: take the normaliser in front of it away'
          : 'normalise in front of the policy, by the statistics of its training: (observation - mean) / std',
      names: [],
    },
  }
}

export const offsetsHypothesis: Hypothesis = {
  name: 'observation offsets',
  about: 'several observations are off by a constant each: joints from another pose',
  fit(bench) {
    const { o, observationNames } = bench
    const start = { factor: all(o, 1), shift: all(o, 0) }
    const begun = fitAffine(bench, start, { factors: false, shifts: true, rounds: 3, look: true })
    if (bench.pointLoss(affine(begun), 300) > 0.9 * bench.pointLoss(undefined, 300)) return []
    const fitted = fitAffine(bench, begun, { factors: false, shifts: true, rounds: 8 })
    const some = pruned(bench, fitted)
    const touched = observationNames.flatMap((_, i) => (some.shift[i] === 0 ? [] : [i]))
    const kept = fitAffine(bench, some, { factors: false, shifts: true, rounds: 10, only: touched })
    if (touched.length < 2) return []
    const listed = touched
      .slice(0, 12)
      .map((i) => `${observationNames[i]} by ${times(-kept.shift[i])}`)
      .join(', ')
    return [
      {
        before: affine(kept),
        freedom: touched.length,
        choices: 1,
        finding: {
          mistake: `observations ${called(observationNames, touched)} are off by a constant each in the log: ${listed}${touched.length > 12 ? ', …' : ''}`,
          mend: 'take these off, or log them from the pose that the policy was trained with',
          names: touched.map((i) => observationNames[i]),
          values: touched.map((i) => kept.shift[i]),
        },
      },
    ]
  },
}

/** Without the shifts that make no difference. */
function pruned(bench: Bench, fitted: Affine): Affine {
  const rows = 240
  const kept = { factor: fitted.factor, shift: fitted.shift.slice() }
  const loss = bench.pointLoss(affine(kept), rows)
  const before = bench.pointLoss(undefined, rows)
  const allowed = loss + 0.005 * Math.max(0, before - loss)
  const matter = bench.observationNames
    .map((_, i) => ({ i, loss: bench.pointLoss(affine({ ...kept, shift: kept.shift.with(i, 0) }), rows) }))
    .sort((p, q) => p.loss - q.loss)
  for (const { i } of matter) {
    const held = kept.shift[i]
    kept.shift[i] = 0
    if (bench.pointLoss(affine(kept), rows) > allowed) {
      kept.shift[i] = held
      break
    }
  }
  return kept
}
