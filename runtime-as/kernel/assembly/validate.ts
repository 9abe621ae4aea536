import { wordBefore } from './bytes'
import {
  BAD_BOUNDS,
  BAD_COLUMN,
  BAD_CORE,
  BAD_CRC,
  BAD_GOLDEN,
  BAD_LAYER,
  BAD_OBSERVATION_BOUNDS,
  BAD_OFFSET,
  BAD_PADDING,
  BAD_RUN,
  BAD_SIZES,
  BAD_SQUASH,
  BAD_WIDEST,
  BROKEN_CHAIN,
  FINE,
  FOREIGN,
  NOT_FINITE,
  OTHER_VERSION,
  PAST_CORE,
  TOO_LONG,
  TOO_SHORT,
  TRUNCATED,
  UNALIGNED,
} from './codes'
import { crc32 } from './crc'
import {
  ACTIONS,
  ACTIVATION,
  BOUNDS,
  COLUMNS,
  COLUMNS_AT,
  COLUMN_TYPE,
  CORE,
  CORE_BYTES,
  CORE_BYTES_BE,
  CORE_MAGIC,
  DENSE,
  DESCRIPTOR,
  F16,
  F32,
  FORM,
  GOLDEN,
  GOLDENS,
  GROUPED,
  HEADER,
  I8,
  I8_FIXED,
  LAYERS,
  MAGIC,
  MAX_FILE,
  MAX_GOLDENS,
  MAX_LAYERS,
  MAX_WIDTH,
  NONE,
  NO_COLUMNS,
  OBSERVATIONS,
  OUTSIDE,
  PERIOD,
  REFUSE,
  ROWS,
  RUN,
  RUNS_AT,
  SCALES_AT,
  SQUASH,
  SQUASH_TANH,
  TANH,
  TRAILER,
  U16,
  VALUES_AT,
  VALUE_TYPE,
  VERSION,
  VERSION_BYTE,
  WIDEST,
} from './layout'

/**
 * Everything that `forward` and `goldenMismatch` rely on, proved once on the very bytes that will run. Reads nothing outside
 * [file, file + bytes). The parts of a core must lie one after another without a gap, so one running position proves offsets, sizes and
 * the absence of overlap together. 0: fine, otherwise a code of codes.ts.
 */
export function validate(file: usize, bytes: u32): u32 {
  if (file & 3) return UNALIGNED
  if (bytes < <u32>(CORE + HEADER + TRAILER)) return TOO_SHORT
  // 84 a3 'bpd' v a4 'core' c6
  if (load<u32>(file) != 0x7062a384 || load<u8>(file, 4) != 0x64) return FOREIGN
  if (load<u8>(file, VERSION_BYTE) != VERSION) return OTHER_VERSION
  if (load<u16>(file, 6) != 0x63a4 || load<u32>(file, 8) != 0xc665726f) return FOREIGN
  if (bytes > <u32>MAX_FILE) return TOO_LONG
  const coreBytes = bswap<u32>(load<u32>(file, CORE_BYTES_BE))
  if (coreBytes < <u32>HEADER || coreBytes > bytes - CORE - TRAILER || !isTrailer(file + bytes - 4)) return TRUNCATED
  if (bswap<u32>(crc32(file, bytes - 4)) != wordBefore(file + bytes)) return BAD_CRC
  return validateCore(file + CORE, coreBytes)
}

/** a3 'crc' ce */
function isTrailer(end: usize): bool {
  return wordBefore(end) == 0xce637263 && load<u8>(end - 5) == 0xa3
}

