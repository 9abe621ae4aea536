/** Loads the training kernels into a given shared memory, choosing what this CPU runs best. */
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'

export interface Kernels {
  // biome-ignore format: one line a kernel, in the order of assembly/index.ts; every argument is a number (addresses in bytes)
  product(wide: number, edge: number, m: number, n: number, k: number, a: number, ra: number, ka: number, b: number, lb: number, c: number, lc: number, init: number, li: number, floor: number): void
  columnSums(d: number, ld: number, rows: number, n: number, sums: number): void
  weightedSums(weights: number, x: number, lx: number, rows: number, n: number, sums: number): void
  dotRows(x: number, lx: number, rows: number, n: number, w: number, bias: number, y: number): void
  outerRelu(scale: number, w: number, h: number, l: number, rows: number, n: number, out: number): void
  transpose(rows: number, columns: number, p: number, lp: number, out: number, lo: number): void
  indices(state: number, out: number, n: number, range: number): void
  normals(state: number, out: number, n: number): void
  reluGradient(d: number, h: number, bytes: number): void
  square(x: number, out: number, bytes: number): void
  absolute(x: number, out: number, bytes: number): void
  multiply(x: number, y: number, out: number, bytes: number): void
  addNoise(y: number, noise: number, variance: number, bytes: number, floor: number): void
  addNoiseOfficial(y: number, noise: number, spread: number, bytes: number, floor: number): void
  squareReluGradient(d: number, u: number, x: number, bytes: number): void
  addReluGradient(d: number, u: number, x: number, bytes: number): void
  variances(logSigma: number, variance: number, bytes: number, epsilon: number): void
  squash(z: number, action: number, l: number, rows: number, n: number, middle: number, half: number): void
  // biome-ignore format: as above
  smooth(action: number, noise: number, l: number, rows: number, n: number, middle: number, half: number, sigma: number, clip: number): void
  // biome-ignore format: as above
  outputGradient(value: number, lambda: number, clone: number, action: number, wanted: number, tanh: number, l: number, rows: number, n: number, half: number, d: number): number
  // biome-ignore format: as above
  targets(reward: number, terminal: number, q1: number, q2: number, rows: number, discount: number, y: number): void
  squaredErrorGradient(q: number, y: number, rows: number, scale: number, d: number): number
  total(x: number, n: number, absolute: number): number
  fill(x: number, n: number, value: number): void
  copyColumns(from: number, lf: number, to: number, lt: number, rows: number, width: number): void
  // biome-ignore format: as above
  gather(data: number, index: number, rows: number, observation: number, action: number, s: number, ls: number, a: number, la: number): void
  // biome-ignore format: as above
  gatherNext(data: number, index: number, rows: number, observation: number, action: number, reward: number, next: number, ls: number, terminal: number): void
  // biome-ignore format: as above
  adam(p: number, m: number, v: number, g: number, apart: number, bytes: number, step: number, root: number): void
  polyak(p: number, target: number, bytes: number, tau: number): void
  // biome-ignore format: as above
  variationalAdam(theta: number, m: number, v: number, logSigma: number, ms: number, vs: number, g: number, gv: number, apart: number, bytes: number, step: number, root: number, kl: number): void
  shrink(theta: number, bytes: number, amount: number): void
  applyMask(theta: number, mask: number, bytes: number): void
}

/** Which of the equivalent forms to run. Left out: what a feature test finds. */
export interface KernelOptions {
  /** 6 x 16 register tiles instead of 4 x 8; the same bits either way */
  wide?: boolean
  /** relaxed SIMD: fused multiply-add where the CPU has it. Off gives other last bits, the same on every CPU. */
  relaxed?: boolean
}

// V8 may then fuse pairs of 128-bit operations into AVX2; it must be set before the first compilation
setFlagsFromString('--experimental-wasm-revectorize')

const compiled = new Map<boolean, WebAssembly.Module>()

export function compileKernels(relaxed: boolean): WebAssembly.Module {
  let module = compiled.get(relaxed)
  if (!module) {
    const name = `build/kernels.${relaxed ? 'relaxed' : 'simd'}.wasm`
    module = new WebAssembly.Module(readFileSync(new URL(name, import.meta.url)))
    compiled.set(relaxed, module)
  }
  return module
}

export function instantiateKernels(memory: WebAssembly.Memory, relaxed: boolean): Kernels {
  return new WebAssembly.Instance(compileKernels(relaxed), { env: { memory } }).exports as unknown as Kernels
}

let tested: { wide: boolean; fused: boolean } | undefined

/**
 * Feature tests, once a process. `fused`: relaxed multiply-add rounds once here (results then differ in the last bits from a CPU
 * that rounds twice). `wide`: the faster tile, by a short race.
 */
export function cpuFeatures(): { wide: boolean; fused: boolean } {
  if (tested) return tested
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true })
  const kernels = instantiateKernels(memory, true)
  const f32 = new Float32Array(memory.buffer)
  // (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24 with one rounding and 0 with two
  f32.fill(1 + 2 ** -12, 0, 16)
  f32.fill(1 + 2 ** -12, 16, 32)
  f32.fill(-(1 + 2 ** -11), 32, 48)
  kernels.product(0, 1024, 1, 16, 1, 0, 64, 4, 64, 64, 256, 64, 128, 64, -Infinity)
  const fused = f32[64] !== 0
  const race = (wide: number) => {
    const start = performance.now()
    const stride = 1088
    kernels.product(wide, 1024, 120, 256, 256, 8192, stride, 4, 524288, stride, 1048576, stride, 4096, 0, -Infinity)
    return performance.now() - start
  }
  f32.fill(0)
  const best = [Infinity, Infinity]
  for (let i = 0; i < 120; i++) for (const wide of [0, 1]) best[wide] = Math.min(best[wide], race(wide))
  tested = { wide: best[1] < best[0], fused }
  return tested
}
