// Numbers modulo p = 2^255 - 19. A number is 32 bytes, little endian, 4-byte aligned, anything below 2^256; only `canonical` brings it below
// p. A Cortex-M0+ multiplies 32 x 32 bits to 32, so a product is summed of halves: 16 x 16 bits. Results may lie where an argument does.
// Nothing here is secret, so nothing need take the same time.
import { copy } from '../bytes'

/** scratch: p, then 64 bytes for a product */
export const FIELD_BYTES = 96
const PRODUCT = 32
let scratch: usize = 0

/** at: FIELD_BYTES, 8-byte aligned, for as long as numbers are worked with */
export function useField(at: usize): void {
  scratch = at
  set(at, 0xffffffffffffffed, ~0, ~0, 0x7fffffffffffffff)
}

/** The number of these four words, the least first. */
export function set(out: usize, a: u64, b: u64, c: u64, d: u64): void {
  store<u64>(out, a)
  store<u64>(out, b, 8)
  store<u64>(out, c, 16)
  store<u64>(out, d, 24)
}

/** out + carry * 2^256, brought below 2^256: 2^256 is 38 */
function fold(out: usize, carry: u32): void {
  while (carry) {
    let sum = <u64>carry * 38
    for (let k = 0; k < 32; k += 4) {
      sum += load<u32>(out + k)
      store<u32>(out + k, <u32>sum)
      sum >>= 32
    }
    carry = <u32>sum
  }
}

export function add(out: usize, a: usize, b: usize): void {
  let sum: u64 = 0
  for (let k = 0; k < 32; k += 4) {
    sum += <u64>load<u32>(a + k) + load<u32>(b + k)
    store<u32>(out + k, <u32>sum)
    sum >>= 32
  }
  fold(out, <u32>sum)
}

export function subtract(out: usize, a: usize, b: usize): void {
  // where b was the larger, 2^256 has come in, which is 38 too many
  let borrow = minus(out, a, b)
  while (borrow) {
    let difference: i64 = -38
    for (let k = 0; k < 32; k += 4) {
      difference += load<u32>(out + k)
      store<u32>(out + k, <u32>difference)
      difference >>= 32
    }
    borrow = <u32>-difference
  }
}

/** a - b modulo 2^256; 1: b was the larger */
function minus(out: usize, a: usize, b: usize): u32 {
  let difference: i64 = 0
  for (let k = 0; k < 32; k += 4) {
    difference += <i64>load<u32>(a + k) - load<u32>(b + k)
    store<u32>(out + k, <u32>difference)
    difference >>= 32
  }
  return <u32>-difference
}

export function multiply(out: usize, a: usize, b: usize): void {
  const product = scratch + PRODUCT
  let sum: u64 = 0
  // a column of the product: all pairs of halves whose places add up to it
  for (let column: usize = 0; column <= 60; column += 2) {
    const last: usize = column < 30 ? column : 30
    for (let k: usize = column - (column < 30 ? column : 30); k <= last; k += 2)
      sum += <u32>load<u16>(a + k) * <u32>load<u16>(b + column - k)
    store<u16>(product + column, <u16>sum)
    sum >>= 16
  }
  store<u16>(product, <u16>sum, 62)
  sum = 0
  for (let k = 0; k < 32; k += 4) {
    sum += <u64>load<u32>(product + k) + <u64>load<u32>(product + k, 32) * 38
    store<u32>(out + k, <u32>sum)
    sum >>= 32
  }
  fold(out, <u32>sum)
}

/** a to the power 2^(top + 1) - 1 less the powers of 2 in `zeros` */
export function power(out: usize, a: usize, top: i32, zeros: u32): void {
  copy(out, a, 32)
  while (--top >= 0) {
    multiply(out, out, out)
    if (top >= 32 || !((zeros >> top) & 1)) multiply(out, out, a)
  }
}

/** 1 / a, as a^(p - 2) */
export function invert(out: usize, a: usize): void {
  power(out, a, 254, (1 << 2) | (1 << 4))
}

/** Below p. */
export function canonical(a: usize): void {
  while (reduceOnce(a, scratch)) {}
}

/** Whether a was not below the modulus; then it is less by it. */
export function reduceOnce(a: usize, modulus: usize): bool {
  if (below(a, modulus)) return false
  minus(a, a, modulus)
  return true
}

/** Whether a < b, as numbers of 256 bits. */
export function below(a: usize, b: usize): bool {
  for (let k = 28; k >= 0; k -= 4) {
    const x = load<u32>(a + k)
    const y = load<u32>(b + k)
    if (x != y) return x < y
  }
  return false
}

/** Whether a is 0 modulo p; brings it below p. */
export function isZero(a: usize): bool {
  canonical(a)
  let bits: u32 = 0
  for (let k = 0; k < 32; k += 4) bits |= load<u32>(a + k)
  return bits == 0
}

/** Whether a number is one of a field's: below p. */
export function isCanonical(a: usize): bool {
  return below(a, scratch)
}
