import { expect, it } from 'vitest'
import { TEXTS } from '../../../runtime-as/format/validation.ts'
import * as codes from '../../../runtime-as/kernel/assembly/codes.ts'
import * as layout from '../../../runtime-as/kernel/assembly/layout.ts'
import { newKernel } from '../../../runtime-as/kernel/kernel.ts'
import { bounded } from '../../support/networks.ts'
import { resealed, tinyContract, tinyFile } from '../../support/tiny.ts'

const CORE_END = 160
const TINY = tinyFile()
const BOUNDED = tinyFile(bounded(tinyContract, 'clamp'), [0.25, 0.5, -0.25, 0.5])

/** The tiny file, or another, with its core changed or cut to `bytes`, lengths and CRC made to fit. */
function withCore(change: (core: DataView) => void, bytes = CORE_END, whole = TINY): Uint8Array {
  const end = layout.CORE + new DataView(whole.buffer).getUint32(layout.CORE_BYTES_BE)
  const core = whole.slice(layout.CORE, layout.CORE + bytes)
  const view = new DataView(core.buffer)
  view.setUint32(layout.CORE_BYTES, bytes, true)
  change(view)
  const file = Uint8Array.of(...whole.subarray(0, layout.CORE), ...core, ...whole.subarray(end))
  new DataView(file.buffer).setUint32(layout.CORE_BYTES_BE, bytes)
  return resealed(file)
}

const withBounds = (change: (core: DataView) => void, bytes = CORE_END + 32): Uint8Array =>
  withCore(change, bytes, BOUNDED)

/** At the very end of memory, so that a read past the file traps. */
function validate(file: Uint8Array): number {
  const kernel = newKernel(file.length)
  const memory = new Uint8Array(kernel.memory.buffer)
  const at = (memory.length - file.length) & ~3
  memory.set(file, at)
  return kernel.validate(at, file.length)
}

const nothing = () => {}
const u8 = (at: number, value: number) => (core: DataView) => core.setUint8(at, value)
const u16 = (at: number, value: number) => (core: DataView) => core.setUint16(at, value, true)
const u32 = (at: number, value: number) => (core: DataView) => core.setUint32(at, value, true)
const f32 = (at: number, value: number) => (core: DataView) => core.setFloat32(at, value, true)

const LAYER_0 = layout.HEADER
const LAYER_1 = layout.HEADER + layout.DESCRIPTOR
// where SPEC.md's example has them, counted from the start of the core
const LOW = 84
const HIGH = 88
const FAILSAFE = 92
const RUNS = 96
/** of the tiny policy with bounds, which move what follows them */
const OBSERVATION_LOW = 96
const OBSERVATION_HIGH = 112
const COLUMNS = 124
const DENSE_VALUES = 128

