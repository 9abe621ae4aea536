/**
 * Dense layer without its activation. x: f32[columns], y: f32[rows]. `w` is one stream, read once from front to back: for every four
 * rows 4 biases, then 4 weights a column; for each row left over its bias, then its weights. Four sums run side by side, each in column order.
 */
export function dense(w: usize, x: usize, y: usize, rows: u32, columns: u32): void {
  const xEnd = x + ((<usize>columns) << 2)
  const yFours = y + ((<usize>(rows & ~3)) << 2)
  const yEnd = y + ((<usize>rows) << 2)
  for (; y < yFours; y += 16) {
    let a0 = load<f32>(w)
    let a1 = load<f32>(w, 4)
    let a2 = load<f32>(w, 8)
    let a3 = load<f32>(w, 12)
    w += 16
    for (let p = x; p < xEnd; p += 4) {
      const v = load<f32>(p)
      a0 += load<f32>(w) * v
      a1 += load<f32>(w, 4) * v
      a2 += load<f32>(w, 8) * v
      a3 += load<f32>(w, 12) * v
      w += 16
    }
    store<f32>(y, a0)
    store<f32>(y, a1, 4)
    store<f32>(y, a2, 8)
    store<f32>(y, a3, 12)
  }
  for (; y < yEnd; y += 4) {
    let a = load<f32>(w)
    w += 4
    for (let p = x; p < xEnd; p += 4) {
      a += load<f32>(w) * load<f32>(p)
      w += 4
    }
    store<f32>(y, a)
  }
}
