/**
 * Numbers of one column of a Parquet file, page by page: lists end to end, so that a million rows are never a million arrays. The pages are decoded
 * by modules of hyparquet that its front door puts rows together with.
 */
import zlib from 'node:zlib'
import type { AsyncBuffer, ColumnMetaData, Compressors, FileMetaData, ParquetParsers } from 'hyparquet'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { brief } from '../../files/brief.ts'
import { readHybrid } from './parquet-levels.ts'

const maxHeader = 1 << 20
/** of a page, unpacked */
const [maxNumbers, maxBytes] = [8 << 20, 256 << 20]

/** What `import` of the library gives. */
export type Library = Awaited<ReturnType<typeof load>>

async function load() {
  const [
    front,
    { parquetHeader },
    { decompressPage },
    { byteStreamSplit },
    { deltaBinaryUnpack },
    values,
    schema,
    plain,
  ] = await Promise.all([
    import('hyparquet'),
    import('hyparquet/src/column.js'),
    import('hyparquet/src/datapage.js'),
    import('hyparquet/src/encoding.js'),
    import('hyparquet/src/delta.js'),
    import('hyparquet/src/convert.js'),
    import('hyparquet/src/schema.js'),
    import('hyparquet/src/plain.js'),
  ])
  return { ...front, parquetHeader, decompressPage, byteStreamSplit, deltaBinaryUnpack, ...values, ...schema, ...plain }
}

export async function loadLibrary(path: string): Promise<Library> {
  try {
    return await load()
  } catch {
    throw new FailedError(`${path}: a Parquet file, expected the package hyparquet to read it: npm install hyparquet`)
  }
}

/** A part of a column that is in the file in one piece. */
export interface Chunk {
  path: string
  library: Library
  file: AsyncBuffer
  metadata: FileMetaData
  meta: ColumnMetaData
  /** numbers in a row, of a list; undefined: no list */
  listOf?: number
  /** what its numbers are divided by */
  perSecond: number
  /** of its first row */
  firstRow: number
}

/** The numbers of each page, NaN where one is missing. Throws Error or InputError where a list is not as long as the others. */
export async function* numbersIn(chunk: Chunk): AsyncGenerator<Float64Array> {
  const { library, path, metadata, meta, listOf, perSecond } = chunk
  const name = brief(meta.path_in_schema[0])
  const schemaPath = library.getSchemaPath(metadata.schema, meta.path_in_schema)
  const maxLevel = library.getMaxDefinitionLevel(schemaPath)
  let [row, inRow] = [chunk.firstRow - 1, listOf]
  const refuse = (): never => {
    throw new InputError(
      `${path}: column ${name}, row ${row}: a list of ${inRow} numbers, expected ${listOf} as in other rows`,
    )
  }
  for await (const { values, definitionLevels: levels, repetitionLevels } of pagesIn(chunk, schemaPath)) {
    const numbers = new Float64Array(levels.length || values.length)
    for (let i = 0, next = 0; i < numbers.length; i++) {
      const there = levels.length === 0 || levels[i] === maxLevel
      numbers[i] = there ? numberOf(values[next++]) / perSecond : Number.NaN
      if (listOf === undefined) continue
      if (repetitionLevels[i]) inRow!++
      else {
        if (inRow !== listOf) refuse()
        row++
        inRow = levels.length && levels[i] < maxLevel - 1 ? 0 : 1
      }
    }
    yield numbers
  }
  if (listOf !== undefined && inRow !== listOf) refuse()
}

async function* pagesIn({ path, library, file, meta }: Chunk, schemaPath: ReturnType<Library['getSchemaPath']>) {
  const { element } = schemaPath[schemaPath.length - 1]
  if (!['UNCOMPRESSED', 'SNAPPY', ...Object.keys(compressors)].includes(meta.codec))
    throw new InputError(
      `${path}: column ${brief(meta.path_in_schema[0])}: packed by ${brief(meta.codec)}, expected SNAPPY, ${Object.keys(compressors).join(', ')} or nothing`,
    )
  const parsers = { ...library.DEFAULT_PARSERS, ...inSeconds }
  const decoder = { ...meta, pathInSchema: meta.path_in_schema, element, schemaPath, parsers, compressors, utf8: false }
  let at = Number(meta.dictionary_page_offset || meta.data_page_offset)
  const end = at + Number(meta.total_compressed_size)
  let dictionary: ReturnType<Library['convert']> | undefined
  let left = Number(meta.num_values)
  while (at < end && left > 0) {
    const reader = { view: new DataView(await file.slice(at, Math.min(end, at + maxHeader))), offset: 0 }
    const header = library.parquetHeader(reader)
    const { type, compressed_page_size: packed, uncompressed_page_size: unpacked } = header
    const said = header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header
    const count = said?.num_values ?? 0
    if (!(count >= 0 && count <= maxNumbers && unpacked >= 0 && unpacked <= maxBytes && packed >= 0))
      throw new InputError(
        `${path}: column ${brief(meta.path_in_schema[0])}: a page of ${count} numbers in ${unpacked} bytes, expected at most ${maxNumbers} in ${maxBytes}`,
      )
    const from = at + reader.offset
    at = from + packed
    if (at > end) throw new Error('a page that is cut short')
    const bytes = new Uint8Array(await file.slice(from, at))
    if (type === 'DICTIONARY_PAGE') {
      const page = library.decompressPage(bytes, unpacked, meta.codec, compressors)
      dictionary = library.convert(library.readPlain(readerOf(page), meta.type, count, element.type_length), decoder)
    } else if (type === 'DATA_PAGE' || type === 'DATA_PAGE_V2') {
      left -= count
      const page = unpackPage(bytes, header, { library, decoder })
      yield { ...page, values: valuesOf(page, { library, decoder, dictionary }) }
    }
  }
}

