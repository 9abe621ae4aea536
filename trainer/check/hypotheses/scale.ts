/** Observations times a factor: a sign, a unit, or any. */
import type { Bench } from '../bench.ts'
import type { Before, Correction } from '../correction.ts'
import { times } from '../figures.ts'
import { called, groupsOf } from '../groups.ts'
import type { Hypothesis } from '../hypothesis.ts'
import { leastOf, race } from '../race.ts'

interface Scaled {
  set: readonly number[]
  factor: number
  before: Before
}

const scaled = (set: readonly number[], factor: number): Scaled => ({
  set,
  factor,
  before(x, at) {
    for (const i of set) x[at + i] *= factor
  },
})

/** rows that members of a set are told by */
const rowsOf = ({ a }: Bench) => Math.max(40, Math.min(100, Math.ceil(480 / a)))

/** Members that come or go where the error falls by it, all at once where they can; two rounds. */
function settle(bench: Bench, { set, factor }: Scaled): Scaled {
  const rows = rowsOf(bench)
  let best = [...set]
  let loss = bench.pointLoss(scaled(best, factor).before, rows)
  for (let round = 0; round < 2; round++) {
    const gains = bench.observationNames
      .map((_, i) => {
        const other = best.includes(i) ? best.filter((j) => j !== i) : [...best, i].sort((p, q) => p - q)
        return { i, gain: other.length === 0 ? 0 : loss - bench.pointLoss(scaled(other, factor).before, rows) }
      })
      // one that makes no difference is not accused
      .filter(({ i, gain }) => gain > (best.includes(i) ? -1e-4 : 0.02) * loss && (gain !== 0 || best.includes(i)))
      .sort((p, q) => q.gain - p.gain)
    if (gains.length === 0) break
    const toggled = (some: { i: number }[]) =>
      bench.observationNames.flatMap((_, i) => (best.includes(i) !== some.some((one) => one.i === i) ? [i] : []))
    const [all, one] = [toggled(gains), toggled(gains.slice(0, 1))]
    const options = [all, one]
      .filter((some) => some.length > 0)
      .map((some) => ({ some, loss: bench.pointLoss(scaled(some, factor).before, rows) }))
      .sort((p, q) => p.loss - q.loss)
    if (options.length === 0 || options[0].loss > loss * 1.001) break
    const [first] = options
    if (first.some.join() === best.join()) break
    best = first.some
    loss = first.loss
  }
  return scaled(best, factor)
}

function bestOf(bench: Bench, factors: readonly number[]): Scaled[] {
  const n = bench.o
  const sets = [...Array.from({ length: n }, (_, i) => [i]), ...groupsOf(bench.observationNames)]
  const runners = sets.flatMap((set) => factors.map((factor) => scaled(set, factor)))
  return race(bench, runners)
}

const correctionOf = (
  bench: Bench,
  { set, before }: Scaled,
  freedom: number,
  words: { mistake: string; mend: string; value: number },
): Correction => ({
  before,
  freedom,
  choices: bench.o * set.length,
  finding: {
    mistake: `${set.length === 1 ? 'observation' : 'observations'} ${called(bench.observationNames, set)} ${words.mistake}`,
    mend: words.mend,
    names: set.map((i) => bench.observationNames[i]),
    values: [words.value],
  },
})

const be = ({ set }: Scaled) => (set.length === 1 ? 'is' : 'are')
const it = ({ set }: Scaled) => (set.length === 1 ? 'it' : 'them')

export const signHypothesis: Hypothesis = {
  name: 'observation sign',
  about: 'an observation, or a group of them, has the other sign',
  fit: (bench) =>
    bestOf(bench, [-1])
      .slice(0, 2)
      .map((found) => settle(bench, found))
      .map((found) =>
        correctionOf(bench, found, 0, {
          mistake: `${found.set.length === 1 ? 'has' : 'have'} the other sign in the log`,
          mend: `multiply ${it(found)} by -1`,
          value: -1,
        }),
      ),
}

const units = [
  { factor: Math.PI / 180, log: 'deg', policy: 'rad', known: '0.01745 (deg to rad)' },
  { factor: 180 / Math.PI, log: 'rad', policy: 'deg', known: '57.30 (rad to deg)' },
  { factor: 1e-3, log: 'thousandths (mm, ms)', policy: 'whole units', known: '0.001' },
  { factor: 1e3, log: 'whole units', policy: 'thousandths (mm, ms)', known: '1000' },
  { factor: 1e-2, log: 'hundredths (cm)', policy: 'whole units', known: '0.01' },
  { factor: 1e2, log: 'whole units', policy: 'hundredths (cm)', known: '100' },
  { factor: 2 * Math.PI, log: 'turns', policy: 'rad', known: '6.283' },
  { factor: 1 / (2 * Math.PI), log: 'rad', policy: 'turns', known: '0.1592' },
]

/** Of angles: whether names speak of a speed. */
const rate = (names: readonly string[]) =>
  names.every((name) => /vel|speed|rate|omega|gyro|ang_|dot|^v\d|^d[qx]/i.test(name)) ? '/s' : ''

export const unitHypothesis: Hypothesis = {
  name: 'observation unit',
  about: 'observations are in another unit: degrees for radians, turns, thousandths',
  fit: (bench) =>
    bestOf(
      bench,
      units.map(({ factor }) => factor),
    )
      .slice(0, 2)
      .map((found) => settle(bench, found))
      .map((found) => {
        const unit = units.find(({ factor }) => factor === found.factor)!
        const angle = [unit.log, unit.policy].includes('rad')
        const per = angle ? rate(found.set.map((i) => bench.observationNames[i])) : ''
        return correctionOf(bench, found, 0, {
          mistake: `${be(found)} in ${unit.log}${per} in the log, the policy expects ${unit.policy}${per}`,
          mend: `multiply ${it(found)} by ${unit.known}`,
          value: unit.factor,
        })
      }),
}

const factors = [0.001, 0.01, 0.03, 0.1, 0.25, 0.45, 0.65, 0.82, 1.2, 1.5, 2.2, 4, 10, 30, 100, 1000, -0.4, -2.5]

export const scaleHypothesis: Hypothesis = {
  name: 'observation scale',
  about: 'an observation, or a group of them, is a multiple of what the policy expects',
  fit: (bench) =>
    bestOf(bench, factors)
      .slice(0, 2)
      .map((found) => refined(bench, settle(bench, refined(bench, found, 120, 10)), 300, 14))
      .map((found) =>
        correctionOf(bench, found, 1, {
          mistake: `${be(found)} ${times(1 / found.factor)} times what the policy expects`,
          mend: `multiply ${it(found)} by ${times(found.factor)}`,
          value: found.factor,
        }),
      ),
}

/** The factor between its neighbours that fits best. */
function refined(bench: Bench, { set, factor }: Scaled, n: number, steps: number): Scaled {
  const sign = Math.sign(factor)
  const size = Math.log(Math.abs(factor))
  const loss = (log: number) => bench.pointLoss(scaled(set, sign * Math.exp(log)).before, n)
  return scaled(set, sign * Math.exp(leastOf(loss, size - 1, size + 1, steps)))
}
