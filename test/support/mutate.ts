/** Files to start from, of every form, type of value and column, and changes to them that know the format. */

import { NETWORK_VALUES, type Network, type Outside } from '../../runtime-as/format/network.ts'
import * as layout from '../../runtime-as/kernel/assembly/layout.ts'
import { randomNetwork } from './networks.ts'
import { quantisedFile } from './quantised.ts'

const SHAPES: (() => [network: Network, squash?: 'clip'])[] = [
  () => [randomNetwork([4, 12, 3], [0.4, 0.5])],
  () => [randomNetwork([3, 9, 7, 2], [1, 0.2, 1])],
  () => [randomNetwork([300, 6, 1], [0.02, 0.4])],
  () => [randomNetwork([5, 8, 2], [0.3, 0.3], { hidden: 'none', squash: 'clip' }), 'clip'],
  () => [randomNetwork([1, 1], 1)],
]

/** Every other shape with bounds of its observations. */
export const seedFiles = (): Uint8Array[] =>
  NETWORK_VALUES.flatMap((values, k) =>
    SHAPES.map((shape, i) => {
      const [network, squash] = shape()
      return quantisedFile(network, values, squash, [undefined, 'clamp', undefined, 'refuse'][(i + k) % 4] as Outside)
    }),
  )

const INTERESTING = [
  0, 1, 2, 3, 4, 5, 0x1f, 0x7f, 0x80, 0xff, 0x100, 0xfff, 0x1000, 0x7c00, 0x7f80, 0xffff, 0x7f800000, 0xfffffffc,
]

/** offset and bytes of every field of the header and of a descriptor */
const HEADER: [at: number, bytes: number][] = [
  ...[layout.MAGIC, layout.CORE_BYTES, layout.PERIOD, layout.BOUNDS, layout.GOLDEN].map((at): [number, number] => [
    at,
    4,
  ]),
  ...[layout.LAYERS, layout.OBSERVATIONS, layout.ACTIONS, layout.WIDEST, layout.GOLDENS].map((at): [number, number] => [
    at,
    2,
  ]),
  [layout.SQUASH, 1],
  [layout.OUTSIDE, 1],
]
const DESCRIPTOR: [at: number, bytes: number][] = [
  ...[layout.FORM, layout.ACTIVATION, layout.VALUE_TYPE, layout.COLUMN_TYPE].map((at): [number, number] => [at, 1]),
  ...[layout.ROWS, layout.COLUMNS].map((at): [number, number] => [at, 2]),
  ...[layout.RUNS_AT, layout.VALUES_AT, layout.COLUMNS_AT, layout.SCALES_AT].map((at): [number, number] => [at, 4]),
]

/** A copy of `file` with one to three changes, its CRC as it was. random: uniform in [0, 1) */
export function mutated(file: Uint8Array, random: () => number): Uint8Array {
  let copy: Uint8Array = file.slice()
  for (let n = 1 + Math.floor(3 * random()); n > 0; n--) copy = changed(copy, random)
  return copy
}

function changed(file: Uint8Array, random: () => number): Uint8Array {
  // cut before
  if (file.length < layout.CORE + layout.HEADER) return file
  const below = (limit: number) => Math.floor(random() * limit)
  const view = new DataView(file.buffer)
  const core = Math.min(view.getUint32(layout.CORE_BYTES_BE), file.length - layout.CORE)
  const layers = Math.min(16, view.getUint16(layout.CORE + layout.LAYERS, true))
  const how = random()
  if (how < 0.35) {
    // a field
    const header = random() < 0.3 || layers === 0
    const fields = header ? HEADER : DESCRIPTOR
    const [field, bytes] = fields[below(fields.length)]
    const at = layout.CORE + field + (header ? 0 : layout.HEADER + below(layers) * layout.DESCRIPTOR)
    if (at + 4 <= file.length) setField(view, at, bytes, random)
  } else if (how < 0.6) {
    // in the parts behind the descriptors: runs, heads, values, columns, golden vectors
    const head = layout.HEADER + layers * layout.DESCRIPTOR
    const bytes = [1, 2, 4][below(3)]
    const at = layout.CORE + head + bytes * below(Math.max(1, core - head) / bytes)
    if (at + 4 <= file.length) setField(view, at, bytes, random)
  } else if (how < 0.75) file[below(file.length)] = below(256)
  else if (how < 0.85) file[layout.CORE + below(core)] ^= 1 << below(8)
  else return resized(file, random)
  return file
}

function setField(view: DataView, at: number, bytes: number, random: () => number): void {
  const kind = random()
  const put = (change: (old: number) => number) => {
    if (bytes === 1) view.setUint8(at, change(view.getUint8(at)))
    else if (bytes === 2) view.setUint16(at, change(view.getUint16(at, true)), true)
    else view.setUint32(at, change(view.getUint32(at, true)), true)
  }
  if (kind < 0.4) put((old) => old + [1, -1, 2, -2, 4, -4][Math.floor(6 * random())])
  else put(() => INTERESTING[Math.floor(INTERESTING.length * random())])
}

/** A word of the core more or less, both lengths made to fit; or the file cut, or longer. */
function resized(file: Uint8Array, random: () => number): Uint8Array {
  const at = layout.CORE + 4 * Math.floor((random() * (file.length - layout.CORE)) / 4)
  const how = random()
  if (how < 0.2) return file.slice(0, at)
  if (how < 0.3) return Uint8Array.of(...file, 0)
  const less = how < 0.65
  const result = less
    ? Uint8Array.of(...file.subarray(0, at), ...file.subarray(at + 4))
    : Uint8Array.of(...file.subarray(0, at), ...file.subarray(at, at + 4), ...file.subarray(at))
  const view = new DataView(result.buffer)
  if (result.length < layout.CORE + layout.HEADER) return file
  const bytes = view.getUint32(layout.CORE_BYTES_BE) + (less ? -4 : 4)
  view.setUint32(layout.CORE_BYTES_BE, bytes)
  view.setUint32(layout.CORE + layout.CORE_BYTES, bytes, true)
  return result
}
