/** The matrix product and its relatives. Strides (l..) in bytes; column counts are rounded up to 16, so rows carry zero padding. */
import { mad, splat } from './simd'
import { tile4x8, tile4x16, tile6x16, tile8x8 } from './tile'

/**
 * C[m, n] = max(floor, init + A B), A given by its strides: element (i, k) at a + i * ra + k * ka, so A can be read transposed.
 * `edge`: 512 bytes of scratch for the last rows, where a whole tile would overrun C.
 */
export function product(
  wide: bool,
  edge: usize,
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  ra: usize,
  ka: usize,
  b: usize,
  lb: usize,
  c: usize,
  lc: usize,
  init: usize,
  li: usize,
  floor: f32,
): void {
  const slim = n <= 8
  const columns = wide && !slim ? 16 : 8
  n = slim ? 8 : (n + 15) & ~15
  for (let j = 0; j < n; j += columns) {
    for (let i = 0, rows = 0; i < m; i += rows) {
      rows = wide ? rowsOf(slim, m - i) : 4
      const last = i + rows > m
      const to = last ? edge : c + i * lc + j * 4
      const lt: usize = last ? 64 : lc
      const p = a + i * ra
      const q = b + j * 4
      const start = init + i * li + j * 4
      if (rows == 6) tile6x16(k, p, ra, ka, q, lb, to, lt, start, li, floor)
      else if (rows == 8) tile8x8(k, p, ra, ka, q, lb, to, lt, start, li, floor)
      else if (columns == 16) tile4x16(k, p, ra, ka, q, lb, to, lt, start, li, floor)
      else tile4x8(k, p, ra, ka, q, lb, to, lt, start, li, floor)
      if (last)
        for (let r = 0; i + r < m; r++)
          for (let x = 0; x < columns * 4; x += 16) v128.store(c + (i + r) * lc + j * 4 + x, v128.load(to + r * 64 + x))
    }
  }
}

/** Rows of the next wide tile: the last eight or up to four are done by fours, which wastes fewer than sixes. */
/* @inline */ function rowsOf(slim: bool, left: i32): i32 {
  return slim ? 8 : left > 4 && left != 8 ? 6 : 4
}

/** sums[n] = column sums of d[rows, n] */
export function columnSums(d: usize, ld: i32, rows: i32, n: i32, sums: usize): void {
  const end = ((n + 15) & ~15) * 4
  for (let j = 0; j < end; j += 64) {
    let t0 = splat(0)
    let t1 = t0
    let t2 = t0
    let t3 = t0
    for (let i = 0, p = d + j; i < rows; i++, p += ld) {
      t0 = f32x4.add(t0, v128.load(p))
      t1 = f32x4.add(t1, v128.load(p, 16))
      t2 = f32x4.add(t2, v128.load(p, 32))
      t3 = f32x4.add(t3, v128.load(p, 48))
    }
    v128.store(sums + j, t0)
    v128.store(sums + j, t1, 16)
    v128.store(sums + j, t2, 32)
    v128.store(sums + j, t3, 48)
  }
}

/** sums[n] = weights[rows] x[rows, n] */
export function weightedSums(weights: usize, x: usize, lx: i32, rows: i32, n: i32, sums: usize): void {
  const end = ((n + 15) & ~15) * 4
  for (let j = 0; j < end; j += 64) {
    let t0 = splat(0)
    let t1 = t0
    let t2 = t0
    let t3 = t0
    for (let i = 0, p = x + j; i < rows; i++, p += lx) {
      const w = v128.load32_splat(weights + i * 4)
      t0 = mad(w, v128.load(p), t0)
      t1 = mad(w, v128.load(p, 16), t1)
      t2 = mad(w, v128.load(p, 32), t2)
      t3 = mad(w, v128.load(p, 48), t3)
    }
    v128.store(sums + j, t0)
    v128.store(sums + j, t1, 16)
    v128.store(sums + j, t2, 32)
    v128.store(sums + j, t3, 48)
  }
}

/** y[rows] = x[rows, n] w[n] + bias; the padding of x must meet zeros in w */
export function dotRows(x: usize, lx: i32, rows: i32, n: i32, w: usize, bias: f32, y: usize): void {
  const end = ((n + 15) & ~15) * 4
  for (let r = 0; r < rows; r++) {
    let t0 = splat(0)
    let t1 = t0
    let t2 = t0
    let t3 = t0
    for (let j = 0, p = x + r * lx; j < end; j += 64) {
      t0 = mad(v128.load(p + j), v128.load(w + j), t0)
      t1 = mad(v128.load(p + j, 16), v128.load(w + j, 16), t1)
      t2 = mad(v128.load(p + j, 32), v128.load(w + j, 32), t2)
      t3 = mad(v128.load(p + j, 48), v128.load(w + j, 48), t3)
    }
    t0 = f32x4.add(f32x4.add(t0, t1), f32x4.add(t2, t3))
    store<f32>(
      y + r * 4,
      f32x4.extract_lane(t0, 0) +
        f32x4.extract_lane(t0, 1) +
        f32x4.extract_lane(t0, 2) +
        f32x4.extract_lane(t0, 3) +
        bias,
    )
  }
}

/** out[rows, n] = scale[rows] w[n], where h[rows, n] > 0, else 0: the gradient that a scalar head sends through a ReLU layer */
export function outerRelu(scale: usize, w: usize, h: usize, l: i32, rows: i32, n: i32, out: usize): void {
  const end = ((n + 15) & ~15) * 4
  for (let r = 0; r < rows; r++, h += l, out += l) {
    const g = v128.load32_splat(scale + r * 4)
    for (let j = 0; j < end; j += 32) {
      const w0 = v128.load(w + j)
      const w1 = v128.load(w + j, 16)
      const h0 = v128.load(h + j)
      const h1 = v128.load(h + j, 16)
      v128.store(out + j, v128.and(f32x4.mul(g, w0), f32x4.gt(h0, splat(0))))
      v128.store(out + j, v128.and(f32x4.mul(g, w1), f32x4.gt(h1, splat(0))), 16)
    }
  }
}

/** out[columns, rows] = p[rows, columns]; both counts rounded up to 4, rows past the end read as zero */
export function transpose(rows: i32, columns: i32, p: usize, lp: usize, out: usize, lo: usize): void {
  for (let r = 0; r < rows; r += 4) {
    for (let c = 0; c < columns; c += 4) {
      const q = p + r * lp + c * 4
      const o = out + c * lo + r * 4
      const x0 = v128.load(q)
      const x1 = r + 1 < rows ? v128.load(q + lp) : splat(0)
      const x2 = r + 2 < rows ? v128.load(q + 2 * lp) : splat(0)
      const x3 = r + 3 < rows ? v128.load(q + 3 * lp) : splat(0)
      const t0 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5)
      const t1 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7)
      const t2 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5)
      const t3 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7)
      v128.store(o, v128.shuffle<i64>(t0, t2, 0, 2))
      v128.store(o + lo, v128.shuffle<i64>(t0, t2, 1, 3))
      v128.store(o + 2 * lo, v128.shuffle<i64>(t1, t3, 0, 2))
      v128.store(o + 3 * lo, v128.shuffle<i64>(t1, t3, 1, 3))
    }
  }
}
