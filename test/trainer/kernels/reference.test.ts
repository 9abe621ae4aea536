import { describe, expect, it } from 'vitest'
import { noiseModes, type StepConfig } from '../../../trainer/kernels/config.ts'
import type { KernelOptions } from '../../../trainer/kernels/kernels.ts'
import type { Trainer } from '../../../trainer/kernels/trainer.ts'
import { configOf, type Shape, tensorsOf, trainerOf, worst } from '../../support/reference-step.ts'

const shape: Shape = { observations: 5, actions: 2, hidden: [32, 40], criticHidden: [48, 33], batch: 37 }

/**
 * With policyDelay 1 the first step updates everything, and Adam's first moments are then a tenth of the gradients (the KL term included), so
 * they are compared in their place. 1e-4 relative L2 for gradients: both sides add up some hundred f32 products in orders of their own.
 */
async function compare(
  shape: Shape,
  mode: 'none' | 'paper' | 'official',
  given: Partial<StepConfig> = {},
  masked = false,
  kernels: KernelOptions = {},
) {
  const config = configOf(shape, { policyDelay: 1, ...given })
  const fast = await trainerOf('fast', config, mode, { masked, ...kernels })
  const reference = await trainerOf('reference', config, mode, { masked })
  return { fast, reference, config }
}

/** The first step's gradients, then live and target networks two steps later. */
function expectThreeStepsAlike(fast: Trainer, reference: Trainer): void {
  for (const trainer of [fast, reference]) trainer.run(1)
  const gradients = worst(tensorsOf(fast, 'mean'), tensorsOf(reference, 'mean'))
  expect(gradients.error, gradients.name).toBeLessThan(1e-4)
  for (const trainer of [fast, reference]) trainer.run(2)
  for (const block of ['value', 'target'] as const) {
    const { name, error } = worst(tensorsOf(fast, block), tensorsOf(reference, block))
    expect(error, `${block} of ${name}`).toBeLessThan(1e-4)
  }
}

describe('every gradient and every updated tensor equals the readable reference', () => {
  it.each([
    ['paper', shape],
    ['official', shape],
    ['none', shape],
    ['paper', { observations: 3, actions: 1, hidden: [32, 32], criticHidden: [64, 64], batch: 50 }],
    ['paper', { observations: 376, actions: 17, hidden: [64, 48], criticHidden: [64, 64], batch: 61 }],
    ['official', { observations: 17, actions: 6, hidden: [400, 300], criticHidden: [64, 64], batch: 64 }],
  ] as const)('%s noise, %o', async (mode, shape) => {
    const { fast, reference } = await compare(shape as Shape, mode)
    expectThreeStepsAlike(fast, reference)
    expect(fast.losses().critic).toBeCloseTo(reference.losses().critic, 4)
    expect(fast.losses().clone).toBeCloseTo(reference.losses().clone, 4)
    expect(fast.losses().meanAbsoluteQ).toBeCloseTo(reference.losses().meanAbsoluteQ, 4)
  })

  describe.each(noiseModes)('of a student without a hidden layer, %s noise', (mode) => {
    it.each([
      ['wide tile', 0.5, { wide: true, relaxed: false }],
      ['narrow tile', 0.5, { wide: false, relaxed: false }],
      ['fused', 0.5, { relaxed: true }],
      ['no value term', 0, { relaxed: false }],
    ] as [string, number, KernelOptions][])('%s', async (_, valueWeight, kernels) => {
      const { fast, reference } = await compare({ ...shape, hidden: [] }, mode, { valueWeight }, true, kernels)
      const before = tensorsOf(fast, 'value')
      expect([...before.keys()].filter((name) => name.startsWith('student'))).toHaveLength(3)
      expectThreeStepsAlike(fast, reference)
      expect(tensorsOf(fast, 'value').get('student theta 0')).not.toEqual(before.get('student theta 0'))
    })
  })

  it.each([
    [
      'another discount, tau, policyDelay, h, |D| and rates',
      { discount: 0.9, tau: 0.1, policyDelay: 3, valueWeight: 2, dataScale: 50, actorRate: 1e-3, criticRate: 2e-3 },
    ],
    ['no value term', { valueWeight: 0 }],
    ['no cloning', { cloneWeight: 0 }],
    ['an action to clone apart from the executed one', { targetApart: true }],
    ["TD3's target smoothing", { smoothing: { sigma: 0.2, clip: 0.5 } }],
    ['constant KL weight', { kl: { shape: 'constant', nu: 0, cap: 1, steps: 4 } }],
    ['exponential KL weight', { kl: { shape: 'exponential', nu: 0, cap: 50, steps: 4 } }],
    ['cosine KL weight', { kl: { shape: 'cosine', nu: 0, cap: 50, steps: 4 } }],
  ] as [string, Partial<StepConfig>][])('%s', async (_, given) => {
    const { fast, reference } = await compare(shape, given.smoothing ? 'none' : 'paper', given)
    const before = tensorsOf(fast, 'value')
    for (const trainer of [fast, reference]) trainer.run(3)
    for (const block of ['mean', 'value', 'target'] as const) {
      const { name, error } = worst(tensorsOf(fast, block), tensorsOf(reference, block))
      expect(error, `${block} of ${name}`).toBeLessThan(block === 'mean' ? 1e-3 : 1e-4)
    }
    expect(worst(before, tensorsOf(fast, 'value')).error).toBeGreaterThan(1e-3)
  })

  it('a frozen mask and L1', async () => {
    const { fast, reference } = await compare(shape, 'none', { valueWeight: 0 }, true)
    for (const trainer of [fast, reference]) {
      trainer.shrinkage = 1e-3
      trainer.rateFactor = 0.5
      trainer.run(3)
    }
    const { name, error } = worst(tensorsOf(fast, 'value'), tensorsOf(reference, 'value'))
    expect(error, name).toBeLessThan(1e-4)
    const zeros = (name: string) =>
      tensorsOf(fast, 'value')
        .get(name)!
        .filter((w) => w === 0).length
    expect(zeros('student theta 0')).toBeGreaterThan(20)
  })
})
