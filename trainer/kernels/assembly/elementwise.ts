/** Elementwise pieces of the step. `bytes` counts are multiples of 16; arrays of the same shape share their stride. */
import { exp4, mad, splat, tanh4 } from './simd'

/** d = d where h > 0, else 0 */
export function reluGradient(d: usize, h: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 16) v128.store(d + i, v128.and(v128.load(d + i), f32x4.gt(v128.load(h + i), splat(0))))
}

/** out = x^2 */
export function square(x: usize, out: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 16) v128.store(out + i, f32x4.mul(v128.load(x + i), v128.load(x + i)))
}

/** out = |x| */
export function absolute(x: usize, out: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 16) v128.store(out + i, f32x4.abs(v128.load(x + i)))
}

/** out = x y */
export function multiply(x: usize, y: usize, out: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 16) v128.store(out + i, f32x4.mul(v128.load(x + i), v128.load(y + i)))
}

/**
 * Local reparametrisation (Kingma et al. 2015): y = max(floor, y + noise sqrt(variance + 1e-8)). Leaves in `noise` what the backward
 * pass needs, d y / d variance = noise / (2 sd).
 */
export function addNoise(y: usize, noise: usize, variance: usize, bytes: i32, floor: f32): void {
  const low = splat(floor)
  for (let i = 0; i < bytes; i += 16) {
    const sd = f32x4.sqrt(f32x4.add(v128.load(variance + i), splat(1e-8)))
    const e = v128.load(noise + i)
    v128.store(y + i, f32x4.pmax(low, mad(e, sd, v128.load(y + i))))
    v128.store(noise + i, f32x4.div(f32x4.mul(splat(0.5), e), sd))
  }
}

/** The authors' formula: y = max(floor, y + noise spread), where spread is already the weighted sum of sigma^2 |x| */
export function addNoiseOfficial(y: usize, noise: usize, spread: usize, bytes: i32, floor: f32): void {
  const low = splat(floor)
  for (let i = 0; i < bytes; i += 16) v128.store(y + i, f32x4.pmax(low, mad(v128.load(noise + i), v128.load(spread + i), v128.load(y + i))))
}

/** d = d + 2 x u where x > 0, else 0: through x^2 and ReLU at once */
export function squareReluGradient(d: usize, u: usize, x: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 16) {
    const v = v128.load(x + i)
    v128.store(d + i, v128.and(mad(f32x4.add(v, v), v128.load(u + i), v128.load(d + i)), f32x4.gt(v, splat(0))))
  }
}

/** d = d + u where x > 0, else 0: through |x| and ReLU at once */
export function addReluGradient(d: usize, u: usize, x: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 16) {
    v128.store(d + i, v128.and(f32x4.add(v128.load(u + i), v128.load(d + i)), f32x4.gt(v128.load(x + i), splat(0))))
  }
}

/** variance = exp(2 log sigma) + epsilon */
export function variances(logSigma: usize, variance: usize, bytes: i32, epsilon: f32): void {
  for (let i = 0; i < bytes; i += 16) {
    const l = v128.load(logSigma + i)
    v128.store(variance + i, f32x4.add(exp4(f32x4.add(l, l)), splat(epsilon)))
  }
}

/** z[rows, n] becomes tanh(z), action[rows, n] = middle[n] + half[n] tanh(z) */
export function squash(z: usize, action: usize, l: i32, rows: i32, n: i32, middle: usize, half: usize): void {
  const end = ((n + 15) & ~15) * 4
  for (let r = 0; r < rows; r++, z += l, action += l) {
    for (let j: usize = 0; j < <usize>end; j += 16) {
      const t = tanh4(v128.load(z + j))
      v128.store(z + j, t)
      v128.store(action + j, mad(v128.load(half + j), t, v128.load(middle + j)))
    }
  }
}

/** action = clamp(action + clamp(sigma noise, -clip, clip) half, middle - half, middle + half): TD3's target smoothing */
export function smooth(action: usize, noise: usize, l: i32, rows: i32, n: i32, middle: usize, half: usize, sigma: f32, clip: f32): void {
  const end = ((n + 15) & ~15) * 4
  for (let r = 0; r < rows; r++, action += l, noise += l) {
    for (let j: usize = 0; j < <usize>end; j += 16) {
      const h = v128.load(half + j)
      const m = v128.load(middle + j)
      const e = f32x4.pmin(splat(clip), f32x4.pmax(splat(-clip), f32x4.mul(splat(sigma), v128.load(noise + j))))
      const a = mad(e, h, v128.load(action + j))
      v128.store(action + j, f32x4.pmin(f32x4.add(m, h), f32x4.pmax(f32x4.sub(m, h), a)))
    }
  }
}

/**
 * Gradient of the student's loss at its pre-squash output, in place of `value`:
 * d[rows, n] = (lambda value + clone (action - wanted)) half (1 - tanh^2). Returns the sum of (action - wanted)^2.
 * value[rows, n] is d(-mean Q)/d action, or absent (0).
 */
export function outputGradient(value: usize, lambda: f32, clone: f32, action: usize, wanted: usize, tanh: usize, l: i32, rows: i32, n: i32, half: usize, d: usize): f64 {
  let sum: f64 = 0
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < n; j++) {
      const o = <usize>(r * l + j * 4)
      const error = load<f32>(action + o) - load<f32>(wanted + o)
      const t = load<f32>(tanh + o)
      sum += <f64>(error * error)
      const g = (value ? lambda * load<f32>(value + o) : <f32>0) + clone * error
      store<f32>(d + o, g * load<f32>(half + j * 4) * (1 - t * t))
    }
  }
  return sum
}

/** y[rows] = reward + (1 - terminal) discount min(q1, q2): the clipped double Q target (Fujimoto et al. 2018) */
export function targets(reward: usize, terminal: usize, q1: usize, q2: usize, rows: i32, discount: f32, y: usize): void {
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

/** Copies `width` bytes of every row. */
export function copyColumns(from: usize, lf: i32, to: usize, lt: i32, rows: i32, width: i32): void {
  for (let r = 0; r < rows; r++, from += lf, to += lt) for (let i = 0; i < width; i += 4) store<u32>(to + i, load<u32>(from + i))
}

/**
 * Collects the minibatch: rows of the data set are [state, action, reward, next state, terminal], f32.
 * Each part goes to a matrix (or vector) of its own.
 */
export function gather(data: usize, index: usize, rows: i32, observation: i32, action: i32, s: usize, ls: i32, a: usize, la: i32, reward: usize, next: usize, terminal: usize): void {
  const width = <usize>(2 * observation + action + 2) * 4
  for (let r = 0; r < rows; r++) {
    let p = data + <usize>load<u32>(index + r * 4) * width
    copyColumns(p, 0, s + r * ls, 0, 1, observation * 4)
    p += observation * 4
    copyColumns(p, 0, a + r * la, 0, 1, action * 4)
    p += action * 4
    store<f32>(reward + r * 4, load<f32>(p))
    p += 4
    copyColumns(p, 0, next + r * ls, 0, 1, observation * 4)
    store<f32>(terminal + r * 4, load<f32>(p + observation * 4))
  }
}
