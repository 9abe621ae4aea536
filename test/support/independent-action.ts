/** What a policy computes, written from SPEC.md alone: from a file's bytes to an action. The constants of tanh are read out of the page. */
import { readFileSync } from 'node:fs'
import { type Descriptor, Reader, readDescriptor, times } from './independent.ts'

const f32 = Math.fround
export const page = readFileSync(new URL('../../runtime-as/format/SPEC.md', import.meta.url), 'utf8')

const fromBits = (hex: string): number => {
  const word = new DataView(new ArrayBuffer(4))
  word.setUint32(0, Number.parseInt(hex, 16))
  return word.getFloat32(0)
}

/** rows of the table under "tanh" */
export const constants = [...page.matchAll(/^\| ([Lpq]\d?) +\| ([0-9a-f]{8}) \| ([\d.e-]+) +\|$/gm)].map(
  ([, name, bits, decimal]) => ({ name, value: fromBits(bits), decimal: Number(decimal) }),
)
const of = (name: string): number => constants.find((constant) => constant.name === name)!.value

export function tanh(x: number): number {
  if (x > of('L')) return 1
  if (x < -of('L')) return -1
  const u = f32(x * x)
  const [p, q] = ['p', 'q'].map((letter) => {
    let sum = f32(f32(of(`${letter}4`) * u) + of(`${letter}3`))
    for (const constant of [of(`${letter}2`), of(`${letter}1`), 1]) sum = f32(f32(sum * u) + constant)
    return sum
  })
  const y = f32(f32(x * p) / q)
  return y > 1 ? 1 : y < -1 ? -1 : y
}

/** A row as the file has it: the products in their order. */
interface Row {
  bias: number
  scale: number
  head: number
  terms: { column: number; weight: number }[]
}

/** The action of an allowed file. */
export function actionOf(file: Uint8Array, observation: ArrayLike<number>): Float32Array {
  const bytes = new DataView(file.buffer, file.byteOffset).getUint32(12)
  const core = new Reader(new DataView(file.buffer, file.byteOffset + 16, bytes))
  core.at = 8
  const [layers, observations, actions] = [core.u16(), core.u16(), core.u16()]
  core.at = 16
  const [squash, outside] = [core.u8(), core.u8()]
  core.at = 36
  const descriptors = times(layers, () => readDescriptor(core))
  const [low, high, failsafe] = times(3, () => times(actions, core.f32))
  const [lowest, highest] = times(2, () => times(outside ? observations : 0, core.f32))
  const refused = Float32Array.from(failsafe)

  let x = Array.from({ length: observations }, (_, i) => f32(observation[i]))
  const isOutside = x.map((value, i) => outside !== 0 && (value < lowest[i] || value > highest[i]))
  if (outside && x.some(Number.isNaN)) return refused
  if (outside === 2 && isOutside.includes(true)) return refused
  x = x.map((value, i) => (isOutside[i] ? (value < lowest[i] ? lowest[i] : highest[i]) : value))
  for (const [i, layer] of descriptors.entries()) {
    const last = i === layers - 1
    const fixed = layer.values === 3
    const { multipliers, rows } = readRows(core, layer, fixed && i === 0, fixed && last)
    if (multipliers) {
      const v = x.map((value, k) => f32(value * multipliers[k]))
      if (v.some(Number.isNaN)) return refused
      x = v.map(toWhole)
    }
    x = rows.map((row) => rowOf(layer, row, x, last))
  }
  return Float32Array.from(x, (z, i) => {
    const [l, h] = [f32(low[i] / 2), f32(high[i] / 2)]
    const a = squash === 1 ? f32(f32(l + h) + f32(f32(h - l) * z)) : z
    return a < low[i] ? low[i] : a > high[i] ? high[i] : Number.isNaN(a) ? failsafe[i] : a
  })
}

const limited = (a: number): number => (a < -32767 ? -32767 : a > 32767 ? 32767 : a)

/** To the nearest whole number, ties to even. */
function toWhole(v: number): number {
  const clamped = limited(v)
  const below = Math.floor(clamped)
  const part = clamped - below
  return part < 0.5 || (part === 0.5 && below % 2 === 0) ? below : below + 1
}

function rowOf({ values, activation }: Descriptor, { bias, scale, head, terms }: Row, x: number[], last: boolean) {
  let a = values === 3 ? head : values === 2 ? 0 : bias
  for (const { column, weight } of terms)
    a = values === 3 ? (a + weight * x[column]) | 0 : f32(a + f32(weight * x[column]))
  if (values === 3 && !last) return limited((activation === 1 && a < 0 ? 0 : a) >> (head & 31))
  if (values === 3) a = f32(scale * f32(a))
  if (values === 2) a = f32(bias + f32(scale * a))
  if (activation === 1) return a <= 0 ? 0 : a
  return activation === 2 ? tanh(a) : a
}

function readRows(core: Reader, layer: Descriptor, hasMultipliers: boolean, hasScales: boolean) {
  const { form, values, columnType, rows, columns } = layer
  const lengths: number[] = form === 0 ? times(rows, () => columns) : []
  while (lengths.length < rows) {
    const [length, count] = [core.u16(), core.u16()]
    lengths.push(...times(count, () => length))
  }
  const multipliers = hasMultipliers ? times(columns, core.f32) : undefined
  const made: Row[] = lengths.map(() => ({ bias: 0, scale: 0, head: 0, terms: [] }))
  for (const row of made) if (values === 2) [row.bias, row.scale] = [core.half(), core.upper()]
  for (const row of made) if (values === 3) row.head = core.i32()
  for (const row of made) if (hasScales) row.scale = core.f32()
  const value = [core.f32, core.half, core.i8, core.i8][values]
  // four rows at a time lie beside one another
  const together = form === 0 && values === 0 ? 4 : 1
  for (let row = 0; row < rows; ) {
    const group = made.slice(row, row + (rows - row >= together ? together : 1))
    if (values < 2) for (const one of group) one.bias = value()
    for (let k = 0; k < lengths[row]; k++) for (const one of group) one.terms.push({ column: k, weight: value() })
    row += group.length
  }
  core.pad()
  if (form === 1)
    for (const { terms } of made) for (const term of terms) term.column = columnType === 1 ? core.u8() : core.u16()
  core.pad()
  return { multipliers, rows: made }
}
