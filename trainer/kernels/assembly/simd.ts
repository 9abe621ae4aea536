/** Four f32 lanes, and the elementary functions on them (Cephes single-precision polynomials, about 1e-7 relative). */

// @ts-ignore: decorator
@inline export function splat(x: f32): v128 { return f32x4.splat(x) }

/** a * b + c: one rounding with relaxed SIMD on a CPU with FMA, two otherwise */
// @ts-ignore: decorator
@inline export function mad(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)
}

/** exp, argument clamped to [-87.33, 88.37] so that it stays finite and normal */
// @ts-ignore: decorator
@inline export function exp4(x: v128): v128 {
  x = f32x4.pmin(splat(88.37), f32x4.pmax(splat(-87.33), x))
  const n = f32x4.nearest(f32x4.mul(x, splat(1.44269504088896341)))
  x = mad(n, splat(2.12194440e-4), mad(n, splat(-0.693359375), x))
  let p = mad(splat(1.9875691500e-4), x, splat(1.3981999507e-3))
  p = mad(p, x, splat(8.3334519073e-3))
  p = mad(p, x, splat(4.1665795894e-2))
  p = mad(p, x, splat(1.6666665459e-1))
  p = mad(p, x, splat(5.0000001201e-1))
  p = f32x4.add(mad(p, f32x4.mul(x, x), x), splat(1))
  return f32x4.mul(p, i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23))
}

/** natural logarithm of positive normal x */
// @ts-ignore: decorator
@inline export function log4(x: v128): v128 {
  let m = v128.or(v128.and(x, i32x4.splat(0x7fffff)), i32x4.splat(0x3f000000))
  const small = f32x4.lt(m, splat(0.707106781186547524))
  const e = f32x4.convert_i32x4_s(i32x4.add(i32x4.sub(i32x4.shr_u(x, 23), i32x4.splat(126)), small))
  m = f32x4.sub(f32x4.add(m, v128.and(m, small)), splat(1))
  const z = f32x4.mul(m, m)
  let p = mad(splat(7.0376836292e-2), m, splat(-1.1514610310e-1))
  p = mad(p, m, splat(1.1676998740e-1))
  p = mad(p, m, splat(-1.2420140846e-1))
  p = mad(p, m, splat(1.4249322787e-1))
  p = mad(p, m, splat(-1.6668057665e-1))
  p = mad(p, m, splat(2.0000714765e-1))
  p = mad(p, m, splat(-2.4999993993e-1))
  p = mad(p, m, splat(3.3333331174e-1))
  p = f32x4.mul(f32x4.mul(p, m), z)
  p = mad(e, splat(-2.12194440e-4), p)
  p = mad(z, splat(-0.5), p)
  return mad(e, splat(0.693359375), f32x4.add(m, p))
}

/** tanh through exp(2x), which saturates instead of overflowing; absolute error about 1e-7 */
// @ts-ignore: decorator
@inline export function tanh4(x: v128): v128 {
  return f32x4.sub(splat(1), f32x4.div(splat(2), f32x4.add(splat(1), exp4(f32x4.add(x, x)))))
}
