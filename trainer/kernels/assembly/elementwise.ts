/** Elementwise pieces of the step. `bytes` counts are multiples of 32; arrays of the same shape share their stride. */
import { all, exp4, half, mad, splat, tanh4 } from './simd'

const small = memory.data<f32>([1e-8])

/** d = d where h > 0, else 0 */
export function reluGradient(d: usize, h: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 32) {
    const d0 = v128.load(d + i)
    const d1 = v128.load(d + i, 16)
    const h0 = v128.load(h + i)
    const h1 = v128.load(h + i, 16)
    v128.store(d + i, v128.and(d0, f32x4.gt(h0, splat(0))))
    v128.store(d + i, v128.and(d1, f32x4.gt(h1, splat(0))), 16)
  }
}

/** out = x^2 */
export function square(x: usize, out: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 32) {
    const x0 = v128.load(x + i)
    const x1 = v128.load(x + i, 16)
    v128.store(out + i, f32x4.mul(x0, x0))
    v128.store(out + i, f32x4.mul(x1, x1), 16)
  }
}

/** out = |x| */
export function absolute(x: usize, out: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 32) {
    const x0 = v128.load(x + i)
    const x1 = v128.load(x + i, 16)
    v128.store(out + i, f32x4.abs(x0))
    v128.store(out + i, f32x4.abs(x1), 16)
  }
}

/** out = x y */
export function multiply(x: usize, y: usize, out: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 32) {
    const x0 = v128.load(x + i)
    const x1 = v128.load(x + i, 16)
    const y0 = v128.load(y + i)
    const y1 = v128.load(y + i, 16)
    v128.store(out + i, f32x4.mul(x0, y0))
    v128.store(out + i, f32x4.mul(x1, y1), 16)
  }
}

/**
 * Local reparametrisation (Kingma et al. 2015): y = max(floor, y + noise sqrt(variance + 1e-8)). Leaves in `noise` what the backward
 * pass needs, d y / d variance = noise / (2 sd).
 */
export function addNoise(y: usize, noise: usize, variance: usize, bytes: i32, floor: f32): void {
  const low = splat(floor)
  for (let i = 0; i < bytes; i += 32) {
    const y0 = v128.load(y + i)
    const y1 = v128.load(y + i, 16)
    const e0 = v128.load(noise + i)
    const e1 = v128.load(noise + i, 16)
    const sd0 = f32x4.sqrt(f32x4.add(v128.load(variance + i), all(small)))
    const sd1 = f32x4.sqrt(f32x4.add(v128.load(variance + i, 16), all(small)))
    const by0 = f32x4.div(f32x4.mul(all(half), e0), sd0)
    const by1 = f32x4.div(f32x4.mul(all(half), e1), sd1)
    v128.store(y + i, f32x4.pmax(low, mad(e0, sd0, y0)))
    v128.store(y + i, f32x4.pmax(low, mad(e1, sd1, y1)), 16)
    v128.store(noise + i, by0)
    v128.store(noise + i, by1, 16)
  }
}

/** The authors' formula: y = max(floor, y + noise spread), where spread is already the weighted sum of sigma^2 |x| */
export function addNoiseOfficial(y: usize, noise: usize, spread: usize, bytes: i32, floor: f32): void {
  const low = splat(floor)
  for (let i = 0; i < bytes; i += 32) {
    const y0 = v128.load(y + i)
    const y1 = v128.load(y + i, 16)
    const e0 = v128.load(noise + i)
    const e1 = v128.load(noise + i, 16)
    const u0 = v128.load(spread + i)
    const u1 = v128.load(spread + i, 16)
    v128.store(y + i, f32x4.pmax(low, mad(e0, u0, y0)))
    v128.store(y + i, f32x4.pmax(low, mad(e1, u1, y1)), 16)
  }
}

/** d = d + 2 x u where x > 0, else 0: through x^2 and ReLU at once */
export function squareReluGradient(d: usize, u: usize, x: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 32) {
    const d0 = v128.load(d + i)
    const d1 = v128.load(d + i, 16)
    const u0 = v128.load(u + i)
    const u1 = v128.load(u + i, 16)
    const x0 = v128.load(x + i)
    const x1 = v128.load(x + i, 16)
    v128.store(d + i, v128.and(mad(f32x4.add(x0, x0), u0, d0), f32x4.gt(x0, splat(0))))
    v128.store(d + i, v128.and(mad(f32x4.add(x1, x1), u1, d1), f32x4.gt(x1, splat(0))), 16)
  }
}

/** d = d + u where x > 0, else 0: through |x| and ReLU at once */
export function addReluGradient(d: usize, u: usize, x: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 32) {
    const d0 = v128.load(d + i)
    const d1 = v128.load(d + i, 16)
    const u0 = v128.load(u + i)
    const u1 = v128.load(u + i, 16)
    const x0 = v128.load(x + i)
    const x1 = v128.load(x + i, 16)
    v128.store(d + i, v128.and(f32x4.add(u0, d0), f32x4.gt(x0, splat(0))))
    v128.store(d + i, v128.and(f32x4.add(u1, d1), f32x4.gt(x1, splat(0))), 16)
  }
}

