/**
 * The bits of max(a, 0): cleared when negative, kept when NaN of either sign, without a branch. Adding 0x7fffff moves negative NaNs,
 * and only them, past the sign bit. The sign of a NaN differs between processors, so it must not decide anything.
 */
/* @inline */ export function reluBits(a: f32): i32 {
  const bits = reinterpret<i32>(a)
  return bits & ~((bits & (bits + 0x7fffff)) >> 31)
}

export function reluRows(y: usize, rows: u32): void {
  const end = y + ((<usize>rows) << 2)
  for (; y < end; y += 4) store<i32>(y, reluBits(load<f32>(y)))
}
