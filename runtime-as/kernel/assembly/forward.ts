import { failsafe } from './bounds'
import { dense } from './dense'
import { quantise, rowsFixed } from './fixed'
import { groupedU16, groupedU8, groupedU8Relu } from './grouped'
import {
  ACTIONS,
  ACTIVATION,
  BOUNDS,
  COLUMNS,
  COLUMNS_AT,
  COLUMN_TYPE,
  DENSE,
  DESCRIPTOR,
  F16,
  F32,
  FORM,
  HEADER,
  I8,
  I8_FIXED,
  LAYERS,
  RELU,
  ROWS,
  RUNS_AT,
  SQUASH,
  SQUASH_TANH,
  TANH,
  U8,
  VALUES_AT,
  VALUE_TYPE,
  WIDEST,
} from './layout'
import { rowsF16, rowsI8 } from './quantised'
import { reluRows } from './relu'
import { tanhRows } from './tanh'

/** One layer, from its descriptor d. x: f32[columns], y: f32[rows]; i16 between layers in fixed point. */
function layer(core: usize, d: usize, x: usize, y: usize): void {
  const rows: u32 = load<u16>(d, ROWS)
  const values = core + load<u32>(d, VALUES_AT)
  const type = load<u8>(d, VALUE_TYPE)
  let relu = load<u8>(d, ACTIVATION) == RELU
  if (type != F32) {
    if (type == F16) rowsF16(core, d, x, y)
    else if (type == I8) rowsI8(core, d, x, y)
    else {
      rowsFixed(core, d, x, y)
      relu = false
    }
  } else if (load<u8>(d, FORM) == DENSE) {
    dense(values, x, y, rows, load<u16>(d, COLUMNS))
  } else {
    const runs = core + load<u32>(d, RUNS_AT)
    const columns = core + load<u32>(d, COLUMNS_AT)
    if (load<u8>(d, COLUMN_TYPE) != U8) groupedU16(runs, values, columns, x, y, rows)
    else if (!relu) groupedU8(runs, values, columns, x, y, rows)
    else {
      groupedU8Relu(runs, values, columns, x, y, rows)
      relu = false
    }
  }
  if (relu) reluRows(y, rows)
  if (load<u8>(d, ACTIVATION) == TANH) tanhRows(y, rows)
}

/**
 * The last layer's outputs become actions in place: scaled from [-1, 1] if the squash is tanh, clamped to [low, high], NaN replaced by
 * the failsafe. The middle and the half range are formed from halves, which cannot overflow.
 */
function actions(core: usize, y: usize): void {
  const stride = (<usize>load<u16>(core, ACTIONS)) << 2
  const squash = load<u8>(core, SQUASH) == SQUASH_TANH
  const end = y + stride
  for (let low = core + load<u32>(core, BOUNDS); y < end; y += 4, low += 4) {
    const lowest = load<f32>(low)
    const highest = load<f32>(low + stride)
    let a = load<f32>(y)
    if (squash) {
      const halfLow = <f32>0.5 * lowest
      const halfHigh = <f32>0.5 * highest
      a = halfLow + halfHigh + (halfHigh - halfLow) * a
    }
    if (a < lowest) a = lowest
    if (a > highest) a = highest
    if (isNaN(a)) a = load<f32>(low + 2 * stride)
    store<f32>(y, a)
  }
}

/**
 * One inference. core: a validated core, 4-byte aligned; observation: f32[observations]; action: f32[actions]; scratch: f32[2 * widest],
 * none overlapping another. No check: `validate` has proved every index the layers follow.
 */
export function forward(core: usize, observation: usize, action: usize, scratch: usize): void {
  const last = core + HEADER + (<usize>load<u16>(core, LAYERS) - 1) * DESCRIPTOR
  const other = scratch + ((<usize>load<u16>(core, WIDEST)) << 2)
  let x = observation
  let y = scratch
  if (load<u8>(core, HEADER + VALUE_TYPE) == I8_FIXED) {
    // whole numbers know no NaN: one among the observations makes all actions the failsafe
    if (!quantise(core, observation, other)) {
      failsafe(core, action)
      return
    }
    x = other
  }
  for (let d = core + HEADER; d < last; d += DESCRIPTOR) {
    layer(core, d, x, y)
    x = y
    y = y == scratch ? other : scratch
  }
  layer(core, last, x, action)
  actions(core, action)
}
