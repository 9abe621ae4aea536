/** Whether SPEC.md allows a file, written from that page alone and apart from the kernel's `validate`: by reading every part in turn, slowly. */
import { crc32 } from 'node:zlib'

export class Refused extends Error {}

export function need(condition: boolean): void {
  if (!condition) throw new Refused()
}

/** Reads little-endian numbers one after another; running out of bytes refuses. */
export class Reader {
  at = 0
  readonly view: DataView
  constructor(view: DataView) {
    this.view = view
  }
  #next(bytes: number): number {
    need(this.at + bytes <= this.view.byteLength)
    this.at += bytes
    return this.at - bytes
  }
  i8 = () => this.view.getInt8(this.#next(1))
  u8 = () => this.view.getUint8(this.#next(1))
  u16 = () => this.view.getUint16(this.#next(2), true)
  u32 = () => this.view.getUint32(this.#next(4), true)
  i32 = () => this.view.getInt32(this.#next(4), true)
  f32 = () => finite(this.view.getFloat32(this.#next(4), true))
  half = () => finite(this.view.getFloat16(this.#next(2), true))
  upper = () => finite(new Float32Array(Uint32Array.of(this.u16() << 16).buffer)[0])
  pad() {
    while (this.at % 4 !== 0) need(this.u8() === 0)
  }
}

function finite(x: number): number {
  need(Number.isFinite(x))
  return x
}

export const times = <T>(count: number, item: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => item(i))

/** Of the file's first four parts; the contract is not looked at. */
export function isAllowed(file: Uint8Array): boolean {
  try {
    readFile(file)
    return true
  } catch (error) {
    if (error instanceof Refused) return false
    throw error
  }
}

function readFile(file: Uint8Array): void {
  const latin = (from: number, to: number) => Buffer.from(file.subarray(from, to)).toString('latin1')
  need(file.length >= 61 && file.length <= 64 * 2 ** 20)
  need(latin(0, 12) === '\x84\xa3bpd\x01\xa4core\xc6')
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  const bytes = view.getUint32(12)
  need(bytes >= 36 && 16 + bytes + 9 <= file.length)
  need(latin(file.length - 9, file.length - 4) === '\xa3crc\xce')
  need(view.getUint32(file.length - 4) === crc32(file.subarray(0, -4)))
  readCore(new Reader(new DataView(file.buffer, file.byteOffset + 16, bytes)))
}

function readCore(core: Reader): void {
  const bytes = core.view.byteLength
  need(core.u32() === 0x31647062 && core.u32() === bytes)
  const [layers, observations, actions, widest] = [core.u16(), core.u16(), core.u16(), core.u16()]
  const [squash, outside, goldens, period] = [core.u8(), core.u8(), core.u16(), core.u32()]
  core.u32()
  need(inRange(layers, 16) && inRange(observations, 4096) && inRange(actions, 4096) && inRange(goldens, 16))
  need(squash <= 1 && outside <= 2 && period > 0)
  const [boundsAt, goldenAt] = [core.u32(), core.u32()]
  const descriptors = times(layers, () => readDescriptor(core))
  need(core.at === boundsAt)
  const [low, high, failsafe] = times(3, () => times(actions, core.f32))
  need(failsafe.every((x, i) => low[i] <= x && x <= high[i]))
  const [lowest, highest] = times(2, () => times(outside ? observations : 0, core.f32))
  need(lowest.every((x, i) => x <= highest[i]))

  const fixed = descriptors[0].values === 3
  const hidden = descriptors.slice(0, -1)
  for (const [i, layer] of descriptors.entries()) {
    need(layer.columns === (i === 0 ? observations : descriptors[i - 1].rows))
    need((layer.values === 3) === fixed)
    need(!(fixed && layer.activation === 2 && i < layers - 1))
    readLayer(core, layer, { multipliers: fixed && i === 0, scales: fixed && i === layers - 1 })
  }
  const last = descriptors[layers - 1]
  need(last.rows === actions && last.activation === (squash === 1 ? 2 : 0))
  need(widest === Math.max(fixed ? observations : 0, ...hidden.map(({ rows }) => rows)))
  need(core.at === goldenAt)
  for (let i = goldens * (observations + actions); i > 0; i--) core.f32()
  need(core.at === bytes)
}

const inRange = (x: number, most: number): boolean => x >= 1 && x <= most

export function readDescriptor(core: Reader) {
  const [form, activation, values, columnType] = [core.u8(), core.u8(), core.u8(), core.u8()]
  const [rows, columns] = [core.u16(), core.u16()]
  const [runsAt, valuesAt, columnsAt, scalesAt] = [core.u32(), core.u32(), core.u32(), core.u32()]
  need(form <= 1 && activation <= 2 && values <= 3 && columnType <= 2 && (form === 0) === (columnType === 0))
  need(inRange(rows, 4096))
  return { form, activation, values, columnType, rows, columns, runsAt, valuesAt, columnsAt, scalesAt }
}

export type Descriptor = ReturnType<typeof readDescriptor>

function readLayer(core: Reader, layer: Descriptor, has: { multipliers: boolean; scales: boolean }): void {
  const { form, values, columnType, rows, columns } = layer
  const lengths: number[] = []
  need(layer.runsAt === (form === 0 ? 0 : core.at))
  if (form === 0) lengths.push(...times(rows, () => columns))
  while (lengths.length < rows) {
    const [length, count] = [core.u16(), core.u16()]
    need(length <= columns && count > 0 && lengths.length + count <= rows)
    lengths.push(...times(count, () => length))
  }
  need(layer.scalesAt === (values < 2 ? 0 : core.at))
  if (has.multipliers) times(columns, core.f32)
  if (values === 2) times(rows, () => [core.half(), core.upper()])
  if (values === 3) times(rows, core.u32)
  if (has.scales) times(rows, core.f32)
  need(layer.valuesAt === core.at)
  const value = [core.f32, core.half, core.u8, core.u8][values]
  const biases = values < 2 ? rows : 0
  for (let left = biases + lengths.reduce((sum, n) => sum + n, 0); left > 0; left--) value()
  core.pad()
  need(layer.columnsAt === (form === 0 ? 0 : core.at))
  if (form === 0) return
  for (const length of lengths) {
    let least = 0
    for (let k = 0; k < length; k++) {
      const column = columnType === 1 ? core.u8() : core.u16()
      need(column >= least && column < columns)
      least = column + 1
    }
  }
  core.pad()
}
