/** Adam (Kingma, Ba 2015) with the gradient of the KL term fused in, and Polyak averages. Regions of `bytes`, a multiple of 32. */
import { all, exp4, half, log4, mad, one, signBit, splat, two } from './simd'

const tenth = memory.data<f32>([0.1])
const thousandth = memory.data<f32>([0.001])
const rest = memory.data<f32>([0.999])
const epsilon = memory.data<f32>([1e-8])

/** Adam's first moment after gradient g */
/* @inline */ function mean4(m: v128, g: v128): v128 {
  return mad(f32x4.sub(g, m), all(tenth), m)
}

/** and its second */
/* @inline */ function square4(v: v128, g: v128): v128 {
  return mad(f32x4.mul(g, g), all(thousandth), f32x4.mul(v, all(rest)))
}

/** p after the update; step = lr / (1 - 0.9^t), root = 1 / sqrt(1 - 0.999^t) */
/* @inline */ function moved4(p: v128, mean: v128, square: v128, step: v128, root: v128): v128 {
  return f32x4.sub(p, f32x4.div(f32x4.mul(step, mean), mad(f32x4.sqrt(square), root, all(epsilon))))
}

/** Where a batch is in two parts, the second's gradients lie `apart` bytes from the first's; 0: there is one part. All bits set, or none. */
/* @inline */ function ifApart(apart: usize): v128 {
  return i32x4.splat(apart ? -1 : 0)
}

/** The gradient of the whole batch. */
/* @inline */ function sum4(first: v128, second: v128, counts: v128): v128 {
  return f32x4.add(first, v128.and(second, counts))
}

export function adam(p: usize, m: usize, v: usize, g: usize, apart: usize, bytes: i32, step: f32, root: f32): void {
  const a = splat(step)
  const b = splat(root)
  const counts = ifApart(apart)
  for (const end = p + bytes; p < end; p += 32, m += 32, v += 32, g += 32) {
    const g0 = sum4(v128.load(g), v128.load(g + apart), counts)
    const g1 = sum4(v128.load(g, 16), v128.load(g + apart, 16), counts)
    const m0 = mean4(v128.load(m), g0)
    const m1 = mean4(v128.load(m, 16), g1)
    const v0 = square4(v128.load(v), g0)
    const v1 = square4(v128.load(v, 16), g1)
    const p0 = moved4(v128.load(p), m0, v0, a, b)
    const p1 = moved4(v128.load(p, 16), m1, v1, a, b)
    v128.store(m, m0)
    v128.store(m, m1, 16)
    v128.store(v, v0)
    v128.store(v, v1, 16)
    v128.store(p, p0)
    v128.store(p, p1, 16)
  }
}

/** target += tau (p - target) */
export function polyak(p: usize, target: usize, bytes: i32, tau: f32): void {
  const share = splat(tau)
  for (const end = p + bytes; p < end; p += 32, target += 32) {
    const t0 = v128.load(target)
    const t1 = v128.load(target, 16)
    const p0 = v128.load(p)
    const p1 = v128.load(p, 16)
    v128.store(target, mad(f32x4.sub(p0, t0), share, t0))
    v128.store(target, mad(f32x4.sub(p1, t1), share, t1), 16)
  }
}

const ten = memory.data<f32>([10])
const tiny = memory.data<f32>([1e-16])
const minusK2 = memory.data<f32>([-1.8732])
const minusK3 = memory.data<f32>([-1.48695])
const k1k3 = memory.data<f32>([0.63576 * 1.48695])

/** |theta|, never zero */
/* @inline */ function size4(theta: v128): v128 {
  return f32x4.add(f32x4.abs(theta), all(tiny))
}

/**
 * Gradient by log sigma of eta KL; weight: -2 eta (Molchanov et al. 2017)
 *
 *   KL = -k1 sigmoid(k2 + k3 la) + 0.5 log(1 + exp(-la)),  la = clip(2 log sigma - 2 log|theta|, -10, 10)
 *   dKL/dla = -k1 k3 s (1 - s) - 0.5 sigmoid(-la)
 */
/* @inline */ function klByLogSigma4(theta: v128, logSigma: v128, weight: v128): v128 {
  const la = f32x4.mul(all(two), f32x4.sub(logSigma, log4(size4(theta))))
  const inside = f32x4.le(f32x4.abs(la), all(ten))
  const s = f32x4.div(all(one), f32x4.add(all(one), exp4(mad(la, all(minusK3), all(minusK2)))))
  const sigmoid = f32x4.div(all(half), f32x4.add(all(one), exp4(la)))
  const slope = mad(f32x4.mul(s, f32x4.sub(all(one), s)), all(k1k3), sigmoid)
  return v128.and(inside, f32x4.mul(slope, weight))
}