function validateCore(core: usize, bytes: u32): u32 {
  const layers: u32 = load<u16>(core, LAYERS)
  const observations: u32 = load<u16>(core, OBSERVATIONS)
  const actions: u32 = load<u16>(core, ACTIONS)
  const outside = load<u8>(core, OUTSIDE)
  if (load<u32>(core, MAGIC) != CORE_MAGIC || load<u32>(core, CORE_BYTES) != bytes) return BAD_CORE
  if (layers - 1 >= <u32>MAX_LAYERS || observations - 1 >= <u32>MAX_WIDTH || actions - 1 >= <u32>MAX_WIDTH)
    return BAD_SIZES
  if (load<u32>(core, PERIOD) == 0 || outside > <u8>REFUSE) return BAD_SIZES
  let at: u32 = HEADER + layers * DESCRIPTOR
  if (load<u32>(core, BOUNDS) != at) return BAD_OFFSET
  const ofObservation = outside ? observations << 2 : 0
  const end = at + 12 * actions + 2 * ofObservation
  if (end > bytes) return PAST_CORE
  if (!ordered(core + at, actions << 2, actions << 3)) return BAD_BOUNDS
  if (!ordered(core + end - 2 * ofObservation, ofObservation, 0)) return BAD_OBSERVATION_BOUNDS
  at = end

  let inputs = observations
  const fixed = load<u8>(core, HEADER + VALUE_TYPE) == I8_FIXED
  // in fixed point the observation is rounded into the work memory
  let widest: u32 = fixed ? observations : 0
  const last = core + HEADER + (layers - 1) * DESCRIPTOR
  for (let d = core + HEADER; d <= last; d += DESCRIPTOR) {
    const rows: u32 = load<u16>(d, ROWS)
    if (rows - 1 >= <u32>MAX_WIDTH) return BAD_SIZES
    if (load<u16>(d, COLUMNS) != inputs) return BROKEN_CHAIN
    const type = load<u8>(d, VALUE_TYPE)
    if (type > <u8>I8_FIXED || (type == I8_FIXED) != fixed || load<u8>(d, ACTIVATION) > <u8>TANH) return BAD_LAYER
    // activations between layers in fixed point are whole numbers
    if (fixed && d < last && load<u8>(d, ACTIVATION) == TANH) return BAD_LAYER
    const end = layerEnd(core, bytes, d, at, fixed && d == core + HEADER ? inputs : 0, fixed && d == last ? rows : 0)
    // an end is a multiple of 4, a code is marked by its lowest bits
    if (end & 3) return end >>> 2
    at = end
    inputs = rows
    if (d < last && rows > widest) widest = rows
  }
  if (inputs != actions) return BROKEN_CHAIN
  if (load<u16>(core, WIDEST) != widest) return BAD_WIDEST
  if (load<u8>(core, SQUASH) > <u8>SQUASH_TANH) return BAD_SQUASH
  if (load<u8>(last, ACTIVATION) != (load<u8>(core, SQUASH) == SQUASH_TANH ? TANH : NONE)) return BAD_SQUASH

  const goldens: u32 = load<u16>(core, GOLDENS)
  if (goldens - 1 >= <u32>MAX_GOLDENS || load<u32>(core, GOLDEN) != at) return BAD_GOLDEN
  const goldenWords = goldens * (observations + actions)
  if (goldenWords > (bytes - at) >>> 2 || at + (goldenWords << 2) != bytes) return BAD_GOLDEN
  return finite(core + at, goldenWords) ? FINE : NOT_FINITE
}

/* @inline */ function refuse(code: u32): u32 {
  return (code << 2) | 1
}

/** low <= middle <= high, all finite. stride: bytes of each; middle: from low on, 0: none, low and high are ordered by themselves */
function ordered(low: usize, stride: u32, middle: u32): bool {
  if (!finite(low, (2 * stride + (middle >>> 1)) >>> 2)) return false
  for (const end = low + stride; low < end; low += 4) {
    const between = load<f32>(low + middle)
    if (between < load<f32>(low) || between > load<f32>(low + stride)) return false
  }
  return true
}

