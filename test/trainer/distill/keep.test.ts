import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { weightCount } from '../../../runtime-as/format/network.ts'
import { compact } from '../../../trainer/distill/compact.ts'
import { EVERY, thresholdKeeping } from '../../../trainer/distill/keep.ts'
import { masksAt, pruned } from '../../../trainer/distill/student.ts'
import { randomStream } from '../../../trainer/random.ts'
import { plainNetwork } from '../../../trainer/teachers/teach.ts'

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
