/** Data sets to read: those that Python libraries wrote (write-data-sets.py), what is true of them, and small ones made here. */
import { readFileSync } from 'node:fs'
import { columnsOf } from '../../trainer/data/columns.ts'
import type { DataSet } from '../../trainer/data/data-set.ts'
import type { Mapping } from '../../trainer/data/mapping.ts'
import { join, zipOf } from './sb3-archive.ts'

export const observationColumns = ['q0', 'q1', 'v0', 'v1']
export const actionColumns = ['hip', 'knee']
/** of a CSV */
export const mapping: Mapping = { observations: ['q0..q1', 'v0..v1'], actions: actionColumns }

/** Columns of truth.csv by name, in f32, read without the code under test. */
export function readTruth(folder: string): Map<string, Float32Array> {
  const [names, ...rows] = readFileSync(`${folder}/truth.csv`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  return new Map(names.map((name, i) => [name, Float32Array.from(rows, (row) => Number(row[i]))]))
}

/** A data set's numbers by the same names. */
export function columnsIn(data: DataSet): Map<string, Float32Array> {
  const columns = columnsOf(data.observationSize, data.actionSize)
  const rows = data.read(0, data.count).slice()
  const column = (at: number) => Float32Array.from({ length: data.count }, (_, row) => rows[row * columns.width + at])
  return new Map([
    ...observationColumns.map((name, i): [string, Float32Array] => [name, column(columns.observation + i)]),
    ...actionColumns.map((name, i): [string, Float32Array] => [name, column(columns.action + i)]),
    ['reward', column(columns.reward)],
    ...observationColumns.map((name, i): [string, Float32Array] => [`next_${name}`, column(columns.next + i)]),
    ['terminal', column(columns.terminal)],
    ['timeout', column(columns.timeout)],
  ])
}

export interface NpyArray {
  /** as NumPy calls it: "<f4" */
  descr: string
  shape: readonly number[]
  bytes: Uint8Array
  fortran?: boolean
}

/** An array as np.save writes it. */
export function npyOf({ descr, shape, bytes, fortran = false }: NpyArray): Uint8Array {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const header = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${axes}), }`
  const text = new TextEncoder().encode(`${header}${' '.repeat((64 - ((header.length + 11) % 64)) % 64)}\n`)
  const start = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8)
  return join(start, text, bytes)
}

export const f32 = (shape: readonly number[], values: ArrayLike<number>): NpyArray => ({
  descr: '<f4',
  shape,
  bytes: new Uint8Array(Float32Array.from(values).buffer),
})

export const npzOf = (arrays: Record<string, NpyArray>): Uint8Array =>
  zipOf(Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${name}.npy`, npyOf(array)])))

export const csvOf = (names: readonly string[], rows: readonly (readonly (number | string)[])[]): string =>
  `${[names, ...rows].map((row) => row.join(',')).join('\n')}\n`