/** Where the layer that begins at `at` ends, or a refusal. multipliers, scales: how many f32 lie before and behind its heads */
function layerEnd(core: usize, bytes: u32, d: usize, at: u32, multipliers: u32, scales: u32): u32 {
  const rows: u32 = load<u16>(d, ROWS)
  const columns: u32 = load<u16>(d, COLUMNS)
  const form = load<u8>(d, FORM)
  const columnType = load<u8>(d, COLUMN_TYPE)
  const type = load<u8>(d, VALUE_TYPE)
  if (form > <u8>GROUPED || columnType > <u8>U16 || (form == DENSE) != (columnType == NO_COLUMNS))
    return refuse(BAD_LAYER)
  const runs = core + at
  if (load<u32>(d, RUNS_AT) != (form == DENSE ? 0 : at)) return refuse(BAD_OFFSET)
  let weights = rows * columns
  if (form == GROUPED) {
    weights = 0
    for (let row: u32 = 0; row < rows; at += RUN) {
      if (bytes - at < <u32>RUN) return refuse(PAST_CORE)
      const length: u32 = load<u16>(core + at)
      const count: u32 = load<u16>(core + at, 2)
      if (length > columns || count == 0 || count > rows - row) return refuse(BAD_RUN)
      row += count
      weights += length * count
    }
  }

  if (load<u32>(d, SCALES_AT) != (type < <u8>I8 ? 0 : at)) return refuse(BAD_OFFSET)
  let valueBytes = weights
  if (type < <u8>I8) valueBytes = (rows + weights) << (type == F32 ? 2 : 1)
  else {
    const heads = core + at + (multipliers << 2)
    if (multipliers + rows + scales > (bytes - at) >>> 2) return refuse(PAST_CORE)
    at += (multipliers + rows + scales) << 2
    if (type == I8 && !(finite(heads, rows) && finiteHalves(heads, rows, 4))) return refuse(NOT_FINITE)
    if (!finite(heads - (multipliers << 2), multipliers) || !finite(heads + (rows << 2), scales))
      return refuse(NOT_FINITE)
  }

  if (load<u32>(d, VALUES_AT) != at) return refuse(BAD_OFFSET)
  const values = core + at
  at = padded(core, bytes, at, valueBytes)
  if (at & 3) return at
  if (type == F32 && !finite(values, rows + weights)) return refuse(NOT_FINITE)
  if (type == F16 && !finiteHalves(values, rows + weights, 2)) return refuse(NOT_FINITE)

  if (load<u32>(d, COLUMNS_AT) != (form == DENSE ? 0 : at)) return refuse(BAD_OFFSET)
  if (form == DENSE) return at
  const size: u32 = columnType
  const c = core + at
  at = padded(core, bytes, at, weights * size)
  return at & 3 || ascending(runs, c, rows, columns, size) ? at : refuse(BAD_COLUMN)
}

/** Where `length` bytes from `at` on and the zeros up to a multiple of 4 end, or a refusal. */
function padded(core: usize, bytes: u32, at: u32, length: u32): u32 {
  const end = (at + length + 3) & ~3
  if (end > bytes) return refuse(PAST_CORE)
  for (let k = at + length; k < end; k++) if (load<u8>(core + k) != 0) return refuse(BAD_PADDING)
  return end
}

/** Whether every row's columns ascend strictly and lie below `columns`. size: bytes of a column number */
function ascending(runs: usize, c: usize, rows: u32, columns: u32, size: u32): bool {
  for (let row: u32 = 0; row < rows; runs += RUN) {
    const length: u32 = load<u16>(runs)
    const end = row + load<u16>(runs, 2)
    for (; row < end; row++) {
      let least: u32 = 0
      for (let k: u32 = 0; k < length; k++, c += size) {
        const column: u32 = size == 1 ? load<u8>(c) : load<u16>(c)
        if (column < least || column >= columns) return false
        least = column + 1
      }
    }
  }
  return true
}

/** Whether no number is NaN or infinite. */
export function finite(at: usize, words: u32): bool {
  for (const end = at + ((<usize>words) << 2); at < end; at += 4) {
    if ((load<u32>(at) << 1) >>> 24 == 0xff) return false
  }
  return true
}

/** The same of IEEE halves. */
function finiteHalves(at: usize, count: u32, stride: u32): bool {
  for (const end = at + count * stride; at < end; at += stride) if ((load<u16>(at) & 0x7c00) == 0x7c00) return false
  return true
}