const REFUSALS: [what: string, code: number, file: Uint8Array][] = [
  ['another core magic', codes.BAD_CORE, withCore(u32(layout.MAGIC, 0))],
  ['another core length', codes.BAD_CORE, withCore(u32(layout.CORE_BYTES, CORE_END + 4))],
  ['no layer', codes.BAD_SIZES, withCore(u16(layout.LAYERS, 0))],
  ['17 layers', codes.BAD_SIZES, withCore(u16(layout.LAYERS, 17))],
  ['no observation', codes.BAD_SIZES, withCore(u16(layout.OBSERVATIONS, 0))],
  ['4097 observations', codes.BAD_SIZES, withCore(u16(layout.OBSERVATIONS, 4097))],
  ['no action', codes.BAD_SIZES, withCore(u16(layout.ACTIONS, 0))],
  ['4097 actions', codes.BAD_SIZES, withCore(u16(layout.ACTIONS, 4097))],
  ['a period of 0', codes.BAD_SIZES, withCore(u32(layout.PERIOD, 0))],
  ['observations neither clamped nor refused', codes.BAD_SIZES, withCore(u8(layout.OUTSIDE, 3))],
  ['bounds elsewhere', codes.BAD_OFFSET, withCore(u32(layout.BOUNDS, 88))],
  ['bounds past the core', codes.PAST_CORE, withCore(nothing, 92)],
  ['descriptors past the core', codes.PAST_CORE, withCore(sixteenLayers, 40)],
  ['low above failsafe', codes.BAD_BOUNDS, withCore(f32(LOW, 0.1))],
  ['high below failsafe', codes.BAD_BOUNDS, withCore(f32(HIGH, -0.1))],
  ['a failsafe of NaN', codes.BAD_BOUNDS, withCore(f32(FAILSAFE, Number.NaN))],
  ['an infinite bound', codes.BAD_BOUNDS, withCore(f32(HIGH, Infinity))],
  ['observations without their bounds', codes.BAD_OBSERVATION_BOUNDS, withCore(u8(layout.OUTSIDE, layout.CLAMP))],
  ['bounds of observations that none has', codes.BAD_OFFSET, withBounds(u8(layout.OUTSIDE, layout.UNBOUNDED))],
  ['bounds of observations past the core', codes.PAST_CORE, withBounds(nothing, OBSERVATION_HIGH + 12)],
  ['an observation’s low above its high', codes.BAD_OBSERVATION_BOUNDS, withBounds(f32(OBSERVATION_LOW + 12, 9))],
  ['a low of NaN', codes.BAD_OBSERVATION_BOUNDS, withBounds(f32(OBSERVATION_LOW, Number.NaN))],
  ['a high of NaN', codes.BAD_OBSERVATION_BOUNDS, withBounds(f32(OBSERVATION_HIGH + 12, Number.NaN))],
  ['an infinite low', codes.BAD_OBSERVATION_BOUNDS, withBounds(f32(OBSERVATION_LOW + 4, -Infinity))],
  ['a layer without rows', codes.BAD_SIZES, withCore(u16(LAYER_0 + layout.ROWS, 0))],
  ['a layer of 4097 rows', codes.BAD_SIZES, withCore(u16(LAYER_0 + layout.ROWS, 4097))],
  ['a first layer wider than the observations', codes.BROKEN_CHAIN, withCore(u16(LAYER_0 + layout.COLUMNS, 5))],
  ['a second layer wider than the first', codes.BROKEN_CHAIN, withCore(u16(LAYER_1 + layout.COLUMNS, 3))],
  ['more actions than rows', codes.BROKEN_CHAIN, withCore(moreRows)],
  ['an unknown form', codes.BAD_LAYER, withCore(u8(LAYER_0 + layout.FORM, 2))],
  ['an unknown activation', codes.BAD_LAYER, withCore(u8(LAYER_0 + layout.ACTIVATION, 3))],
  ['an unknown value type', codes.BAD_LAYER, withCore(u8(LAYER_0 + layout.VALUE_TYPE, 4))],
  ['an unknown column type', codes.BAD_LAYER, withCore(u8(LAYER_0 + layout.COLUMN_TYPE, 3))],
  ['a grouped layer without column type', codes.BAD_LAYER, withCore(u8(LAYER_0 + layout.COLUMN_TYPE, 0))],
  ['a dense layer with column type', codes.BAD_LAYER, withCore(u8(LAYER_1 + layout.COLUMN_TYPE, 1))],
  ['scales of f32', codes.BAD_OFFSET, withCore(u32(LAYER_0 + layout.SCALES_AT, 4))],
  ['runs elsewhere', codes.BAD_OFFSET, withCore(u32(LAYER_0 + layout.RUNS_AT, 100))],
  ['values elsewhere', codes.BAD_OFFSET, withCore(u32(LAYER_0 + layout.VALUES_AT, 108))],
  ['columns elsewhere', codes.BAD_OFFSET, withCore(u32(LAYER_0 + layout.COLUMNS_AT, 120))],
  ['dense values elsewhere', codes.BAD_OFFSET, withCore(u32(LAYER_1 + layout.VALUES_AT, 132))],
  ['runs of a dense layer', codes.BAD_OFFSET, withCore(u32(LAYER_1 + layout.RUNS_AT, 128))],
  ['columns of a dense layer', codes.BAD_OFFSET, withCore(u32(LAYER_1 + layout.COLUMNS_AT, 128))],
  ['runs past the core', codes.PAST_CORE, withCore(nothing, RUNS + 2)],
  ['values past the core', codes.PAST_CORE, withCore(nothing, 120)],
  ['columns past the core', codes.PAST_CORE, withCore(nothing, COLUMNS)],
  ['dense values past the core', codes.PAST_CORE, withCore(nothing, DENSE_VALUES + 8)],
  ['a row longer than the layer is wide', codes.BAD_RUN, withCore(u16(RUNS, 5))],
  ['a run of no rows', codes.BAD_RUN, withCore(u16(RUNS + 2, 0))],
  ['more rows in runs than in the layer', codes.BAD_RUN, withCore(u16(RUNS + 6, 2))],
  ['the same column twice in a row', codes.BAD_COLUMN, withCore(u8(COLUMNS + 1, 0))],
  ['columns that descend', codes.BAD_COLUMN, withCore(u16(COLUMNS, 0x0002))],
  ['a column past the inputs', codes.BAD_COLUMN, withCore(u8(COLUMNS + 2, 4))],
  ['padding that is not 0', codes.BAD_PADDING, withCore(u8(COLUMNS + 3, 1))],
  ['an infinite weight, grouped', codes.NOT_FINITE, withCore(f32(RUNS + 12, -Infinity))],
  ['a weight of NaN, dense', codes.NOT_FINITE, withCore(f32(DENSE_VALUES + 8, Number.NaN))],
  ['a widest layer too narrow for its rows', codes.BAD_WIDEST, withCore(u16(layout.WIDEST, 1))],
  ['a widest layer too wide', codes.BAD_WIDEST, withCore(u16(layout.WIDEST, 3))],
  ['an unknown squash', codes.BAD_SQUASH, withCore(u8(layout.SQUASH, 2))],
  ['clip after tanh', codes.BAD_SQUASH, withCore(u8(layout.SQUASH, 0))],
  ['tanh after relu', codes.BAD_SQUASH, withCore(u8(LAYER_1 + layout.ACTIVATION, 1))],
  ['no golden vector', codes.BAD_GOLDEN, withCore(u16(layout.GOLDENS, 0))],
  ['more golden vectors than the core holds', codes.BAD_GOLDEN, withCore(u16(layout.GOLDENS, 2))],
  ['more than 16 golden vectors', codes.BAD_GOLDEN, withCore(u16(layout.GOLDENS, 17))],
  ['golden vectors elsewhere', codes.BAD_GOLDEN, withCore(u32(layout.GOLDEN, 144))],
  ['golden vectors cut short', codes.BAD_GOLDEN, withCore(nothing, CORE_END - 4)],
  ['a core longer than its golden vectors', codes.BAD_GOLDEN, withCore(nothing, CORE_END + 4)],
  ['a core that is no multiple of 4', codes.BAD_GOLDEN, withCore(nothing, CORE_END - 1)],
  ['a golden observation of NaN', codes.NOT_FINITE, withCore(f32(CORE_END - 20, Number.NaN))],
  ['a golden action of NaN', codes.NOT_FINITE, withCore(f32(CORE_END - 4, Number.NaN))],
]

