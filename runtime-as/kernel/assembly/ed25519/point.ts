// Points of the curve -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032, 5.1): X, Y, Z, T of 32 bytes each, x = X / Z, y = Y / Z, x y = T / Z.
import { copy, fill } from '../bytes'
import { add, canonical, invert, isCanonical, isZero, multiply, power, set, subtract } from './field'

const Y = 32
const Z = 64
const T = 96
export const POINT_BYTES = 128
/** scratch: 2 d, then eight numbers of 32 bytes */
export const POINT_SCRATCH = 288
let scratch: usize = 0

/** at: POINT_SCRATCH bytes, 8-byte aligned */
export function usePoints(at: usize): void {
  scratch = at
  set(at, 0xebd69b9426b2f159, 0x00e0149a8283b156, 0x198e80f2eef3d130, 0x2406d9dc56dffce7)
}

function one(out: usize): void {
  set(out, 1, 0, 0, 0)
}

/** The neutral point: x 0, y 1. */
export function neutral(out: usize): void {
  fill(out, out + POINT_BYTES, 0)
  one(out + Y)
  one(out + Z)
}

/** The point that all are multiples of, which has y 4 / 5 and an even x. */
export function base(out: usize): void {
  set(out, 0xc9562d608f25d51a, 0x692cc7609525a7b2, 0xc0a4e231fdd6dc5c, 0x216936d3cd6e53fe)
  set(out + Y, 0x6666666666666658, 0x6666666666666666, 0x6666666666666666, 0x6666666666666666)
  one(out + Z)
  multiply(out + T, out, out + Y)
}

/** Any two points, also the same twice; out may be one of them. (Hisil, Wong, Carter, Dawson 2008, 3.1; RFC 8032, 5.1.4.) */
export function addPoints(out: usize, p: usize, q: usize): void {
  const a = scratch + 32
  const b = a + 32
  const c = b + 32
  const d = c + 32
  const e = d + 32
  subtract(a, p + Y, p)
  subtract(e, q + Y, q)
  multiply(a, a, e)
  add(b, p + Y, p)
  add(e, q + Y, q)
  multiply(b, b, e)
  multiply(c, p + T, q + T)
  multiply(c, c, scratch)
  multiply(d, p + Z, q + Z)
  add(d, d, d)
  subtract(e, b, a)
  add(a, a, b) // h
  subtract(b, d, c) // f
  add(d, d, c) // g
  multiply(out, e, b)
  multiply(out + Y, d, a)
  multiply(out + Z, b, d)
  multiply(out + T, e, a)
}

/** A point's 32 bytes: y, and in the last bit whether x is odd. */
export function encode(out: usize, p: usize): void {
  const x = scratch + 32
  const inverse = x + 32
  invert(inverse, p + Z)
  multiply(x, p, inverse)
  canonical(x)
  multiply(out, p + Y, inverse)
  canonical(out)
  store<u8>(out, load<u8>(out, 31) | (load<u8>(x) << 7), 31)
}

/** The opposite (-x, y) of the point of these 32 bytes (4-byte aligned). False: they are none (RFC 8032, 5.1.3). */
export function decodeNegated(out: usize, bytes: usize): bool {
  const x = out
  const y = out + Y
  const u = scratch + 32
  const v = u + 32
  const w = v + 32
  copy(y, bytes, 32)
  const odd = load<u8>(y, 31) >> 7
  store<u8>(y, load<u8>(y, 31) & 127, 31)
  if (!isCanonical(y)) return false
  one(out + Z)
  // x^2 = u / v = (y^2 - 1) / (d y^2 + 1); d is half of 2 d, so both are taken twice
  multiply(u, y, y)
  multiply(v, u, scratch)
  subtract(u, u, out + Z)
  add(u, u, u)
  add(v, v, out + Z)
  add(v, v, out + Z)
  // a root, if there is one, is u v^3 (u v^7)^((p - 5) / 8), or that times a root of -1
  multiply(x, v, v)
  multiply(x, x, v)
  multiply(w, x, x)
  multiply(w, w, v)
  multiply(w, w, u)
  multiply(x, x, u)
  power(out + T, w, 251, 1 << 1)
  multiply(x, x, out + T)
  multiply(w, x, x)
  multiply(w, w, v)
  subtract(v, w, u)
  if (!isZero(v)) {
    add(v, w, u)
    if (!isZero(v)) return false
    set(w, 0xc4ee1b274a0ea0b0, 0x2f431806ad2fe478, 0x2b4d00993dfbd7a7, 0x2b8324804fc1df0b)
    multiply(x, x, w)
  }
  // zero has no odd opposite
  if (isZero(x)) {
    if (odd) return false
  } else if ((load<u8>(x) & 1) == odd) {
    fill(w, w + 32, 0)
    subtract(x, w, x)
  }
  multiply(out + T, x, y)
  return true
}
