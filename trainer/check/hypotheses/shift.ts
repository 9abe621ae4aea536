/** An observation plus a constant. */
import type { Bench } from '../bench.ts'
import type { Before } from '../correction.ts'
import type { Hypothesis } from '../hypothesis.ts'
import { leastOf, race } from '../race.ts'

interface Shifted {
  i: number
  by: number
  before: Before
}

const shifted = (i: number, by: number): Shifted => ({
  i,
  by,
  before(x, at) {
    x[at + i] += by
  },
})

const sizes = [0.2, 0.5, 1, 1.7, 3, 5, 9, 16, 30]
/** of one that is never another */
const unitOf = (bench: Bench, i: number) => bench.std[i] || Math.abs(bench.mean[i]) || 1

export const shiftHypothesis: Hypothesis = {
  name: 'observation shift',
  about: 'an observation is off by a constant: a zero point, an offset',
  fit(bench) {
    const runners = bench.observationNames.flatMap((_, i) =>
      sizes.flatMap((size) => [shifted(i, size * unitOf(bench, i)), shifted(i, -size * unitOf(bench, i))]),
    )
    return race(bench, runners, 2).map(({ i, by }) => {
      const loss = (x: number) => bench.pointLoss(shifted(i, x).before, 300)
      const found = shifted(i, leastOf(loss, by < 0 ? 2.2 * by : 0, by < 0 ? 0 : 2.2 * by, 16))
      const name = bench.observationNames[i]
      const amount = Number(found.by.toPrecision(3))
      return {
        before: found.before,
        freedom: 1,
        choices: bench.o,
        finding: {
          mistake: `observation ${name} is off by ${-amount} in the log`,
          mend: amount < 0 ? `take ${-amount} off it` : `add ${amount} to it`,
          names: [name],
          values: [found.by],
        },
      }
    })
  },
}
