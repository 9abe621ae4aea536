/** Parquet by hyparquet: columns of numbers, and of lists of as many numbers in every row. */
import { closeSync } from 'node:fs'
import type { AsyncBuffer, ColumnMetaData, FileMetaData, RowGroup, SchemaElement, SchemaTree } from 'hyparquet'
import { InputError } from '../../../runtime-as/errors.ts'
import { brief } from '../../files/brief.ts'
import { fileSource } from '../../files/file-source.ts'
import { openAs } from '../../files/open.ts'
import { arrayField, damaged, type Field, maxColumns, maxRows, requireSane } from '../log.ts'
import { durationsIn } from './arrow-schema.ts'
import { type Library, loadLibrary, numbersIn } from './parquet-pages.ts'

const maxFooter = 64 << 20
/** of a column in a group of rows */
const maxNumbers = 4e9

export interface ParquetColumn {
  field: Field
  /** numbers in a row */
  width: number
  isList: boolean
  /** of a duration, or of a time of day, whose unit is another: how many of its numbers are a second */
  perSecond: number
}

export class ParquetFile {
  readonly path: string
  readonly columns: ReadonlyMap<string, ParquetColumn>
  readonly groups: readonly RowGroup[]
  readonly #library: Library
  readonly #descriptor: number
  readonly #file: AsyncBuffer
  readonly #metadata: FileMetaData

  private constructor(
    path: string,
    library: Library,
    opened: { descriptor: number; file: AsyncBuffer },
    metadata: FileMetaData,
  ) {
    this.path = path
    this.#library = library
    this.#descriptor = opened.descriptor
    this.#file = opened.file
    this.#metadata = metadata
    this.groups = metadata.row_groups
    this.columns = columnsOf(library.parquetSchema(metadata), metadata, path)
  }

  static async open(path: string): Promise<ParquetFile> {
    const library = await loadLibrary(path)
    const { descriptor, size } = openAs(path, 'parquet')
    try {
      const file = bufferOf(path, descriptor, size)
      const end = new DataView(await file.slice(Math.max(0, size - 8)))
      if (size < 12 || end.getUint32(4) !== 0x50415231)
        throw new InputError(`${path}: a Parquet file that is cut short`)
      const footer = end.getUint32(0, true)
      if (footer > maxFooter || footer > size - 12)
        throw new InputError(
          `${path}: a Parquet file with a footer of ${footer} bytes, expected at most ${Math.min(maxFooter, Math.max(0, size - 12))}`,
        )
      const metadata = library.parquetMetadata(await file.slice(size - 8 - footer), { geoparquet: false })
      requireSizes(path, metadata, size)
      return new ParquetFile(path, library, { descriptor, file }, metadata)
    } catch (error) {
      closeSync(descriptor)
      throw damaged(path, 'a Parquet file', error)
    }
  }

