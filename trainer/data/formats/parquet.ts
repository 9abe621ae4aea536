/** A table as a Parquet file, or a few of them one after another. */
import { InputError } from '../../../runtime-as/errors.ts'
import { brief } from '../../files/brief.ts'
import type { DataFormat } from '../format.ts'
import { type Block, blockRows, type Field, type Log } from '../log.ts'
import { ParquetFile } from './parquet-file.ts'

export const parquetFormat: DataFormat = {
  name: 'a Parquet table',
  kind: 'parquet',
  open: async (path) => parquetLog(path, [path]),
}

/** path: how errors call all of it */
export async function parquetLog(path: string, files: readonly string[]): Promise<Log> {
  const first = await ParquetFile.open(files[0])
  const fields = [...first.columns.values()].map(({ field }) => field)
  first.close()
  return {
    path,
    format: parquetFormat.name,
    fields,
    grouped: false,
    notes: [],
    async *blocks(wanted) {
      let before = 0
      for (const path of files) {
        const file = await ParquetFile.open(path)
        try {
          yield* blocksOf(file, wanted, before)
          before += file.groups.reduce((sum, group) => sum + Number(group.num_rows), 0)
        } finally {
          file.close()
        }
      }
    },
    close: () => {},
  }
}

async function* blocksOf(file: ParquetFile, wanted: readonly Field[], before: number): AsyncGenerator<Block> {
  const columns = wanted.map(({ name, columns: { length } }) => {
    const column = file.columns.get(name)
    if (column?.width !== length || column.field.unusable)
      throw new InputError(`${file.path}: column ${brief(name)}: expected ${length} numbers a row as in the first file`)
    return column
  })
  const values = columns.map(({ width }) => new Float64Array(blockRows * width))
  let first = 0
  for (const group of file.groups) {
    const rows = Number(group.num_rows)
    const pulled = columns.map((column) => new Pulled(file.numbers(column, group, first)))
    for (let at = 0; at < rows; at += blockRows) {
      const count = Math.min(blockRows, rows - at)
      for (const [i, { width }] of columns.entries()) await pulled[i].fill(values[i].subarray(0, count * width))
      yield { first: before + first + at, count, values }
    }
    // what is wrong at the very end
    for (const numbers of pulled) await numbers.end()
    first += rows
  }
}

/** Numbers that come in pieces of any length, as many as are wanted. */
class Pulled {
  readonly #pieces: AsyncGenerator<Float64Array>
  #piece: Float64Array = new Float64Array()

  constructor(pieces: AsyncGenerator<Float64Array>) {
    this.#pieces = pieces
  }

  async fill(into: Float64Array): Promise<void> {
    for (let done = 0; done < into.length; ) {
      if (this.#piece.length === 0) {
        const { value, done: over } = await this.#pieces.next()
        if (over) return
        this.#piece = value
      }
      const part = this.#piece.subarray(0, into.length - done)
      into.set(part, done)
      this.#piece = this.#piece.subarray(part.length)
      done += part.length
    }
  }

  async end(): Promise<void> {
    for (let over: boolean | undefined; !over; ) over = (await this.#pieces.next()).done
  }
}
