import { describe, expect, it } from 'vitest'
import { comparisonsAt } from '../../../../trainer/studies/report/comparisons.ts'
import type { Measured } from '../../../../trainer/studies/report/measure.ts'
import type { Study } from '../../../../trainer/studies/study.ts'
import { tiny } from '../tiny.ts'

const study: Study = {
  ...tiny,
  teachers: ['a', 'b', 'c'].map((name) => ({ ...tiny.teachers[0], name })),
  variants: ['base', 'wide', 'narrow', 'young'].map((name) => ({ name, variant: 'dense' })),
}

const scores: Record<string, Record<string, number[]>> = {
  base: { a: [1, 2, 3, 4, 5], b: [2, 3, 4, 5, 6], c: [0, 0, 0, 0] },
  wide: { a: [2, 3, 4, 5, 6, 7], b: [1, 2, 3, 4, 5], c: [9, 9, 9, 9] },
  narrow: { a: [1.5, 2.5, 3.5, 4.5, 5.5] },
  young: { a: [1, 2, 3, 4] },
}
const runs = Object.entries(scores).flatMap(([variant, teachers]) =>
  Object.entries(teachers).flatMap(([teacher, seeds]) =>
    seeds.map((score, i) => ({ variant, teacher, seed: i + 1, budget: 40, difference: score }) as Measured),
  ),
)
const compared = (from: readonly Measured[], budget = 40) =>
  comparisonsAt(study, from, budget, { scoreOf: (run) => run.difference, baseline: 'base' })

describe('a variant and the baseline', () => {
  it('are compared on all that the two share: what a third lacks, or one of them, takes nothing away', () => {
    const [wide, narrow, ...none] = compared(runs)
    // teacher c has four seeds of each, a sixth seed of a has no pair
    expect(wide).toMatchObject({ variant: 'wide', teachers: ['a', 'b'], seeds: 5 })
    expect(narrow).toMatchObject({ variant: 'narrow', teachers: ['a'], seeds: 5 })
    expect(none).toEqual([])
    expect(narrow.paired).toEqual({ value: 0.5, low: 0.5, high: 0.5 })
    expect(narrow.pairedMean).toEqual({ value: 0.5, low: 0.5, high: 0.5 })
    expect(narrow.interquartile.value - narrow.baseline.value).toBeCloseTo(0.5, 12)
    // of 25 pairs of a, 15 are won and 4 even; of b, 6 and 4
    expect(wide.probability.value).toBeCloseTo((17 / 25 + 8 / 25) / 2, 12)
  })

  it('differ teacher by teacher where the mean over them is nothing', () => {
    const [wide] = compared(runs)
    expect(wide.pairedMean.value).toBeCloseTo(0, 12)
    expect(wide.byTeacher.map(({ teacher, paired, ahead, seeds }) => [teacher, paired.value, ahead, seeds])).toEqual([
      ['a', 1, 5, 5],
      ['b', -1, 0, 5],
    ])
  })

  it('do not depend on the order in which runs were done', () => {
    expect(compared([...runs].reverse())).toEqual(compared(runs))
  })

  it('are not compared at a number of weights that one of them lacks', () => {
    expect(compared(runs, 20)).toEqual([])
  })
})
