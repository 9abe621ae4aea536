const SIZE: u32 = 0x7fffffff
const INFINITY: u32 = 0x7f800000
const ONE: u32 = 0x3f800000
/** 9.01 */
const LIMIT: u32 = 0x411028f6

/**
 * tanh in f32 alone: x P(x^2) / Q(x^2), a relative minimax fit of tanh(x) / x on [0, 9.01] (Lawson iteration, degrees 4 and 4, both
 * polynomials 1 at 0, so that small x comes back exactly). At most 6.1 ULP from tanh. From 9.01 on tanh rounds to 1. Odd; NaN gives NaN.
 */
export function tanhf(x: f32): f32 {
  // sizes are compared by their bits, which costs little without an FPU; those of NaN lie above infinity's
  if ((reinterpret<u32>(x) & SIZE) - LIMIT - 1 < INFINITY - LIMIT) return <i32>reinterpret<u32>(x) < 0 ? -1 : 1
  const u = x * x
  let p: f32 = <f32>1.340209117424589e-8 * u + <f32>2.0648577378709445e-5
  p = p * u + <f32>3.498229365306233e-3
  p = p * u + <f32>0.1338333597210577
  p = p * u + <f32>1
  let q: f32 = <f32>7.797506502171277e-7 * u + <f32>3.289781681268197e-4
  q = q * u + <f32>2.5887293464343396e-2
  q = q * u + <f32>0.4671665733907456
  q = q * u + <f32>1
  const y = (x * p) / q
  if ((reinterpret<u32>(y) & SIZE) - ONE - 1 < INFINITY - ONE) return <i32>reinterpret<u32>(y) < 0 ? -1 : 1
  return y
}

export function tanhRows(y: usize, rows: u32): void {
  const end = y + ((<usize>rows) << 2)
  for (; y < end; y += 4) store<f32>(y, tanhf(load<f32>(y)))
}
