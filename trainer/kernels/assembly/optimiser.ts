/** Adam (Kingma, Ba 2015) with the gradient of the KL term fused in, and Polyak averages. Regions of `bytes`, a multiple of 16. */
import { exp4, log4, mad, splat } from './simd'

/** step = lr / (1 - 0.9^t), root = 1 / sqrt(1 - 0.999^t) */
// @ts-ignore: decorator
@inline function adam4(p: usize, m: usize, v: usize, g: v128, step: v128, root: v128): v128 {
  const mean = mad(f32x4.sub(g, v128.load(m)), splat(0.1), v128.load(m))
  const square = mad(f32x4.mul(g, g), splat(0.001), f32x4.mul(v128.load(v), splat(0.999)))
  v128.store(m, mean)
  v128.store(v, square)
  const x = f32x4.sub(v128.load(p), f32x4.div(f32x4.mul(step, mean), mad(f32x4.sqrt(square), root, splat(1e-8))))
  v128.store(p, x)
  return x
}

/** The gradient of the whole batch: the chunks' in a fixed order; they lie `apart` bytes from each other. */
// @ts-ignore: decorator
@inline function gradient4(g: usize, chunks: i32, apart: i32): v128 {
  let sum = v128.load(g)
  for (let k = 1; k < chunks; k++) sum = f32x4.add(sum, v128.load(g + k * apart))
  return sum
}

export function adam(p: usize, m: usize, v: usize, g: usize, chunks: i32, apart: i32, bytes: i32, step: f32, root: f32): void {
  for (let i = 0; i < bytes; i += 16) adam4(p + i, m + i, v + i, gradient4(g + i, chunks, apart), splat(step), splat(root))
}

/** target += tau (p - target) */
export function polyak(p: usize, target: usize, bytes: i32, tau: f32): void {
  for (let i = 0; i < bytes; i += 16) {
    const t = v128.load(target + i)
    v128.store(target + i, mad(f32x4.sub(v128.load(p + i), t), splat(tau), t))
  }
}

/**
 * One update of variational weights: theta and log sigma, each with its moments, from the gradients by theta and by sigma^2
 * and the KL term with weight `kl`:
 *
 *   KL = -k1 sigmoid(k2 + k3 la) + 0.5 log(1 + exp(-la)),  la = clip(2 log sigma - 2 log|theta|, -10, 10)   (Molchanov et al. 2017)
 *   dKL/dla = -k1 k3 s (1 - s) - 0.5 sigmoid(-la)
 */
export function variationalAdam(theta: usize, m: usize, v: usize, logSigma: usize, ms: usize, vs: usize, g: usize, gv: usize, chunks: i32, apart: i32, bytes: i32, step: f32, root: f32, kl: f32): void {
  const a = splat(step)
  const b = splat(root)
  const weight = splat(-2 * kl)
  const sign = i32x4.splat(0x80000000)
  for (let i = 0; i < bytes; i += 16) {
    const w = v128.load(theta + i)
    const l = v128.load(logSigma + i)
    const size = f32x4.add(f32x4.abs(w), splat(1e-16))
    const la = f32x4.mul(splat(2), f32x4.sub(l, log4(size)))
    const inside = f32x4.le(f32x4.abs(la), splat(10))
    const s = f32x4.div(splat(1), f32x4.add(splat(1), exp4(mad(la, splat(-1.48695), splat(-1.8732)))))
    const half = f32x4.div(splat(0.5), f32x4.add(splat(1), exp4(la)))
    const slope = mad(f32x4.mul(s, f32x4.sub(splat(1), s)), splat(0.63576 * 1.48695), half)
    const byLogSigma = v128.and(inside, f32x4.mul(slope, weight))
    // la falls as |theta| grows: d la / d theta = -2 sign(theta) / |theta|
    const byTheta = f32x4.neg(v128.xor(f32x4.div(byLogSigma, size), v128.and(w, sign)))
    const variance = exp4(f32x4.add(l, l))
    const gs = mad(gradient4(gv + i, chunks, apart), f32x4.add(variance, variance), byLogSigma)
    adam4(theta + i, m + i, v + i, f32x4.add(gradient4(g + i, chunks, apart), byTheta), a, b)
    adam4(logSigma + i, ms + i, vs + i, gs, a, b)
  }
}

/** The proximal step of L1: theta = sign(theta) max(0, |theta| - amount) */
export function shrink(theta: usize, bytes: i32, amount: f32): void {
  const sign = i32x4.splat(0x80000000)
  for (let i = 0; i < bytes; i += 16) {
    const w = v128.load(theta + i)
    const size = f32x4.max(splat(0), f32x4.sub(f32x4.abs(w), splat(amount)))
    v128.store(theta + i, v128.or(size, v128.and(w, sign)))
  }
}

/** theta = theta mask */
export function applyMask(theta: usize, mask: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 16) v128.store(theta + i, f32x4.mul(v128.load(theta + i), v128.load(mask + i)))
}