function sixteenLayers(core: DataView): void {
  core.setUint16(layout.LAYERS, 16, true)
  core.setUint32(layout.BOUNDS, layout.HEADER + 16 * layout.DESCRIPTOR, true)
}

/** Layer 1 as a second row would have it, with the actions left at 1: 3 more floats taken from the golden vectors. */
function moreRows(core: DataView): void {
  core.setUint16(LAYER_1 + layout.ROWS, 2, true)
  core.setUint32(layout.GOLDEN, DENSE_VALUES + 24, true)
}

it.each(REFUSALS)('the kernel refuses %s', (_, code, file) => {
  expect(TEXTS[validate(file)]).toBe(TEXTS[code])
})

it('the kernel takes the tiny file, with bounds or without, and none at an address that is not a multiple of 4', () => {
  expect(validate(withCore(nothing))).toBe(codes.FINE)
  expect(validate(withBounds(nothing))).toBe(codes.FINE)
  const kernel = newKernel(0)
  new Uint8Array(kernel.memory.buffer).set(TINY, 2)
  expect(kernel.validate(2, TINY.length)).toBe(codes.UNALIGNED)
})

it('the kernel refuses more than 64 MiB before it reads them', () => {
  const kernel = newKernel(0)
  new Uint8Array(kernel.memory.buffer).set(TINY)
  expect(kernel.validate(0, layout.MAX_FILE + 1)).toBe(codes.TOO_LONG)
})

it('every code has a text of its own', () => {
  const refusals = Object.values(codes).filter((code) => code !== codes.FINE)
  expect(new Set(refusals.map((code) => TEXTS[code])).size).toBe(refusals.length)
  for (const code of refusals) expect(TEXTS[code]).toMatch(/^[^\n]+: expected [^\n]+$/)
})
