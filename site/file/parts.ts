/** Where the bytes of a .bpd file go. */
import { openPolicy } from '../../runtime-as/format/decode.ts'
import { policyIn } from '../../runtime-as/format/envelope.ts'
import * as layout from '../../runtime-as/kernel/assembly/layout.ts'

export interface Part {
  name: string
  bytes: number
}

/** Their sum is the file. bytes: of a file that `decodePolicy` takes */
export function partsOf(bytes: Uint8Array, name: string): Part[] {
  const { core } = openPolicy(bytes, name)
  const layers = core.getUint16(layout.LAYERS, true)
  const [observations, actions] = [layout.OBSERVATIONS, layout.ACTIONS].map((at) => core.getUint16(at, true))
  const header = layout.HEADER + layers * layout.DESCRIPTOR
  const goldens = 4 * core.getUint16(layout.GOLDENS, true) * (observations + actions)
  const bounded = core.getUint8(layout.OUTSIDE) !== layout.UNBOUNDED
  const bounds = 4 * (3 * actions + (bounded ? 2 * observations : 0))
  const starts = [layout.RUNS_AT, layout.VALUES_AT, layout.COLUMNS_AT, layout.SCALES_AT]
  const ends = [layout.GOLDEN, layout.BOUNDS].map((at) => core.getUint32(at, true))
  const begins = Array.from({ length: layers }, (_, i) => {
    const at = layout.HEADER + i * layout.DESCRIPTOR
    return Math.min(...starts.map((start) => core.getUint32(at + start, true)).filter((start) => start > 0))
  })
  const ofLayers = begins.map((begin, i) => {
    const end = Math.min(...[...begins, ...ends, core.byteLength].filter((place) => place > begin))
    return { name: `layer ${i + 1}`, bytes: end - begin }
  })
  const known = [{ name: 'header', bytes: header }, ...ofLayers, { name: 'bounds', bytes: bounds }]
  known.push({ name: 'golden vectors', bytes: goldens })
  const padding = core.byteLength - known.reduce((sum, part) => sum + part.bytes, 0)
  if (padding > 0) known.push({ name: 'padding', bytes: padding })
  const file = policyIn(bytes, name).length
  known.push({ name: 'contract, checksum', bytes: file - core.byteLength })
  if (file < bytes.length) known.push({ name: 'envelope, signature', bytes: bytes.length - file })
  return known
}
