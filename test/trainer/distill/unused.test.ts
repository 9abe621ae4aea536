import { expect, it } from 'vitest'
import { type DistillOptions, distillDefaults } from '../../../trainer/distill/options.ts'
import { unusedIn } from '../../../trainer/distill/unused.ts'
import { variantOf } from '../../../trainer/distill/variants.ts'

type Part = Partial<DistillOptions>

function optionsOf(given: Part): DistillOptions {
  const options = { ...distillDefaults, seed: 1, threads: 1, ...given } as unknown as DistillOptions
  return { ...options, ...variantOf(options.variant).fixed }
}
const unused = (given: Part) => unusedIn(given, optionsOf(given), (name) => name)

it.each<[string, Part, string]>([
  ['magnitude', { keep: [40] }, 'keep'],
  ['random', { keep: [40] }, 'keep'],
  ['dense', { keep: [60, 40], prune: 'magnitude' }, 'keep'],
  ['no-q', { valueWeight: 3 }, 'valueWeight'],
  ['obd', { valueWeight: 3 }, 'valueWeight'],
  ['obd', { prune: 'l1' }, 'prune'],
  ['linear', { hidden: [8] }, 'hidden'],
  ['no-q', { criticHidden: [8] }, 'criticHidden'],
  ['no-q', { tau: 0.1 }, 'tau'],
  ['no-q', { discount: 0.9 }, 'discount'],
  ['no-q', { criticRate: 0.1 }, 'criticRate'],
  ['no-q', { tuneWithValue: true }, 'tuneWithValue'],
  ['bpd', { l1: 0.1 }, 'l1'],
  ['l1', { l1: 0.1, l1Path: [0.1, 0.2] }, 'l1'],
  ['magnitude', { noise: 'official' }, 'noise'],
  ['obd', { klCap: 1 }, 'klCap'],
  ['bpd', { nu: 1, klShape: 'cosine' }, 'nu'],
  ['dense', { thresholds: [1] }, 'thresholds'],
  ['magnitude', { threshold: 1 }, 'threshold'],
  ['bpd', { budget: 40 }, 'budget'],
  ['no-q', { budget: 40, prune: 'obd', keep: [30] }, 'budget'],
  ['l1', { budget: 40, keep: [30] }, 'budget'],
  ['bpd', { tolerance: 0.1, maxWeights: 70 }, 'tolerance'],
  ['bpd', { maxError: 0.1, maxBytes: 700 }, 'maxError'],
  ['bpd', { steps: 0, prune: 'obd', evaluateEvery: 5 }, 'evaluateEvery'],
  ['no-q', { steps: 0, prune: 'obd', noise: 'official' }, 'noise'],
])('variant %s with %j would do nothing with %s, and says so', (variant, given, name) => {
  const names = unused({ ...given, variant: variant as DistillOptions['variant'] }).map((part) => part.name)
  expect(names.filter((one) => one !== 'variant')).toEqual([name])
})

it.each<[string, Part]>([
  ['bpd', { keep: [40], noise: 'official', nu: 1, klCap: 1, tau: 0.1, tolerance: 0.1, tuneWithValue: true }],
  ['bpd', { thresholds: [1], threshold: 1, klShape: 'cosine', tuneWithValue: false }],
  ['no-q', { budget: 40, prune: 'obd', valueWeight: 0, tuneWithValue: false }],
  ['l1', { keep: [40], l1: 0.1 }],
  ['obd', { keep: [40], prune: 'obd', stageShare: 0.5 }],
  ['bpd', { keep: [40], prune: 'l1', l1: 0.1, thresholds: undefined }],
  ['magnitude', { budget: 40, keep: [30], prune: 'magnitude' }],
  ['dense', { budget: 40, hidden: [8, 8] }],
  ['random', { budget: 40 }],
  ['linear', { hidden: [], keep: [12] }],
  ['obd', { steps: 0, keep: [40] }],
])('variant %s has a use for %j', (variant, given) => {
  expect(unused({ ...given, variant: variant as DistillOptions['variant'] })).toEqual([])
})
