import { describe, expect, it } from 'vitest'
import { instantiateKernels } from '../../../trainer/kernels/kernels.ts'
import { randomStream } from '../../../trainer/random.ts'

const count = 1 << 18
const memory = new WebAssembly.Memory({ initial: 80, maximum: 80, shared: true })
const f32 = new Float32Array(memory.buffer)
const u32 = new Uint32Array(memory.buffer)

/** `count` normals of one generator, seeded as the trainer seeds the one of a chunk. */
function normals(seed: number, chunk: number, relaxed = true): Float64Array {
  const random = randomStream(seed, 'noise', chunk)
  for (let i = 0; i < 16; i++) u32[1024 + i] = random.uint32()
  instantiateKernels(memory, relaxed).normals(4096, 8192, count)
  return Float64Array.from(f32.subarray(2048, 2048 + count))
}

const mean = (values: Float64Array, of: (x: number, i: number) => number) => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += of(values[i], i)
  return sum / values.length
}

// an estimate of a mean over n independent draws has a standard error of std / sqrt(n): five of them are allowed
const five = 5 / Math.sqrt(count)

describe.each([true, false])('the noise generator (relaxed SIMD %s)', (relaxed) => {
  const values = normals(3, 0, relaxed)

  it('has the first four moments of the standard normal', () => {
    expect(Math.abs(mean(values, (x) => x))).toBeLessThan(five)
    expect(Math.abs(mean(values, (x) => x ** 2) - 1)).toBeLessThan(five * Math.sqrt(2))
    expect(Math.abs(mean(values, (x) => x ** 3))).toBeLessThan(five * Math.sqrt(15))
    expect(Math.abs(mean(values, (x) => x ** 4) - 3)).toBeLessThan(five * Math.sqrt(96))
  })

  it('has its tails, and nothing that is not finite', () => {
    const beyond3 = mean(values, (x) => Number(Math.abs(x) > 3))
    expect(Math.abs(beyond3 - 0.0026998)).toBeLessThan(five * Math.sqrt(0.0027))
    expect(values.every(Number.isFinite)).toBe(true)
    expect(Math.max(...values.subarray(0, 60_000))).toBeGreaterThan(3.5)
  })

  it('does not repeat within itself: no correlation at lags up to 64, of values or of their squares', () => {
    for (const lag of [1, 2, 3, 4, 5, 7, 8, 16, 32, 64]) {
      const pairs = values.subarray(0, count - lag)
      expect(Math.abs(mean(pairs, (x, i) => x * values[i + lag]))).toBeLessThan(five)
      expect(Math.abs(mean(pairs, (x, i) => (x * x - 1) * (values[i + lag] ** 2 - 1)))).toBeLessThan(five * 2)
    }
  })
})

describe('streams', () => {
  const one = normals(3, 0)

  it.each([
    ['another chunk', 3, 1],
    ['another seed', 4, 0],
  ])('of %s are independent: no correlation of values or squares', (_, seed, chunk) => {
    const other = normals(seed, chunk)
    for (const lag of [0, 1, 2, 4, 8]) {
      const pairs = one.subarray(0, count - lag)
      expect(Math.abs(mean(pairs, (x, i) => x * other[i + lag]))).toBeLessThan(five)
      expect(Math.abs(mean(pairs, (x, i) => (x * x - 1) * (other[i + lag] ** 2 - 1)))).toBeLessThan(five * 2)
    }
  })

  it('of one seed and chunk are the same, and the check for independence can fail', () => {
    const again = normals(3, 0)
    expect(again).toEqual(one)
    expect(mean(one, (x, i) => x * again[i])).toBeGreaterThan(0.9)
  })
})
