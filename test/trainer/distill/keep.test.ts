import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { weightCount } from '../../../runtime-as/format/network.ts'
import { compact } from '../../../trainer/distill/compact.ts'
import { requireKept } from '../../../trainer/distill/distill.ts'
import { EVERY, thresholdKeeping } from '../../../trainer/distill/keep.ts'
import { distillOptions } from '../../../trainer/distill/options.ts'
import { masksAt, pruned } from '../../../trainer/distill/student.ts'
import type { VariantName } from '../../../trainer/distill/variants.ts'
import { collectTransitions, distill } from '../../../trainer/from-code.ts'
import { randomStream } from '../../../trainer/random.ts'
import { plainNetwork } from '../../../trainer/teachers/teach.ts'
import { loadTeacher } from '../../../trainer/teachers/teacher.ts'

describe('the threshold that keeps a number of weights', () => {
  const sizes = [4, 9, 7, 2]
  const layersOf = (seed: number) => {
    const random = randomStream(seed, 'keep')
    return sizes.slice(1).map((outputs, l) => ({
      theta: Float32Array.from({ length: sizes[l] * outputs }, () => random.normal()),
      logSigma: Float32Array.from({ length: sizes[l] * outputs }, () => random.normal()),
      bias: Float32Array.from({ length: outputs }, () => random.normal()),
    }))
  }
  const left = (layers: ReturnType<typeof layersOf>, threshold: number) =>
    weightCount(compact(plainNetwork(pruned(layers, masksAt(layers, threshold)))))

  it('leaves at most so many in the compacted student, and one more log alpha would leave too many', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(120), (seed, count) => {
        const layers = layersOf(seed)
        const threshold = thresholdKeeping(layers, count)
        expect(left(layers, threshold)).toBeLessThanOrEqual(count)
        const next = Math.fround(threshold + Math.max(1e-6, Math.abs(threshold) * 1e-6))
        if (threshold < EVERY) expect(left(layers, next)).toBeGreaterThan(count)
        else expect(count).toBeGreaterThanOrEqual(sizes[0] * sizes[1] + sizes[1] * sizes[2] + sizes[2] * sizes[3])
      }),
    )
  })
})

describe('numbers of weights that are asked for', () => {
  const options = (variant: VariantName, hidden: number[]) =>
    distillOptions('pendulum', { seed: 1, threads: 1, variant, hidden })

  it('lie between one weight an action and all that the student has', () => {
    const asked = (keep: number[]) => () => requireKept({ ...options('bpd', [8]), keep }, 3, 2)
    expect(asked([2, 40])).not.toThrow()
    expect(asked([40, 41])).toThrow('keep 41: expected 2 to 40 weights: one an action, no more than it has')
    expect(asked([1])).toThrow('keep 1: expected 2 to 40 weights')
  })

  it('are refused in a program before any training', async () => {
    const teacher = loadTeacher('models/pendulum/teacher.safetensors')
    const transitions = await collectTransitions({ task: 'pendulum', teacher, transitions: 200, workers: 1 })
    const request = { task: 'pendulum', teacher, transitions, options: { hidden: [8], keep: [10_000] } }
    await expect(distill(request)).rejects.toThrow('keep 10000: expected 1 to 32 weights')
  })
})
