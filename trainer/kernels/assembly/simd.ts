/**
 * Four f32 lanes, and the elementary functions on them (Cephes single-precision polynomials, about 1e-7 relative).
 *
 * How to be fused to AVX2: V8 joins two equal operations whose results are stored beside each other. So a loop takes two vectors at a time, and
 * everything is loaded before anything is stored. And constants are loaded: V8 would build one from immediates, several instructions each time.
 */

/* @inline */ export function splat(x: f32): v128 {
  return f32x4.splat(x)
}

/** The number at this address in all lanes. */
/* @inline */ export function all(constant: usize): v128 {
  return v128.load32_splat(constant)
}

export const one = memory.data<f32>([1])
export const two = memory.data<f32>([2])
export const half = memory.data<f32>([0.5])
export const signBit = memory.data<u32>([0x80000000])

/** a * b + c: one rounding with relaxed SIMD on a CPU with FMA, two otherwise */
/* @inline */ export function mad(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)
}

const highest = memory.data<f32>([88.37])
const lowest = memory.data<f32>([-87.33])
const log2e = memory.data<f32>([Mathf.LOG2E])
/** 1.5 2^23: a sum with it is rounded to a whole number, which is then also in its low bits */
const shifter = memory.data<f32>([12582912])
const exponentOfShifter = memory.data<u32>([0x4b400000 - 127])
/** -ln 2 in two parts, the larger with zeros at its end */
const ln2High = memory.data<f32>([0.693359375])
const minusLn2High = memory.data<f32>([-0.693359375])
const minusLn2Low = memory.data<f32>([2.1219444e-4])
const ln2Low = memory.data<f32>([-2.1219444e-4])
const expTerms = memory.data<f32>([
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
])

/** exp, argument clamped to [-87.33, 88.37] so that it stays finite and normal */
/* @inline */ export function exp4(x: v128): v128 {
  x = f32x4.pmin(all(highest), f32x4.pmax(all(lowest), x))
  const shifted = f32x4.add(f32x4.mul(x, all(log2e)), all(shifter))
  const n = f32x4.sub(shifted, all(shifter))
  x = mad(n, all(minusLn2Low), mad(n, all(minusLn2High), x))
  let p = mad(all(expTerms), x, all(expTerms + 4))
  p = mad(p, x, all(expTerms + 8))
  p = mad(p, x, all(expTerms + 12))
  p = mad(p, x, all(expTerms + 16))
  p = mad(p, x, all(expTerms + 20))
  p = f32x4.add(mad(p, f32x4.mul(x, x), x), all(one))
  return f32x4.mul(p, i32x4.shl(i32x4.sub(shifted, all(exponentOfShifter)), 23))
}

const mantissa = memory.data<u32>([0x7fffff])
const exponentOfHalf = memory.data<u32>([0x3f000000])
const exponentBias = memory.data<u32>([126])
const rootHalf = memory.data<f32>([Mathf.SQRT1_2])
export const minusHalf = memory.data<f32>([-0.5])
// biome-ignore format: one polynomial
const logTerms = memory.data<f32>([7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1])

/** natural logarithm of positive normal x */
/* @inline */ export function log4(x: v128): v128 {
  let m = v128.or(v128.and(x, all(mantissa)), all(exponentOfHalf))
  const small = f32x4.lt(m, all(rootHalf))
  const e = f32x4.convert_i32x4_s(i32x4.add(i32x4.sub(i32x4.shr_u(x, 23), all(exponentBias)), small))
  m = f32x4.sub(f32x4.add(m, v128.and(m, small)), all(one))
  const z = f32x4.mul(m, m)
  let p = mad(all(logTerms), m, all(logTerms + 4))
  p = mad(p, m, all(logTerms + 8))
  p = mad(p, m, all(logTerms + 12))
  p = mad(p, m, all(logTerms + 16))
  p = mad(p, m, all(logTerms + 20))
  p = mad(p, m, all(logTerms + 24))
  p = mad(p, m, all(logTerms + 28))
  p = mad(p, m, all(logTerms + 32))
  p = f32x4.mul(f32x4.mul(p, m), z)
  p = mad(e, all(ln2Low), p)
  p = mad(z, all(minusHalf), p)
  return mad(e, all(ln2High), f32x4.add(m, p))
}

/** tanh through exp(2x), which saturates instead of overflowing; absolute error about 1e-7 */
/* @inline */ export function tanh4(x: v128): v128 {
  return f32x4.sub(all(one), f32x4.div(all(two), f32x4.add(all(one), exp4(f32x4.add(x, x)))))
}
