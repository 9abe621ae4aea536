/** Parquet by hyparquet, a group of rows at a time: columns of numbers, and of lists of as many numbers in every row. */
import { closeSync } from 'node:fs'
import zlib from 'node:zlib'
import type { AsyncBuffer, ColumnMetaData, Compressors, FileMetaData, RowGroup, SchemaTree } from 'hyparquet'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { brief } from '../../files/brief.ts'
import { openAs } from '../../files/open.ts'
import { fileSource } from '../../files/source.ts'
import { arrayField, damaged, type Field, maxColumns, maxRows, requireSane } from '../log.ts'

type Library = typeof import('hyparquet')

const maxFooter = 64 << 20
/** numbers of a column in a group of rows, which is unpacked whole; and in a page of it */
const [maxInGroup, maxInPage] = [64 << 20, 8 << 20]
const maxPageBytes = 256 << 20

export interface ParquetColumn {
  field: Field
  /** numbers in a row */
  width: number
  isList: boolean
}

/** What `import` of the library gives; its pages are read by a module of its own. */
interface Parts {
  library: Library
  parquetHeader: typeof import('hyparquet/src/column.js')['parquetHeader']
}

export class ParquetFile {
  readonly path: string
  readonly columns: ReadonlyMap<string, ParquetColumn>
  readonly groups: readonly RowGroup[]
  readonly #parts: Parts
  readonly #descriptor: number
  readonly #file: AsyncBuffer
  readonly #metadata: FileMetaData

  private constructor(
    path: string,
    parts: Parts,
    opened: { descriptor: number; file: AsyncBuffer },
    metadata: FileMetaData,
  ) {
    this.path = path
    this.#parts = parts
    this.#descriptor = opened.descriptor
    this.#file = opened.file
    this.#metadata = metadata
    this.groups = metadata.row_groups
    this.columns = columnsOf(parts.library.parquetSchema(metadata), metadata, path)
  }

  static async open(path: string): Promise<ParquetFile> {
    const parts = await load(path)
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
      const metadata = parts.library.parquetMetadata(await file.slice(size - 8 - footer), { geoparquet: false })
      requireSizes(path, metadata, size)
      return new ParquetFile(path, parts, { descriptor, file }, metadata)
    } catch (error) {
      closeSync(descriptor)
      throw damaged(path, 'a Parquet file', error)
    }
  }

  /** All numbers of a column in a group of rows, (rows, width). first: the group's first row in the file */
  async read(column: ParquetColumn, group: RowGroup, first: number): Promise<Float64Array> {
    const { name } = column.field
    const { path } = this
    const count = Number(group.num_rows)
    const numbers = new Float64Array(count * column.width)
    try {
      await this.#checkPages(name, group)
      let filled = 0
      let refused: unknown
      await this.#parts.library.parquetRead({
        file: this.#file,
        metadata: this.#metadata,
        columns: [name],
        rowStart: first,
        rowEnd: first + count,
        compressors,
        utf8: false,
        onChunk: ({ columnData, rowStart }) => {
          // what is thrown here nobody catches
          try {
            filled = copyRows(columnData, numbers, (rowStart - first) * column.width, column, (row, what) => {
              throw new InputError(`${path}: column ${brief(name)}, row ${rowStart + row}: ${what}`)
            })
          } catch (error) {
            refused ??= error
          }
        },
      })
      if (refused) throw refused
      if (filled !== numbers.length)
        throw new Error(`column ${brief(name)}: ${filled} numbers, expected ${numbers.length}`)
      return numbers
    } catch (error) {
      throw damaged(path, 'a Parquet file', error)
    }
  }

  /** Before any page is unpacked: what its header says it becomes. */
  async #checkPages(name: string, group: RowGroup): Promise<void> {
    for (const { meta_data: meta } of group.columns) {
      if (!meta || meta.path_in_schema[0] !== name) continue
      const from = Number(meta.dictionary_page_offset || meta.data_page_offset)
      const bytes = await this.#file.slice(from, from + Number(meta.total_compressed_size))
      const reader = { view: new DataView(bytes), offset: 0 }
      while (reader.offset < bytes.byteLength - 1) {
        const header = this.#parts.parquetHeader(reader)
        const said = header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header
        const [values, unpacked, packed] = [
          said?.num_values ?? 0,
          header.uncompressed_page_size,
          header.compressed_page_size,
        ]
        if (!(values >= 0 && values <= maxInPage && unpacked >= 0 && unpacked <= maxPageBytes && packed >= 0))
          throw new InputError(
            `${this.path}: column ${brief(name)}: a page of ${values} numbers in ${unpacked} bytes, expected at most ${maxInPage} in ${maxPageBytes}`,
          )
        reader.offset += packed
      }
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

/** Copies a chunk's rows to `at` and on; gives where they end. refuse: of a row within the chunk */
function copyRows(
  rows: ArrayLike<unknown>,
  into: Float64Array,
  at: number,
  { width, isList }: ParquetColumn,
  refuse: (row: number, what: string) => never,
): number {
  let to = at
  for (let row = 0; row < rows.length; row++) {
    const cell = rows[row]
    if (!isList) {
      into[to++] = numberOf(cell)
      continue
    }
    const list = cell as ArrayLike<unknown> | null | undefined
    if (list?.length !== width)
      refuse(row, `a list of ${list?.length ?? 'no'} numbers, expected ${width} as in other rows`)
    for (let i = 0; i < width; i++) into[to++] = numberOf(list![i])
  }
  return to
}

/** Dates in seconds; NaN for what is missing. */
const numberOf = (cell: unknown): number =>
  cell === null || cell === undefined ? Number.NaN : cell instanceof Date ? cell.getTime() / 1000 : Number(cell)

function columnsOf(schema: SchemaTree, metadata: FileMetaData, path: string): Map<string, ParquetColumn> {
  if (schema.children.length > maxColumns)
    throw new InputError(`${path}: ${schema.children.length} columns, expected at most ${maxColumns}`)
  const [group] = metadata.row_groups
  return new Map(
    schema.children.map((child) => {
      const { name } = child.element
      const leaf = leafOf(child)
      const meta = group?.columns.find(({ meta_data: one }) => one?.path_in_schema[0] === name)?.meta_data
      const isList = leaf !== child
      const width = isList ? Number(meta?.num_values ?? 0) / Math.max(1, Number(group?.num_rows ?? 1)) : 1
      return [name, { field: fieldOf(name, leaf, width, isList), width, isList }]
    }),
  )
}

/** The numbers within lists; undefined where there are none. */
function leafOf(tree: SchemaTree): SchemaTree | undefined {
  let at = tree
  for (let depth = 0; at.children.length === 1 && depth < 3; depth++) at = at.children[0]
  return at.children.length === 0 ? at : undefined
}

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
  if (!(values >= 0 && values <= maxInGroup))
    throw new InputError(
      `${path}: column ${name}: ${values} numbers in a group of rows, expected at most ${maxInGroup}`,
    )
  requireSane(path, `column ${name}`, Number(meta.total_uncompressed_size), size)
}

const compressors: Compressors = {
  GZIP: (bytes, length) => zlib.gunzipSync(bytes, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (bytes, length) => zlib.zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (bytes, length) => zlib.brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, length) }),
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

async function load(path: string): Promise<Parts> {
  try {
    const [library, { parquetHeader }] = await Promise.all([import('hyparquet'), import('hyparquet/src/column.js')])
    return { library, parquetHeader }
  } catch {
    throw new FailedError(`${path}: a Parquet file, expected the package hyparquet to read it: npm install hyparquet`)
  }
}
