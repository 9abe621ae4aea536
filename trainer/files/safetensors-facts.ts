/** What the header of a safetensors file says it holds, without a look at the data. */
import { parseJson } from './json.ts'
import type { Source } from './source.ts'

/** bytes of a header; no file of ours is near it */
export const MAX_HEADER = 16 << 20
/** Objects, lists and entries of a header: some ten a tensor. */
export const HEADER_BUDGET = { items: 200_000, depth: 4 }

export interface Facts {
  /** metadata `format`, '' without */
  format: string
  /** of the tensors */
  names: string[]
  /** what the metadata have entries for */
  said: string[]
}

/** Undefined: no safetensors file. */
export function readFacts(source: Source): Facts | 'damaged' | undefined {
  const start = source.at(0, 9)
  if (start.length < 9 || start[8] !== 0x7b) return undefined
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true))
  if (length > MAX_HEADER) return undefined
  try {
    const header = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(source.at(8, length)), HEADER_BUDGET)
    const { __metadata__: metadata, ...tensors } = header as Record<string, unknown>
    const entries = (metadata ?? {}) as Record<string, unknown>
    const { format } = entries
    return { format: typeof format === 'string' ? format : '', names: Object.keys(tensors), said: Object.keys(entries) }
  } catch {
    return 'damaged'
  }
}