  /** Numbers of a column in a group of rows, row after row, in pieces of any length. first: the group's first row in the file */
  async *numbers(
    { field, width, isList, perSecond }: ParquetColumn,
    group: RowGroup,
    first: number,
  ): AsyncGenerator<Float64Array> {
    const meta = group.columns.find(({ meta_data: one }) => one?.path_in_schema[0] === field.name)?.meta_data
    const { path } = this
    const expected = Number(group.num_rows) * width
    let count = 0
    try {
      if (!meta) throw new Error(`column ${brief(field.name)} is not in every group of rows`)
      const listOf = isList ? width : undefined
      const chunk = { path, library: this.#library, file: this.#file, metadata: this.#metadata, meta }
      for await (const numbers of numbersIn({ ...chunk, listOf, perSecond, firstRow: first })) {
        count += numbers.length
        yield numbers
      }
      if (count !== expected) throw new Error(`column ${brief(field.name)}: ${count} numbers, expected ${expected}`)
    } catch (error) {
      throw damaged(path, 'a Parquet file', error)
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

function columnsOf(schema: SchemaTree, metadata: FileMetaData, path: string): Map<string, ParquetColumn> {
  if (schema.children.length > maxColumns)
    throw new InputError(`${path}: ${schema.children.length} columns, expected at most ${maxColumns}`)
  const [group] = metadata.row_groups
  const durations = durationsIn(metadata.key_value_metadata?.find(({ key }) => key === 'ARROW:schema')?.value)
  return new Map(
    schema.children.map((child) => {
      const { name } = child.element
      const leaf = leafOf(child)
      const meta = group?.columns.find(({ meta_data: one }) => one?.path_in_schema[0] === name)?.meta_data
      const isList = leaf !== child
      const width = isList ? Number(meta?.num_values ?? 0) / Math.max(1, Number(group?.num_rows ?? 1)) : 1
      const element = leaf?.element
      const perSecond = perSecondOf(element) ?? (element?.type === 'INT64' ? durations.get(name) : undefined)
      const inSeconds = perSecond !== undefined || isTimestamp(element)
      const field = { ...fieldOf(name, leaf, width, isList), ...(inSeconds && { inSeconds }) }
      return [name, { field, width, isList, perSecond: perSecond ?? 1 }]
    }),
  )
}

/** The numbers within lists; undefined where there are none. */
function leafOf(tree: SchemaTree): SchemaTree | undefined {
  let at = tree
  for (let depth = 0; at.children.length === 1 && depth < 3; depth++) at = at.children[0]
  return at.children.length === 0 ? at : undefined
}

const units = { MILLIS: 1e3, MICROS: 1e6, NANOS: 1e9 }

/** Of a time of day. Timestamps are seconds when they come out of their page. */
function perSecondOf({ converted_type: converted, logical_type: logical }: Partial<SchemaElement> = {}) {
  if (logical?.type === 'TIME') return units[logical.unit]
  return converted === 'TIME_MILLIS' ? units.MILLIS : converted === 'TIME_MICROS' ? units.MICROS : undefined
}

const isTimestamp = ({ converted_type: converted, logical_type: logical }: Partial<SchemaElement> = {}): boolean =>
  logical?.type === 'TIMESTAMP' || converted === 'TIMESTAMP_MILLIS' || converted === 'TIMESTAMP_MICROS'

function fieldOf(name: string, leaf: SchemaTree | undefined, width: number, isList: boolean): Field {
  const { type, converted_type: converted, logical_type: logical } = leaf?.element ?? {}
  const numeric = type !== undefined && ['BOOLEAN', 'INT32', 'INT64', 'FLOAT', 'DOUBLE'].includes(type)
  const half = type === 'FIXED_LEN_BYTE_ARRAY' && logical?.type === 'FLOAT16'
  if ((!numeric && !half) || converted === 'DECIMAL')
    return {
      name,
      columns: [name],
      unusable: `no numbers (${leaf ? (logical?.type ?? converted ?? type) : 'a structure'})`,
    }
  if (!Number.isInteger(width)) return { name, columns: [name], unusable: 'lists of different lengths' }
  return isList ? arrayField(name, [0, width]) : { name, columns: [name] }
}

function requireSizes(path: string, { row_groups: groups, num_rows: count }: FileMetaData, size: number): void {
  const rows = groups.reduce((sum, group) => sum + Number(group.num_rows), 0)
  if (!(rows >= 0 && rows <= maxRows) || rows !== Number(count))
    throw new InputError(`${path}: ${rows} rows in groups and ${count} in all, expected the same, at most ${maxRows}`)
  for (const group of groups) for (const { meta_data: meta } of group.columns) if (meta) requireColumn(path, meta, size)
}

function requireColumn(path: string, meta: ColumnMetaData, size: number): void {
  const from = Number(meta.dictionary_page_offset || meta.data_page_offset)
  const bytes = Number(meta.total_compressed_size)
  const name = brief(meta.path_in_schema.join('.'))
  if (!(from >= 0 && bytes >= 0 && from + bytes <= size))
    throw new InputError(`${path}: column ${name}: ends at byte ${from + bytes} of ${size}: cut short`)
  const values = Number(meta.num_values)
  if (!(values >= 0 && values <= maxNumbers))
    throw new InputError(
      `${path}: column ${name}: ${values} numbers in a group of rows, expected at most ${maxNumbers}`,
    )
  requireSane(path, `column ${name}`, Number(meta.total_uncompressed_size), size)
}

function bufferOf(path: string, descriptor: number, size: number): AsyncBuffer {
  const source = fileSource(descriptor, size)
  return {
    byteLength: size,
    slice(start, end = size) {
      const bytes = source.at(start, end - start)
      if (bytes.length !== end - start) throw new InputError(`${path}: cut short while it was read`)
      return bytes.buffer as ArrayBuffer
    },
  }
}
