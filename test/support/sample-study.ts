/** What `bpd study report` might say: two variants with hostile names, two teachers, three seeds of one of them. */
import type { Measured } from '../../trainer/studies/report/measure.ts'
import type { Report, Row, Summary } from '../../trainer/studies/report/report.ts'

export const hostileVariant = '<img src=x onerror=alert(1)>\u202e'

const measured = (teacher: string, variant: string, seed: number, weights: number, mean: number): Measured => ({
  teacher,
  task: 'pendulum',
  variant,
  budget: 100,
  seed,
  return: mean,
  teacherReturn: -148,
  difference: mean + 148,
  median: mean,
  fellRate: 0,
  failureRate: 0.125,
  weights,
  studentWeights: 4000,
  bytes: 1000 + weights,
  crc: 100 * weights + seed,
})

const row = (seeds: Measured[]): Row => ({ ...seeds[0], score: seeds[0].difference, worst: -20, seeds })

const summary = (variant: string): Summary => ({
  variant,
  budget: 100,
  teachers: ['first', 'second'],
  seeds: 1,
  interquartile: { value: -10, low: -20, high: -5 },
  medianOfTasks: -10,
  worst: -20,
  fellRate: 0,
  failureRate: 0.125,
  profile: [],
})

export const sampleStudy: Report = {
  study: 'sample',
  question: 'Is <b>bold</b> better?',
  version: 1,
  score: 'difference',
  seeds: 3,
  episodes: 8,
  budgets: [100],
  baseline: 'bpd',
  ranked: false,
  teachers: [],
  tuning: [],
  rows: [
    row([1, 2, 3].map((seed) => measured('first', 'bpd', seed, 90 + seed, -150 - seed))),
    row([measured('first', hostileVariant, 1, 40, -155)]),
    row([measured('second', 'bpd', 1, 77, -149)]),
  ],
  summaries: [summary('bpd'), summary(hostileVariant)],
  comparisons: [
    {
      variant: hostileVariant,
      budget: 100,
      teachers: ['first'],
      seeds: 5,
      interquartile: { value: -10, low: -20, high: -5 },
      baseline: { value: -8, low: -9, high: -7 },
      probability: { value: 0.25, low: 0.125, high: 0.5 },
      paired: { value: -2, low: -11, high: 1 },
      pairedMean: { value: -3, low: -12, high: 2 },
      byTeacher: [{ teacher: 'first', seeds: 5, paired: { value: -3, low: -12, high: 2 }, ahead: 2 }],
    },
  ],
  thresholds: [],
  curves: [],
  missing: 2,
}
