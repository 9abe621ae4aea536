/** The training kernels as the wasm exports them, and how they are loaded into a given shared memory. Only `step/lane.ts` calls them. */
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
  gather(data: number, width: number, index: number, rows: number, observation: number, action: number, s: number, ls: number, a: number, la: number): void
  // biome-ignore format: as above
  gatherNext(data: number, width: number, index: number, rows: number, observation: number, action: number, reward: number, next: number, ls: number, terminal: number): void
  gatherWanted(
    data: number,
    width: number,
    index: number,
    rows: number,
    action: number,
    wanted: number,
    la: number,
  ): void
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

/** Whether V8 may fuse pairs of 128-bit operations into AVX2, which trains faster, to the same bits. */
export const revectorises = Number(process.versions.node.split('.')[0]) >= 24

// before the first compilation; Node 20 has relaxed SIMD behind a flag
if (revectorises) setFlagsFromString('--experimental-wasm-revectorize')
else if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd')

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
