/** What this CPU runs best, found by trying. */
import { instantiateKernels } from './kernels.ts'
import { Lane } from './step/lane.ts'

let tested: { wide: boolean; fused: boolean } | undefined

/**
 * Feature tests, once a process. `fused`: relaxed multiply-add rounds once here (results then differ in the last bits from a CPU
 * that rounds twice). `wide`: the faster tile, by a short race.
 */
export function cpuFeatures(): { wide: boolean; fused: boolean } {
  if (tested) return tested
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true })
  const buffer = memory.buffer as unknown as SharedArrayBuffer
  const kernels = instantiateKernels(memory, true)
  const zeros = { at: 4096, rows: 1, columns: 256, stride: 1088 }
  const lane = (wide: boolean) => new Lane({ kernels, buffer, wide, zeros, edge: 1024, thread: 0, threads: 1 })
  const lanes = [lane(false), lane(true)]

  // (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24 with one rounding and 0 with two
  const one = (at: number) => ({ at, rows: 1, columns: 1, stride: 64 })
  const [x, y, minus, out] = [0, 64, 128, 256].map(one)
  const { f32 } = lanes[0]
  f32.fill(1 + 2 ** -12, 0, 32)
  f32.fill(-(1 + 2 ** -11), 32, 48)
  lanes[0].product(out, x, y, { bias: minus, floor: -Infinity })
  const fused = f32[out.at / 4] !== 0
  f32.fill(0)

  const matrix = (at: number, rows: number) => ({ at, rows, columns: 256, stride: 1088 })
  const [a, b, c] = [matrix(8192, 120), matrix(524288, 256), matrix(1048576, 120)]
  const best = [Infinity, Infinity]
  for (let i = 0; i < 120; i++)
    for (const wide of [0, 1]) {
      const start = performance.now()
      lanes[wide].product(c, a, b)
      best[wide] = Math.min(best[wide], performance.now() - start)
    }
  tested = { wide: best[1] < best[0], fused }
  return tested
}
