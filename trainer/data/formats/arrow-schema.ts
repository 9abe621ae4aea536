/**
 * Which columns of a Parquet file are durations. Parquet has no such type: they are whole numbers there, and only Arrow's own schema, which its
 * writers leave in the metadata as a message of FlatBuffers in Base64, says so, and in which unit.
 */

import { maxColumns } from '../log.ts'

/** bytes: names that overlap in a hostile file would be more than it has */
const maxName = 4096
/** in a second, by Arrow's TimeUnit */
const units = [1, 1e3, 1e6, 1e9]
const SCHEMA = 1
const DURATION = 18

/** How many of a column's numbers are a second, by the columns that are durations. Throws where the text is no schema. */
export function durationsIn(base64: string | undefined): Map<string, number> {
  if (!base64) return new Map()
  const bytes = Buffer.from(base64, 'base64')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  // behind its length, before which newer writers put a mark
  const start = view.getUint32(0, true) === 0xffffffff ? 8 : 4
  const message = tableAt(view, start)
  if (message.byte(1) !== SCHEMA) throw new Error('an Arrow schema that is none')
  const fields = message.table(2)?.tables(1) ?? []
  return new Map(
    fields.flatMap((field) => {
      if (field.byte(2) !== DURATION) return []
      // milliseconds where none is written
      const perSecond = units[field.table(3)?.short(0) ?? 1]
      if (perSecond === undefined) throw new Error('an Arrow schema with a unit of time that is not known')
      return [[field.text(0), perSecond] as const]
    }),
  )
}

/** A table of FlatBuffers: what it has, by the number of the entry. */
interface Table {
  byte(entry: number): number | undefined
  short(entry: number): number | undefined
  text(entry: number): string
  table(entry: number): Table | undefined
  tables(entry: number): Table[]
}

/** The table that the offset at `at` leads to. */
function tableAt(view: DataView, at: number): Table {
  const table = at + view.getUint32(at, true)
  const entries = table - view.getInt32(table, true)
  const size = view.getUint16(entries, true)
  const place = (entry: number): number | undefined => {
    const offset = 4 + 2 * entry < size ? view.getUint16(entries + 4 + 2 * entry, true) : 0
    return offset === 0 ? undefined : table + offset
  }
  const read = <T>(entry: number, how: (at: number) => T): T | undefined => {
    const there = place(entry)
    return there === undefined ? undefined : how(there)
  }
  /** where the items of a list begin, and how many it has */
  const list = (there: number): [first: number, count: number] => {
    const vector = there + view.getUint32(there, true)
    return [vector + 4, view.getUint32(vector, true)]
  }
  return {
    byte: (entry) => read(entry, (there) => view.getUint8(there)),
    short: (entry) => read(entry, (there) => view.getInt16(there, true)),
    table: (entry) => read(entry, (there) => tableAt(view, there)),
    text: (entry) =>
      read(entry, (there) => {
        const [first, count] = list(there)
        if (count > maxName) throw new Error(`an Arrow schema with a name of ${count} bytes`)
        return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('utf8', first, first + count)
      }) ?? '',
    tables: (entry) =>
      read(entry, (there) => {
        const [first, count] = list(there)
        if (count > maxColumns) throw new Error(`an Arrow schema of ${count} columns`)
        return Array.from({ length: count }, (_, i) => tableAt(view, first + 4 * i))
      }) ?? [],
  }
}
