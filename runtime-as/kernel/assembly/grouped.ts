import { reluBits } from './relu'
import { RUN } from './layout'

/** x[column], the column number read at `at` + `k` columns (k a constant) */
/* @inline */ function input<C>(x: usize, at: usize, k: usize): f32 {
  return load<f32>(x + ((<usize>load<C>(at + k * sizeof<C>())) << 2))
}

/** A sum and four products more. */
/* @inline */ function four<C>(a: f32, v: usize, c: usize, x: usize): f32 {
  a += load<f32>(v) * input<C>(x, c, 0)
  a += load<f32>(v, 4) * input<C>(x, c, 1)
  a += load<f32>(v, 8) * input<C>(x, c, 2)
  return a + load<f32>(v, 12) * input<C>(x, c, 3)
}

/** bias, then the blocks of four, then `tail` (a constant) more */
/* @inline */ function sum<C>(v: usize, c: usize, x: usize, blocks: usize, tail: u32): f32 {
  let a = load<f32>(v)
  v += 4
  for (const end = v + blocks; v < end; v += 16) {
    a = four<C>(a, v, c, x)
    c += 4 * sizeof<C>()
  }
  if (tail > 0) a += load<f32>(v) * input<C>(x, c, 0)
  if (tail > 1) a += load<f32>(v, 4) * input<C>(x, c, 1)
  if (tail > 2) a += load<f32>(v, 8) * input<C>(x, c, 2)
  return a
}

/* @inline */ function put(y: usize, a: f32, relu: bool): void {
  if (relu) store<i32>(y, reluBits(a))
  else store<f32>(y, a)
}

/**
 * Grouped compressed sparse rows, with or without ReLU. C: the type of a column number. runs: {row length, rows of that length}, u16 each,
 * until `rows` are done; v: per row its bias and its values; c: the column numbers, ascending in a row; x: inputs; y: outputs. Rows of a run
 * share their length, so what is left over after the blocks of four is decided once a run.
 */
/* @inline */ function grouped<C>(runs: usize, v: usize, c: usize, x: usize, y: usize, rows: u32, relu: bool): void {
  const yEnd = y + ((<usize>rows) << 2)
  for (; y < yEnd; runs += RUN) {
    const length: usize = load<u16>(runs)
    const runEnd = y + ((<usize>load<u16>(runs, 2)) << 2)
    const blocks = (length & ~3) << 2
    const vRow = (length << 2) + 4
    const cRow = length * sizeof<C>()
    switch (<u32>length & 3) {
      case 0:
        for (; y < runEnd; y += 4, v += vRow, c += cRow) put(y, sum<C>(v, c, x, blocks, 0), relu)
        break
      case 1:
        for (; y < runEnd; y += 4, v += vRow, c += cRow) put(y, sum<C>(v, c, x, blocks, 1), relu)
        break
      case 2:
        for (; y < runEnd; y += 4, v += vRow, c += cRow) put(y, sum<C>(v, c, x, blocks, 2), relu)
        break
      default:
        for (; y < runEnd; y += 4, v += vRow, c += cRow) put(y, sum<C>(v, c, x, blocks, 3), relu)
    }
  }
}

export function groupedU8(runs: usize, v: usize, c: usize, x: usize, y: usize, rows: u32): void {
  grouped<u8>(runs, v, c, x, y, rows, false)
}

export function groupedU8Relu(runs: usize, v: usize, c: usize, x: usize, y: usize, rows: u32): void {
  grouped<u8>(runs, v, c, x, y, rows, true)
}

/** Layers of more than 256 inputs are rare, and each copy of the loops above is a kilobyte: what is left over is a loop here, and ReLU for the caller. */
export function groupedU16(runs: usize, v: usize, c: usize, x: usize, y: usize, rows: u32): void {
  const yEnd = y + ((<usize>rows) << 2)
  for (; y < yEnd; runs += RUN) {
    const length: usize = load<u16>(runs)
    const runEnd = y + ((<usize>load<u16>(runs, 2)) << 2)
    for (; y < runEnd; y += 4) {
      let a = load<f32>(v)
      v += 4
      const end = v + (length << 2)
      for (const fours = v + ((length & ~3) << 2); v < fours; v += 16, c += 8) a = four<u16>(a, v, c, x)
      for (; v < end; v += 4, c += 2) a += load<f32>(v) * input<u16>(x, c, 0)
      store<f32>(y, a)
    }
  }
}
