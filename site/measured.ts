/** What was measured of the files that come with bpd, out of bench/results: which file a row is of, its name, weights and bytes say. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { decodePolicy } from '../runtime-as/format/decode.ts'
import type { MeasuredCost, MeasuredCosts } from './file/costs.ts'

interface ChipResults {
  chips: { name: string; core: string; unit: MeasuredCost['unit'] }[]
  rows: { case: string; weights: number; bytes: number; chips: Record<string, { median: number } | null> }[]
}

interface BoardResults {
  rows: { case: string; weights: number; flashBytes: number; groupedInstructions: number }[]
}

/** core: that the results are of */
const boards = [
  { file: 'board.json', core: 'Cortex-M4F' },
  { file: 'board-riscv32.json', core: 'RV32IMAC' },
]

/** By the CRC-32 of each file, as text. root: of the repository */
export function measuredCosts(root: string): MeasuredCosts {
  const read = (file: string) => JSON.parse(readFileSync(join(root, 'bench/results', file), 'utf8'))
  const found: MeasuredCosts = {}
  const add = (task: string, student: string, size: { weights: number; bytes: number }, cost: MeasuredCost) => {
    const file = join(root, 'models', task, `${student}.bpd`)
    if (!existsSync(file)) return
    const bytes = readFileSync(file)
    // a figure is of the file that was measured, and of no other
    if (bytes.length !== size.bytes || decodePolicy(bytes, file).weights !== size.weights) return
    const crc = crc32(bytes)
    found[crc] = [...(found[crc] ?? []), cost]
  }
  const { chips, rows }: ChipResults = read('chips.json')
  for (const row of rows) {
    const [task, student] = row.case.split(' ')
    for (const { name, core, unit } of chips)
      add(task, student, row, { core, unit, form: 'exported C', median: row.chips[name]?.median })
  }
  for (const { file, core } of boards) {
    const { rows: measured }: BoardResults = read(file)
    for (const { case: name, weights, flashBytes, groupedInstructions: median } of measured) {
      const [task, student = 'student'] = name.split('-')
      add(task, student, { weights, bytes: flashBytes }, { core, unit: 'instructions', form: 'firmware', median })
    }
  }
  return found
}