/** variance = exp(2 log sigma) + epsilon */
export function variances(logSigma: usize, variance: usize, bytes: i32, epsilon: f32): void {
  const more = splat(epsilon)
  for (let i = 0; i < bytes; i += 32) {
    const l0 = v128.load(logSigma + i)
    const l1 = v128.load(logSigma + i, 16)
    const v0 = f32x4.add(exp4(f32x4.add(l0, l0)), more)
    const v1 = f32x4.add(exp4(f32x4.add(l1, l1)), more)
    v128.store(variance + i, v0)
    v128.store(variance + i, v1, 16)
  }
}

/** z[rows, n] becomes tanh(z), action[rows, n] = middle[n] + range[n] tanh(z) */
export function squash(z: usize, action: usize, l: i32, rows: i32, n: i32, middle: usize, range: usize): void {
  for (let r = 0; r < rows; r++, z += l, action += l) {
    for (let j = 0; j < n * 4; j += 32) {
      const t0 = tanh4(v128.load(z + j))
      const t1 = tanh4(v128.load(z + j, 16))
      const a0 = mad(v128.load(range + j), t0, v128.load(middle + j))
      const a1 = mad(v128.load(range + j, 16), t1, v128.load(middle + j, 16))
      v128.store(z + j, t0)
      v128.store(z + j, t1, 16)
      v128.store(action + j, a0)
      v128.store(action + j, a1, 16)
    }
  }
}

/** action = clamp(action + clamp(sigma noise, -clip, clip) range, middle - range, middle + range): TD3's target smoothing */
export function smooth(
  action: usize,
  noise: usize,
  l: i32,
  rows: i32,
  n: i32,
  middle: usize,
  range: usize,
  sigma: f32,
  clip: f32,
): void {
  for (let r = 0; r < rows; r++, action += l, noise += l) {
    for (let j = 0; j < n * 4; j += 16) {
      const h = v128.load(range + j)
      const m = v128.load(middle + j)
      const e = f32x4.pmin(splat(clip), f32x4.pmax(splat(-clip), f32x4.mul(splat(sigma), v128.load(noise + j))))
      const a = mad(e, h, v128.load(action + j))
      v128.store(action + j, f32x4.pmin(f32x4.add(m, h), f32x4.pmax(f32x4.sub(m, h), a)))
    }
  }
}

/**
 * Gradient of the student's loss at its pre-squash output, in place of `value`:
 * d[rows, n] = (lambda value + clone (action - wanted)) range (1 - tanh^2). Returns the sum of (action - wanted)^2.
 * value[rows, n] is d(-mean Q)/d action, or absent (0).
 */
export function outputGradient(
  value: usize,
  lambda: f32,
  clone: f32,
  action: usize,
  wanted: usize,
  tanh: usize,
  l: i32,
  rows: i32,
  n: i32,
  range: usize,
  d: usize,
): f64 {
  let sum: f64 = 0
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < n; j++) {
      const o = <usize>(r * l + j * 4)
      const error = load<f32>(action + o) - load<f32>(wanted + o)
      const t = load<f32>(tanh + o)
      sum += <f64>(error * error)
      const g = (value ? lambda * load<f32>(value + o) : <f32>0) + clone * error
      store<f32>(d + o, g * load<f32>(range + j * 4) * (1 - t * t))
    }
  }
  return sum
}

/** y[rows] = reward + (1 - terminal) discount min(q1, q2): the clipped double Q target (Fujimoto et al. 2018) */
export function targets(
  reward: usize,
  terminal: usize,
  q1: usize,
  q2: usize,
  rows: i32,
  discount: f32,
  y: usize,
): void {
  for (let i: usize = 0; i < <usize>rows * 4; i += 4) {
    const q = min(load<f32>(q1 + i), load<f32>(q2 + i))
    store<f32>(y + i, load<f32>(reward + i) + (1 - load<f32>(terminal + i)) * discount * q)
  }
}

/** d[rows] = scale (q - y); returns the sum of (q - y)^2 */
export function squaredErrorGradient(q: usize, y: usize, rows: i32, scale: f32, d: usize): f64 {
  let sum: f64 = 0
  for (let i: usize = 0; i < <usize>rows * 4; i += 4) {
    const error = load<f32>(q + i) - load<f32>(y + i)
    sum += <f64>error * <f64>error
    store<f32>(d + i, scale * error)
  }
  return sum
}

/** Sum of x[n] (absolute = 0) or |x[n]| (absolute = 1) */
export function total(x: usize, n: i32, absolute: i32): f64 {
  let sum: f64 = 0
  for (let i: usize = 0; i < <usize>n * 4; i += 4) sum += <f64>(absolute ? abs(load<f32>(x + i)) : load<f32>(x + i))
  return sum
}

export function fill(x: usize, n: i32, value: f32): void {
  for (let i: usize = 0; i < <usize>n * 4; i += 4) store<f32>(x + i, value)
}
