import { describe, expect, it } from 'vitest'
import { type KlSchedule, klWeight } from '../../../trainer/kernels/config.ts'

const of = (shape: KlSchedule['shape']): KlSchedule => ({ shape, nu: 4, cap: 2, steps: 1000 })
const at = (shape: KlSchedule['shape'], ...steps: number[]) => steps.map((step) => klWeight(of(shape), step))

describe('the weight of the KL term', () => {
  it('linear: nu t / T up to the cap', () => {
    expect(at('linear', 0, 100, 250, 500, 1000, 5000)).toEqual([0, 0.4, 1, 2, 2, 2])
  })

  it('constant: the cap', () => {
    expect(at('constant', 0, 500, 1000)).toEqual([2, 2, 2])
  })

  it('exponential: from a thousandth of the cap to the cap', () => {
    const [first, third, last] = at('exponential', 0, 1000 / 3, 1000)
    expect(first).toBeCloseTo(0.002, 12)
    expect(third).toBeCloseTo(0.02, 12)
    expect(last).toBe(2)
  })

  it('cosine: half a wave from 0 to the cap', () => {
    const [first, half, last] = at('cosine', 0, 500, 1000)
    expect([first, last]).toEqual([0, 2])
    expect(half).toBeCloseTo(1, 12)
  })
})