const readerOf = (bytes: Uint8Array) => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset: 0,
})

type Decoder = Parameters<Library['convert']>[1]

/** A page without what packs it: levels apart, and the bytes of its values. */
interface Page {
  encoding: string
  definitionLevels: Uint32Array
  repetitionLevels: Uint32Array
  body: Uint8Array
  /** of values that are there */
  count: number
}

function unpackPage(
  bytes: Uint8Array,
  header: ReturnType<Library['parquetHeader']>,
  { library, decoder }: { library: Library; decoder: Decoder },
): Page {
  const { schemaPath, codec } = decoder
  const [mostRepeated, mostDefined] = [
    library.getMaxRepetitionLevel(schemaPath),
    library.getMaxDefinitionLevel(schemaPath),
  ]
  const { data_page_header: first, data_page_header_v2: second, uncompressed_page_size: size } = header
  if (!first && !second) throw new Error('a page without a header')
  const count = (first ?? second)!.num_values
  const levels = (from: Uint8Array, at: number, end: number, most: number) =>
    readHybrid(from, at, end, bitsOf(most), most ? count : 0)
  let repeated: Uint32Array = new Uint32Array()
  let defined: Uint32Array = new Uint32Array()
  let body = bytes
  if (first) {
    body = library.decompressPage(bytes, size, codec, compressors)
    let at = 0
    const prefixed = (most: number) => {
      if (most === 0) return new Uint32Array()
      const from = at + 4
      at = from + readerOf(body).view.getUint32(at, true)
      return levels(body, from, at, most)
    }
    repeated = prefixed(mostRepeated)
    defined = prefixed(mostDefined)
    body = body.subarray(at)
  } else if (second) {
    const { repetition_levels_byte_length: r, definition_levels_byte_length: d, is_compressed: packed } = second
    if (!(r >= 0 && d >= 0 && r + d <= bytes.length && r + d <= size)) throw new Error('levels that are cut short')
    repeated = levels(bytes, 0, r, mostRepeated)
    defined = levels(bytes, r, r + d, mostDefined)
    body = bytes.subarray(r + d)
    if (packed !== false && size > r + d) body = library.decompressPage(body, size - r - d, codec, compressors)
  }
  const there = mostDefined ? defined.reduce((sum, level) => sum + (level === mostDefined ? 1 : 0), 0) : count
  const { encoding } = (first ?? second)!
  return { encoding, definitionLevels: defined, repetitionLevels: repeated, body, count: there }
}

const bitsOf = (most: number): number => 32 - Math.clz32(most)

function valuesOf(
  { encoding, body, count }: Page,
  { library, decoder, dictionary }: { library: Library; decoder: Decoder; dictionary?: ArrayLike<unknown> },
): ArrayLike<unknown> {
  const { type, element } = decoder
  if (encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY') {
    if (count > 0 && !dictionary) throw new Error('places in a dictionary that is not there')
    const places = readHybrid(body, 1, body.length, body[0] ?? 0, count)
    return Array.from(places, (place) => dictionary![place])
  }
  const plain = (): ReturnType<Library['readPlain']> => {
    if (encoding === 'PLAIN') return library.readPlain(readerOf(body), type, count, element.type_length)
    if (encoding === 'BYTE_STREAM_SPLIT')
      return library.byteStreamSplit(readerOf(body), count, type, element.type_length)
    if (encoding === 'RLE' && type === 'BOOLEAN') return [...readHybrid(body, 4, body.length, 1, count)]
    if (encoding !== 'DELTA_BINARY_PACKED') throw new Error(`encoding ${encoding}, which is not read`)
    const numbers = type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count)
    library.deltaBinaryUnpack(readerOf(body), count, numbers)
    return numbers
  }
  return library.convert(plain(), decoder)
}

const numberOf = (value: unknown): number => (value === null || value === undefined ? Number.NaN : Number(value))

const inSeconds: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (ms) => Number(ms) / 1e3,
  timestampFromMicroseconds: (us) => Number(us) / 1e6,
  timestampFromNanoseconds: (ns) => Number(ns) / 1e9,
}

/** Of Node; hyparquet brings Snappy. Node has Zstandard from 22.15 on. */
const compressors: Compressors = {
  GZIP: (bytes, length) => zlib.gunzipSync(bytes, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (bytes, length) => zlib.brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, length) }),
  ZSTD(bytes, length) {
    if (!zlib.zstdDecompressSync) throw new FailedError('Parquet packed by Zstandard, expected Node 22.15 or later')
    return zlib.zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, length) })
  },
}
