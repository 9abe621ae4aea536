/** Four xorshift128 generators side by side (Marsaglia 2003); state: 64 bytes, seeded by the driver. */
import { log4, mad, splat } from './simd'

// @ts-ignore: decorator
@inline function next(state: usize): v128 {
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
    store<u32>(out, <u32>((<u64><u32>i32x4.extract_lane(u, 0) * range) >> 32))
    store<u32>(out, <u32>((<u64><u32>i32x4.extract_lane(u, 1) * range) >> 32), 4)
    store<u32>(out, <u32>((<u64><u32>i32x4.extract_lane(u, 2) * range) >> 32), 8)
    store<u32>(out, <u32>((<u64><u32>i32x4.extract_lane(u, 3) * range) >> 32), 12)
  }
}

/**
 * n standard normals at out, f32; n a multiple of 8. Box-Muller: radius from one draw, angle from the next. The angle is drawn in
 * [-pi/4, pi/4), where short polynomials are exact to f32, and turned by a random sign and a random quarter.
 */
export function normals(state: usize, out: usize, n: i32): void {
  let x = v128.load(state)
  let y = v128.load(state, 16)
  let z = v128.load(state, 32)
  let w = v128.load(state, 48)
  for (const end = out + n * 4; out < end; out += 32) {
    x = v128.xor(x, i32x4.shl(x, 11))
    const a = v128.xor(v128.xor(w, i32x4.shr_u(w, 19)), v128.xor(x, i32x4.shr_u(x, 8)))
    y = v128.xor(y, i32x4.shl(y, 11))
    const b = v128.xor(v128.xor(a, i32x4.shr_u(a, 19)), v128.xor(y, i32x4.shr_u(y, 8)))
    x = z
    y = w
    z = a
    w = b
    const u = mad(f32x4.convert_i32x4_s(i32x4.shr_u(a, 8)), splat(5.9604645e-8), splat(5.9604645e-8)) // (0, 1]
    const radius = f32x4.sqrt(f32x4.mul(splat(-2), log4(u)))
    const t = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_s(b, 8)), splat(9.3622665e-8)) // [-pi/4, pi/4)
    const q = f32x4.mul(t, t)
    const sin = f32x4.mul(t, mad(q, mad(q, mad(q, splat(-1.9515296e-4), splat(8.3321609e-3)), splat(-1.6666655e-1)), splat(1)))
    const cos = mad(q, mad(q, mad(q, mad(q, splat(2.4433157e-5), splat(-1.3887316e-3)), splat(4.1666646e-2)), splat(-0.5)), splat(1))
    const c = f32x4.mul(radius, v128.xor(cos, i32x4.shl(b, 31)))
    const d = f32x4.mul(radius, sin)
    const quarter = i32x4.shr_s(i32x4.shl(b, 30), 31)
    v128.store(out, v128.bitselect(d, c, quarter))
    v128.store(out, v128.bitselect(c, d, quarter), 16)
  }
  v128.store(state, x)
  v128.store(state, y, 16)
  v128.store(state, z, 32)
  v128.store(state, w, 48)
}
