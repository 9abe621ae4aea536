/** Rows copied: of matrices, and of transitions into a minibatch. */

/** Copies `width` bytes, a multiple of 4. */
/* @inline */ function copy(from: usize, to: usize, width: i32): void {
  const whole = width & ~15
  for (let i = 0; i < whole; i += 16) v128.store(to + i, v128.load(from + i))
  for (let i = whole; i < width; i += 4) store<u32>(to + i, load<u32>(from + i))
}

/** Copies `width` bytes of every row. */
export function copyColumns(from: usize, lf: i32, to: usize, lt: i32, rows: i32, width: i32): void {
  for (let r = 0; r < rows; r++, from += lf, to += lt) copy(from, to, width)
}

/**
 * Collects the minibatch: rows of the data set are [state, action, reward, next state, terminal, ...], `width` bytes each, f32. State and action go
 * to a matrix of their own.
 */
export function gather(
  data: usize,
  width: usize,
  index: usize,
  rows: i32,
  observation: i32,
  action: i32,
  s: usize,
  ls: i32,
  a: usize,
  la: i32,
): void {
  for (let r = 0; r < rows; r++, s += ls, a += la) {
    const p = data + <usize>load<u32>(index + r * 4) * width
    copy(p, s, observation * 4)
    copy(p + observation * 4, a, action * 4)
  }
}

/** The rest of the same transitions: what only the critics need. */
export function gatherNext(
  data: usize,
  width: usize,
  index: usize,
  rows: i32,
  observation: i32,
  action: i32,
  reward: usize,
  next: usize,
  ls: i32,
  terminal: usize,
): void {
  for (let r = 0; r < rows; r++, next += ls) {
    const p = data + <usize>load<u32>(index + r * 4) * width + (observation + action) * 4
    store<f32>(reward + r * 4, load<f32>(p))
    copy(p + 4, next, observation * 4)
    store<f32>(terminal + r * 4, load<f32>(p + 4 + observation * 4))
  }
}

/** The last `action` numbers of the same rows: actions to clone, where they are not the executed ones. */
export function gatherWanted(
  data: usize,
  width: usize,
  index: usize,
  rows: i32,
  action: i32,
  wanted: usize,
  la: i32,
): void {
  for (let r = 0; r < rows; r++, wanted += la)
    copy(data + <usize>(load<u32>(index + r * 4) + 1) * width - action * 4, wanted, action * 4)
}
