/** Four xorshift128 generators side by side (Marsaglia 2003); state: 64 bytes, seeded by the driver. */
import { all, log4, mad, minusHalf, one } from './simd'

/* @inline */ function next(state: usize): v128 {
  let t = v128.load(state)
  const w = v128.load(state, 48)
  t = v128.xor(t, i32x4.shl(t, 11))
  v128.store(state, v128.load(state, 16))
  v128.store(state, v128.load(state, 32), 16)
  v128.store(state, w, 32)
  t = v128.xor(v128.xor(w, i32x4.shr_u(w, 19)), v128.xor(t, i32x4.shr_u(t, 8)))
  v128.store(state, t, 48)
  return t
}

/** n uniform indices in [0, range) at out, u32; n a multiple of 4 */
export function indices(state: usize, out: usize, n: i32, range: u32): void {
  for (const end = out + n * 4; out < end; out += 16) {
    const u = next(state)
    store<u32>(out, <u32>((<u64>(<u32>i32x4.extract_lane(u, 0)) * range) >> 32))
    store<u32>(out, <u32>((<u64>(<u32>i32x4.extract_lane(u, 1)) * range) >> 32), 4)
    store<u32>(out, <u32>((<u64>(<u32>i32x4.extract_lane(u, 2)) * range) >> 32), 8)
    store<u32>(out, <u32>((<u64>(<u32>i32x4.extract_lane(u, 3)) * range) >> 32), 12)
  }
}

const minusTwo = memory.data<f32>([-2])
/** 2^-24 */
const perDraw = memory.data<f32>([5.9604645e-8])
/** pi / 4 2^-23 */
const quarterPiPerDraw = memory.data<f32>([9.3622665e-8])
const sinTerms = memory.data<f32>([-1.9515296e-4, 8.3321609e-3, -1.6666655e-1])
const cosTerms = memory.data<f32>([2.4433157e-5, -1.3887316e-3, 4.1666646e-2])

/** sqrt(-2 log u), u in (0, 1] of the draw */
/* @inline */ function radius4(draw: v128): v128 {
  const u = mad(f32x4.convert_i32x4_s(i32x4.shr_u(draw, 8)), all(perDraw), all(perDraw))
  return f32x4.sqrt(f32x4.mul(all(minusTwo), log4(u)))
}

/** in [-pi/4, pi/4) */
/* @inline */ function angle4(draw: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_s(draw, 8)), all(quarterPiPerDraw))
}

/* @inline */ function sin4(t: v128): v128 {
  const q = f32x4.mul(t, t)
  const p = mad(q, mad(q, mad(q, all(sinTerms), all(sinTerms + 4)), all(sinTerms + 8)), all(one))
  return f32x4.mul(t, p)
}

/** with the sign that the draw's lowest bit says */
/* @inline */ function cos4(t: v128, draw: v128): v128 {
  const q = f32x4.mul(t, t)
  const p = mad(q, mad(q, mad(q, all(cosTerms), all(cosTerms + 4)), all(cosTerms + 8)), all(minusHalf))
  return v128.xor(mad(q, p, all(one)), i32x4.shl(draw, 31))
}

/** all bits set where the two normals change places: the draw's second lowest bit */
/* @inline */ function quarter4(draw: v128): v128 {
  return i32x4.shr_s(i32x4.shl(draw, 30), 31)
}

/**
 * n standard normals at out, f32; n a multiple of 16. Box-Muller: radius from one draw, angle from the next. The angle is drawn in
 * [-pi/4, pi/4), where short polynomials are exact to f32, and turned by a random sign and a random quarter.
 */
export function normals(state: usize, out: usize, n: i32): void {
  let x = v128.load(state)
  let y = v128.load(state, 16)
  let z = v128.load(state, 32)
  let w = v128.load(state, 48)
  for (const end = out + n * 4; out < end; out += 64) {
    // four draws: after four the state has turned once
    x = v128.xor(x, i32x4.shl(x, 11))
    x = v128.xor(v128.xor(w, i32x4.shr_u(w, 19)), v128.xor(x, i32x4.shr_u(x, 8)))
    y = v128.xor(y, i32x4.shl(y, 11))
    y = v128.xor(v128.xor(x, i32x4.shr_u(x, 19)), v128.xor(y, i32x4.shr_u(y, 8)))
    z = v128.xor(z, i32x4.shl(z, 11))
    z = v128.xor(v128.xor(y, i32x4.shr_u(y, 19)), v128.xor(z, i32x4.shr_u(z, 8)))
    w = v128.xor(w, i32x4.shl(w, 11))
    w = v128.xor(v128.xor(z, i32x4.shr_u(z, 19)), v128.xor(w, i32x4.shr_u(w, 8)))
    const r0 = radius4(x)
    const r1 = radius4(z)
    const t0 = angle4(y)
    const t1 = angle4(w)
    const c0 = f32x4.mul(r0, cos4(t0, y))
    const c1 = f32x4.mul(r1, cos4(t1, w))
    const d0 = f32x4.mul(r0, sin4(t0))
    const d1 = f32x4.mul(r1, sin4(t1))
    const q0 = quarter4(y)
    const q1 = quarter4(w)
    v128.store(out, v128.bitselect(d0, c0, q0))
    v128.store(out, v128.bitselect(c0, d0, q0), 16)
    v128.store(out, v128.bitselect(d1, c1, q1), 32)
    v128.store(out, v128.bitselect(c1, d1, q1), 48)
  }
  v128.store(state, x)
  v128.store(state, y, 16)
  v128.store(state, z, 32)
  v128.store(state, w, 48)
}
