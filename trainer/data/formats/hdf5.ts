/**
 * HDF5 in the layouts that people write: arrays side by side (D4RL), or a group an episode (Minari: /episode_0, robomimic: /data/demo_0, ManiSkill:
 * /traj_0). Where observations have a row more than actions, the last one is the next observation of the last action.
 */
import { closeSync } from 'node:fs'
import { InputError } from '../../../runtime-as/errors.ts'
import { brief } from '../../files/brief.ts'
import { openAs } from '../../files/open.ts'
import type { DataFormat } from '../format.ts'
import { arrayField, type Block, blockRows, type Field, type Log, maxRows } from '../log.ts'
import { requireEqualRows } from '../rows.ts'
import { type ArrayIn, ArrayReader, below, Hdf5File } from './hdf5-file.ts'

export const hdf5Format: DataFormat = { name: 'an HDF5 data set', kind: 'hdf5', open: openHdf5 }

/** fields of observations, and those that say how many rows an episode has */
const observations = /^(observations?|obs)(\/|$)/
const actions = /^actions?$/

export async function openHdf5(path: string): Promise<Log> {
  const { descriptor, size } = openAs(path, 'hdf5')
  closeSync(descriptor)
  const file = await Hdf5File.open(path, size)
  try {
    const parts = partsIn(file)
    return parts ? groupedLog(file, parts) : flatLog(file)
  } catch (error) {
    file.close()
    throw error
  }
}

function flatLog(file: Hdf5File): Log {
  const arrays = new Map(file.arraysBelow('/').map((name) => [name, file.array(`/${name}`)]))
  const fields = [...arrays].map(([name, array]) => fieldOf(name, array))
  return {
    ...logOf(file, 'HDF5 arrays as of D4RL', fields),
    grouped: false,
    async *blocks(wanted) {
      const rows = requireEqualRows(file.path, wanted)
      const readers = wanted.map(({ name }) => new ArrayReader(file, arrays.get(name)!))
      const values = readers.map(({ width }) => new Float64Array(blockRows * width))
      for (let first = 0; first < rows; first += blockRows) {
        const count = Math.min(blockRows, rows - first)
        for (const [i, reader] of readers.entries()) reader.copy(first, count, values[i])
        yield { first, count, values }
      }
    },
  }
}

const logOf = (file: Hdf5File, format: string, fields: Field[]) => ({
  path: file.path,
  format,
  fields,
  inFolders: true,
  notes: [],
  close: () => file.close(),
})

function fieldOf(name: string, { shape, decode, packedBy }: ArrayIn): Field {
  if (packedBy)
    return {
      name,
      columns: [name],
      unusable: `packed by ${packedBy}, expected gzip or none, in chunks of at most 256 MiB (h5repack)`,
    }
  if (!decode) return { name, columns: [name], unusable: 'no numbers' }
  if (shape.length === 0) return { name, columns: [name], unusable: 'a single number, expected a row of them or more' }
  return { ...arrayField(name, shape), rows: shape[0] }
}

/** Groups that are an episode each, in the order of their numbers. */
function partsIn(file: Hdf5File): string[] | undefined {
  for (const group of ['/', '/data']) {
    const there = group === '/' || file.children('/').some(({ name, isGroup }) => name === 'data' && isGroup)
    if (!there) continue
    const numbered = file.children(group).flatMap(({ name, isGroup }) => {
      const [, number] = (isGroup && /^[A-Za-z]\w*?_?(\d{1,9})$/.exec(name)) || []
      return number === undefined ? [] : [{ path: below(group, name), number: Number(number) }]
    })
    if (numbered.length > 0) return numbered.sort((a, b) => a.number - b.number).map(({ path }) => path)
  }
  return undefined
}

function groupedLog(file: Hdf5File, parts: readonly string[]): Log {
  const [first] = parts
  const sample = partAt(file, first, file.arraysBelow(first))
  const fields = sample.names.flatMap((name) => {
    const array = sample.arrays.get(name)!
    const field = fieldOf(name, array)
    const { rows: _, ...plain } = field
    if (field.unusable || array.shape[0] === sample.rows) return [plain]
    if (array.shape[0] !== sample.rows + 1)
      return [{ ...plain, unusable: `${array.shape[0]} rows beside ${sample.rows} actions in ${first.slice(1)}` }]
    const next = arrayField(`next_${name}`, array.shape)
    return observations.test(name) && !sample.arrays.has(next.name) ? [plain, next] : [plain]
  })
  const usable = fields.filter(({ unusable }) => !unusable)
  return {
    ...logOf(file, 'HDF5 episodes as of Minari or robomimic', fields),
    usual: { observations: usable.filter(({ name }) => observations.test(name)).map(({ name }) => name) },
    grouped: true,
    async *blocks(wanted) {
      const needed = sample.names.filter(
        (name) => actions.test(name) || wanted.some((field) => field.name === name || field.name === `next_${name}`),
      )
      let total = 0
      for (const [index, path] of parts.entries()) {
        const part = { index, name: path.slice(1) }
        const { arrays, rows } = partAt(file, path, needed)
        total += rows
        if (total > maxRows) throw new InputError(`${file.path}: more than ${maxRows} rows`)
        yield* partBlocks(file, { part, arrays, rows, of: wanted })
      }
    },
  }
}

/** What a field is one row ahead of, where the file does not hold it itself. */
const isNext = (name: string, arrays: ReadonlyMap<string, unknown>): string | undefined =>
  !arrays.has(name) && name.startsWith('next_') ? name.slice(5) : undefined

interface Part {
  part: { index: number; name: string }
  arrays: ReadonlyMap<string, ArrayIn>
  rows: number
  of: readonly Field[]
}

function* partBlocks(file: Hdf5File, { part, arrays, rows, of }: Part): Generator<Block> {
  const readers = of.map(({ name, columns }) => {
    const before = isNext(name, arrays)
    const array = arrays.get(before ?? name)
    const what = `${file.path}: ${part.name}/${before ?? name}`
    if (!array?.decode)
      throw new InputError(
        `${what}: ${array ? 'no numbers' : 'is not there'}, expected ${columns.length} columns as in the first episode`,
      )
    const needed = before === undefined ? rows : rows + 1
    if (array.shape[0] !== needed && array.shape[0] !== rows + 1)
      throw new InputError(`${what}: ${array.shape[0]} rows, expected ${needed} beside ${rows} actions`)
    const reader = new ArrayReader(file, array)
    if (reader.width !== columns.length)
      throw new InputError(
        `${what}: rows of ${reader.width} numbers, expected ${columns.length} as in the first episode`,
      )
    return { reader, ahead: before === undefined ? 0 : 1 }
  })
  const values = readers.map(({ reader }) => new Float64Array(Math.min(blockRows, rows) * reader.width))
  for (let first = 0; first < rows; first += blockRows) {
    const count = Math.min(blockRows, rows - first)
    for (const [i, { reader, ahead }] of readers.entries()) reader.copy(first + ahead, count, values[i])
    yield { part, first, count, values }
  }
}

/** The arrays of an episode, and how many rows it has: as many as actions. */
function partAt(file: Hdf5File, path: string, names: readonly string[]) {
  const there = names.filter((name) => file.isArray(`${path}/${name}`))
  const arrays = new Map(there.map((name) => [name, file.array(`${path}/${name}`)]))
  const acting = there.find((name) => actions.test(name))
  const rows = acting === undefined ? undefined : arrays.get(acting)!.shape[0]
  if (rows === undefined)
    throw new InputError(`${file.path}: ${path.slice(1)}: ${brief('actions')} is not there, expected an array of them`)
  return { names: there, arrays, rows }
}
