/** The kinds of files and folders that data comes in, one line each. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { kindAt, kindThere } from '../files/open.ts'
import type { DataFormat, FolderFormat } from './format.ts'
import { csvFormat } from './formats/csv.ts'
import { hdf5Format } from './formats/hdf5.ts'
import { lerobotFormat } from './formats/lerobot.ts'
import { minariFormat } from './formats/minari.ts'
import { npzFormat } from './formats/npz.ts'
import { ownFormat } from './formats/own.ts'
import { parquetFormat } from './formats/parquet.ts'
import type { Log } from './log.ts'

export const dataFormats: readonly DataFormat[] = [ownFormat, hdf5Format, parquetFormat, npzFormat, csvFormat]
export const folderFormats: readonly FolderFormat[] = [minariFormat, lerobotFormat]

/** Throws InputError where it is none of them. */
export function kindOfData(path: string): DataFormat['kind'] | 'folder' {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return 'folder'
  return kindAt(
    path,
    dataFormats.map((format) => format.kind),
  )
}

/** Whether it is data of some format; nothing is read but its beginning, and of a pipe not even that. */
export function isData(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.isDirectory()) return folderFormats.some(({ has }) => has.some((file) => existsSync(join(path, file))))
  const kind = stats?.isFile() ? kindThere(path) : undefined
  return dataFormats.some((format) => format.kind === kind)
}

/** A file or folder of any format as a log. Throws InputError where it is of none. */
export async function openLog(path: string): Promise<Log> {
  const kind = kindOfData(path)
  return kind === 'folder' ? openFolder(path) : dataFormats.find((format) => format.kind === kind)!.open(path)
}

async function openFolder(folder: string): Promise<Log> {
  for (const format of folderFormats) {
    const found = format.has.find((path) => existsSync(join(folder, path)))
    if (found !== undefined) return format.open(folder, found)
  }
  const expected = folderFormats.map(({ name, has }) => `${name} (${has.join(' or ')})`)
  throw new InputError(`${folder}: a folder, expected ${expected.join(' or ')}`)
}