/** The same by theta: la falls as |theta| grows, d la / d theta = -2 sign(theta) / |theta| */
/* @inline */ function klByTheta4(theta: v128, byLogSigma: v128): v128 {
  return f32x4.neg(v128.xor(f32x4.div(byLogSigma, size4(theta)), v128.and(theta, all(signBit))))
}

/** d sigma^2 / d log sigma = 2 sigma^2 */
/* @inline */ function throughVariance4(byVariance: v128, logSigma: v128, kl: v128): v128 {
  const variance = exp4(f32x4.add(logSigma, logSigma))
  return mad(byVariance, f32x4.add(variance, variance), kl)
}

/**
 * One update of variational weights: theta and log sigma, each with its moments, from the gradients by theta (g) and by sigma^2 (gv) and the
 * KL term with weight `kl`.
 */
export function variationalAdam(
  theta: usize,
  m: usize,
  v: usize,
  logSigma: usize,
  ms: usize,
  vs: usize,
  g: usize,
  gv: usize,
  apart: usize,
  bytes: i32,
  step: f32,
  root: f32,
  kl: f32,
): void {
  const a = splat(step)
  const b = splat(root)
  const weight = splat(-2 * kl)
  const counts = ifApart(apart)
  for (
    const end = theta + bytes;
    theta < end;
    theta += 32, m += 32, v += 32, logSigma += 32, ms += 32, vs += 32, g += 32, gv += 32
  ) {
    const w0 = v128.load(theta)
    const w1 = v128.load(theta, 16)
    const l0 = v128.load(logSigma)
    const l1 = v128.load(logSigma, 16)
    const kl0 = klByLogSigma4(w0, l0, weight)
    const kl1 = klByLogSigma4(w1, l1, weight)
    const g0 = f32x4.add(sum4(v128.load(g), v128.load(g + apart), counts), klByTheta4(w0, kl0))
    const g1 = f32x4.add(sum4(v128.load(g, 16), v128.load(g + apart, 16), counts), klByTheta4(w1, kl1))
    const h0 = throughVariance4(sum4(v128.load(gv), v128.load(gv + apart), counts), l0, kl0)
    const h1 = throughVariance4(sum4(v128.load(gv, 16), v128.load(gv + apart, 16), counts), l1, kl1)
    const m0 = mean4(v128.load(m), g0)
    const m1 = mean4(v128.load(m, 16), g1)
    const v0 = square4(v128.load(v), g0)
    const v1 = square4(v128.load(v, 16), g1)
    const ms0 = mean4(v128.load(ms), h0)
    const ms1 = mean4(v128.load(ms, 16), h1)
    const vs0 = square4(v128.load(vs), h0)
    const vs1 = square4(v128.load(vs, 16), h1)
    const t0 = moved4(w0, m0, v0, a, b)
    const t1 = moved4(w1, m1, v1, a, b)
    const s0 = moved4(l0, ms0, vs0, a, b)
    const s1 = moved4(l1, ms1, vs1, a, b)
    v128.store(m, m0)
    v128.store(m, m1, 16)
    v128.store(v, v0)
    v128.store(v, v1, 16)
    v128.store(ms, ms0)
    v128.store(ms, ms1, 16)
    v128.store(vs, vs0)
    v128.store(vs, vs1, 16)
    v128.store(theta, t0)
    v128.store(theta, t1, 16)
    v128.store(logSigma, s0)
    v128.store(logSigma, s1, 16)
  }
}

/** The proximal step of L1: theta = sign(theta) max(0, |theta| - amount) */
export function shrink(theta: usize, bytes: i32, amount: f32): void {
  const by = splat(amount)
  for (const end = theta + bytes; theta < end; theta += 16) {
    const w = v128.load(theta)
    const size = f32x4.max(splat(0), f32x4.sub(f32x4.abs(w), by))
    v128.store(theta, v128.or(size, v128.and(w, all(signBit))))
  }
}

/** theta = theta mask */
export function applyMask(theta: usize, mask: usize, bytes: i32): void {
  for (const end = theta + bytes; theta < end; theta += 32, mask += 32) {
    const w0 = v128.load(theta)
    const w1 = v128.load(theta, 16)
    const m0 = v128.load(mask)
    const m1 = v128.load(mask, 16)
    v128.store(theta, f32x4.mul(w0, m0))
    v128.store(theta, f32x4.mul(w1, m1), 16)
  }
}
