// Policies in whole numbers, for processors without an FPU: activations i16, weights i8, sums i32. SPEC.md: "Fixed point".
import {
  ACTIVATION,
  COLUMNS,
  COLUMNS_AT,
  COLUMN_TYPE,
  DESCRIPTOR,
  FIXED_MAX,
  HEADER,
  LAYERS,
  NO_COLUMNS,
  OBSERVATIONS,
  RELU,
  ROWS,
  RUN,
  RUNS_AT,
  SCALES_AT,
  SHIFT_MASK,
  U8,
  VALUES_AT,
} from './layout'

/** 1.5 * 2^23: added to less than 2^22, it leaves the nearest whole number (ties to even) in the lowest bits */
const ROUND: f32 = 12582912

/** The observation by the file's multipliers, rounded and clamped: i16[observations]. False: one is not a number. */
export function quantise(core: usize, observation: usize, out: usize): bool {
  let multiplier = core + load<u32>(core + HEADER, SCALES_AT)
  for (const end = out + ((<usize>load<u16>(core, OBSERVATIONS)) << 1); out < end; out += 2) {
    let v = load<f32>(observation) * load<f32>(multiplier)
    // compared by their bits: without an FPU a comparison takes as long as an addition
    const size = reinterpret<u32>(v) & 0x7fffffff
    if (size > 0x7f800000) return false
    if (size > reinterpret<u32>(<f32>FIXED_MAX)) v = <i32>reinterpret<u32>(v) < 0 ? <f32>-FIXED_MAX : <f32>FIXED_MAX
    store<i16>(out, reinterpret<i32>(v + ROUND))
    observation += 4
    multiplier += 4
  }
  return true
}

/**
 * A layer from its descriptor d. x: i16[columns]; y: i16[rows], activated, or the last layer's f32[rows] without their activation. A row's
 * head is where its sum begins, and the lowest 5 bits of it are how far the sum is shifted.
 */
export function rowsFixed(core: usize, d: usize, x: usize, y: usize): void {
  const columnType = load<u8>(d, COLUMN_TYPE)
  const relu = load<u8>(d, ACTIVATION) == RELU
  const last = d == core + HEADER + (<usize>load<u16>(core, LAYERS) - 1) * DESCRIPTOR
  const rowBytes = (<usize>load<u16>(d, ROWS)) << 2
  let length: usize = load<u16>(d, COLUMNS)
  let run = core + load<u32>(d, RUNS_AT)
  let head = core + load<u32>(d, SCALES_AT)
  if (d == core + HEADER) head += length << 2
  let v = core + load<u32>(d, VALUES_AT)
  let c = core + load<u32>(d, COLUMNS_AT)
  const headEnd = head + rowBytes
  for (let runEnd = headEnd; head < headEnd; ) {
    if (columnType != NO_COLUMNS) {
      length = load<u16>(run)
      runEnd = head + ((<usize>load<u16>(run, 2)) << 2)
      run += RUN
    }
    for (; head < runEnd; head += 4) {
      const begin = load<i32>(head)
      let a = begin
      if (columnType == U8) {
        for (let k: usize = 0; k < length; k++)
          a += <i32>load<i8>(v + k) * <i32>load<i16>(x + ((<usize>load<u8>(c + k)) << 1))
      } else {
        for (let k: usize = 0; k < length; k++) {
          const column: usize = columnType == NO_COLUMNS ? k : load<u16>(c + (k << 1))
          a += <i32>load<i8>(v + k) * <i32>load<i16>(x + (column << 1))
        }
      }
      v += length
      // the column type is the bytes of a column number
      c += length * columnType
      if (last) {
        store<f32>(y, load<f32>(head + rowBytes) * <f32>a)
        y += 4
        continue
      }
      if (relu && a < 0) a = 0
      a >>= begin & SHIFT_MASK
      if (a > FIXED_MAX) a = FIXED_MAX
      if (a < -FIXED_MAX) a = -FIXED_MAX
      store<i16>(y, a)
      y += 2
    }
  }
}
