/**
 * A LeRobot data set, v2 or v3: meta/info.json names the columns, data/ holds Parquet files. An episode ends where `episode_index` changes; whether in
 * a terminal state the format does not say. Frames of cameras are not read.
 */
import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../../runtime-as/errors.ts'
import { reading, readNamed } from '../../files/access.ts'
import { brief } from '../../files/brief.ts'
import { parseJson } from '../../files/json.ts'
import type { FolderFormat } from '../format.ts'
import type { Field } from '../log.ts'
import { parquetLog } from './parquet.ts'

const maxFiles = 100_000

export const lerobotFormat: FolderFormat = {
  name: 'a LeRobot data set',
  has: ['meta/info.json'],
  async open(folder, found) {
    const info = join(folder, found)
    const { fps, features } = readInfo(info)
    const files = filesIn(join(folder, 'data'))
    if (files.length === 0) throw new InputError(`${join(folder, 'data')}: no .parquet files, expected 1 or more`)
    const log = await parquetLog(folder, files)
    return {
      ...log,
      format: lerobotFormat.name,
      fields: log.fields.map((field) => named(field, features)),
      period: fps && 1 / fps,
    }
  },
}

/** With the names of its numbers where the file has a list of them, as it is or below one key ("motors"). */
function named(field: Field, features: Record<string, unknown>): Field {
  let { names } = (features[field.name] ?? {}) as { names?: unknown }
  if (isMap(names)) [names] = Object.values(names)
  const isList = Array.isArray(names) && names.every((name) => typeof name === 'string' && name !== '')
  if (field.unusable || field.columns.length === 1 || !isList || (names as string[]).length !== field.columns.length)
    return field
  return { ...field, columns: names as string[] }
}

function readInfo(path: string): { fps?: number; features: Record<string, unknown> } {
  let info: unknown
  try {
    info = parseJson(new TextDecoder().decode(readNamed(path)), { items: 100_000, depth: 20 })
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`${path}: ${(error as Error).message}, expected JSON`)
  }
  const { fps, features } = isMap(info) ? info : {}
  if (!isMap(features)) throw new InputError(`${path}: features: ${brief(features)}, expected a map`)
  if (fps !== undefined && !(typeof fps === 'number' && fps > 0 && fps < 1e6))
    throw new InputError(`${path}: fps: ${brief(fps)}, expected a number above 0`)
  return { fps, features }
}

const isMap = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x)

/** Of data/chunk-000/file-000.parquet and its like, in their order. */
function filesIn(folder: string): string[] {
  const list = (at: string): Dirent[] =>
    reading(at, () => readdirSync(at, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))
  const files = list(folder).flatMap((one) => {
    const at = join(folder, one.name)
    return one.isDirectory() ? list(at).map(({ name }) => join(at, name)) : [at]
  })
  const tables = files.filter((file) => file.endsWith('.parquet'))
  if (tables.length > maxFiles) throw new InputError(`${folder}: ${tables.length} files, expected at most ${maxFiles}`)
  return tables
}
