// Layers whose weights are quantised to f16 or int8. Half the bytes or a quarter, and no more code than that is worth: one loop for every form.
import { COLUMNS, COLUMNS_AT, COLUMN_TYPE, NO_COLUMNS, ROWS, RUN, RUNS_AT, SCALES_AT, U8, VALUES_AT } from './layout'

/** The f32 that an IEEE half is, exactly. */
/* @inline */ function half(h: u32): f32 {
  const bits = (h & 0x7fff) << 13
  // exponents 1 and on move by 112; the subnormal ones below 2^-14 become what they add to it
  const size =
    h & 0x7c00
      ? reinterpret<f32>(bits + 0x38000000)
      : reinterpret<f32>(bits + 0x38800000) - reinterpret<f32>(0x38800000)
  return reinterpret<f32>(reinterpret<u32>(size) | ((h & 0x8000) << 16))
}

/**
 * A layer from its descriptor d, without its activation. T: u16 (halves: bias, then weights, row by row) or i8 (weights; of each row a head
 * apart, its bias as a half and the upper 16 bits of its scale). x: f32[columns], y: f32[rows].
 */
/* @inline */ function quantised<T>(core: usize, d: usize, x: usize, y: usize): void {
  const columnType = load<u8>(d, COLUMN_TYPE)
  let run = core + load<u32>(d, RUNS_AT)
  let head = core + load<u32>(d, SCALES_AT)
  let v = core + load<u32>(d, VALUES_AT)
  let c = core + load<u32>(d, COLUMNS_AT)
  let length: usize = load<u16>(d, COLUMNS)
  const yEnd = y + ((<usize>load<u16>(d, ROWS)) << 2)
  for (let runEnd = yEnd; y < yEnd; ) {
    if (columnType != NO_COLUMNS) {
      length = load<u16>(run)
      runEnd = y + ((<usize>load<u16>(run, 2)) << 2)
      run += RUN
    }
    for (; y < runEnd; y += 4) {
      let a: f32 = 0
      if (sizeof<T>() == 2) {
        a = half(load<u16>(v))
        v += 2
      }
      let p = x
      for (const end = v + length * sizeof<T>(); v < end; v += sizeof<T>()) {
        if (columnType == U8) {
          p = x + ((<usize>load<u8>(c)) << 2)
          c += 1
        } else if (columnType != NO_COLUMNS) {
          p = x + ((<usize>load<u16>(c)) << 2)
          c += 2
        }
        if (sizeof<T>() == 2) a += half(load<u16>(v)) * load<f32>(p)
        else a += <f32>load<i8>(v) * load<f32>(p)
        p += 4
      }
      if (sizeof<T>() == 1) {
        const both = load<u32>(head)
        a = half(both & 0xffff) + reinterpret<f32>(both & 0xffff0000) * a
        head += 4
      }
      store<f32>(y, a)
    }
  }
}

export function rowsF16(core: usize, d: usize, x: usize, y: usize): void {
  quantised<u16>(core, d, x, y)
}

export function rowsI8(core: usize, d: usize, x: usize, y: usize): void {
  quantised<i8>(core, d, x, y)
}
