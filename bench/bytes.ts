/** Bytes of the paper's pendulum student (1,108 weights, 160 live units), everything included, for each type of value, as one JSON object. */
import { fileURLToPath } from 'node:url'
import { decodePolicy } from '../runtime-as/format/decode.ts'
import { VALUE_TYPES, type ValueType } from '../runtime-as/format/network.ts'
import { paperFile } from './board-cases.ts'

/** what the file may take; int8-fixed was set none */
export const LIMITS: Partial<Record<ValueType, number>> = { f32: 6800, f16: 4300, int8: 3500 }

export function measureBytes() {
  return VALUE_TYPES.map((values) => {
    const file = paperFile(values)
    const { weights, coreBytes, goldens } = decodePolicy(file, values)
    return { values, bytes: file.length, limit: LIMITS[values], coreBytes, weights, goldens: goldens.length }
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify({ case: 'pendulum-paper', rows: measureBytes() }, null, 2))
}
