/** Tables of what an inference costs, on boards and chips, and of what firmware does. */
import type { Measured } from '../chips/measure.ts'
import type { ChipResults, ChipRow } from '../chips.ts'
import { count, ratio, read, table } from './cells.ts'

interface BoardRow {
  case: string
  denseInstructions: number
  densePlainInstructions: number
  groupedInstructions: number
  straightInstructions: number
  flashBytes: number
  straightFlashBytes: number
  ramBytes: number
  firmwareRamBytes: number
  weights: number
}

const boardRows: BoardRow[] = read('bench/results/board.json').rows
export const boardOf = (name: string) => boardRows.find((row) => row.case === name) as BoardRow

export function instructions(): string {
  const names: Record<string, string> = { 'pendulum-paper': "the paper's pendulum" }
  return table(
    ['student', 'weights', 'dense, our assembler', 'dense, as compiled', '`.bpd` in the kernel', 'exported C', 'RAM'],
    boardRows.map((row) => [
      names[row.case] ?? row.case,
      count(row.weights),
      count(row.denseInstructions),
      count(row.densePlainInstructions),
      `${count(row.groupedInstructions)}: ${ratio(row.denseInstructions, row.groupedInstructions)} and ` +
        `${ratio(row.densePlainInstructions, row.groupedInstructions)} fewer`,
      `${count(row.straightInstructions)}: ${ratio(row.denseInstructions, row.straightInstructions)} and ` +
        `${ratio(row.densePlainInstructions, row.straightInstructions)} fewer`,
      `${count(row.ramBytes)} B`,
    ]),
  )
}

/** The same of a core without an FPU, dense network and student. */
export function riscv32(): string {
  type Row = Record<'weights' | 'denseInstructions' | 'groupedInstructions', number> & { case: string }
  const { rows }: { rows: Row[] } = read('bench/results/board-riscv32.json')
  return table(
    ['case', "student's weights", 'dense', 'student', 'fewer'],
    rows.map((row) => [
      row.case,
      count(row.weights),
      count(row.denseInstructions),
      count(row.groupedInstructions),
      `${(row.denseInstructions / row.groupedInstructions).toFixed(1)} x`,
    ]),
  )
}

/** Exported C on every chip that can be emulated. */
export function chips(): string {
  const { chips: list, rows }: ChipResults = read('bench/results/chips.json')
  const cell = (measured: Measured | null | undefined) =>
    measured ? `${count(measured.median)}<br>${count(measured.flash)} B` : 'does not fit'
  const most = (of: keyof Measured, row: ChipRow) =>
    Math.max(...Object.values(row.chips).map((measured) => measured?.[of] ?? 0))
  return table(
    [
      'policy',
      'weights, values',
      ...list.map(({ core, unit }) => `${core}, ${unit}`),
      'Cortex-M4F, tables',
      'RAM, stack, most',
    ],
    rows.map((row) => [
      row.case,
      `${count(row.weights)} ${row.values}`,
      ...list.map(({ name }) => cell(row.chips[name])),
      row.tables === undefined ? '' : cell(row.tables),
      `${count(most('ram', row))} B, ${count(most('stack', row))} B`,
    ]),
  )
}

/** Steps a second at each speed of the line: computed, and measured where there is an emulator that does. */
export function rates(board: 'pico' | 'stm32f405'): string {
  interface Rates {
    boardOnlyHz: number
    measuredHz?: number[]
    hz: number[]
  }
  type Row = Record<'pico' | 'stm32f405', Rates> &
    Record<'observations' | 'actions' | 'bytes' | 'contractHz', number> & { task: string }
  const { speeds, rows }: { speeds: number[]; rows: Row[] } = read('bench/results/rates.json')
  return table(
    ['student', 'numbers in, out', 'bytes a step', 'its rate', 'inference alone', ...speeds.map(count)],
    rows.map((row) => {
      const { boardOnlyHz, measuredHz, hz } = row[board]
      const shape = `${row.observations}, ${row.actions}`
      return [
        row.task,
        shape,
        count(row.bytes),
        `${count(row.contractHz)} Hz`,
        count(boardOnlyHz),
        ...hz.map((rate, i) => (measuredHz === undefined ? count(rate) : `${count(rate)}; ${count(measuredHz[i])}`)),
      ]
    }),
  )
}

/** What each part of the device costs, alone and together. */
export function parts(): string {
  type Row = Record<'moduleBytes' | 'imageBytes' | 'workBytes' | 'stackUsed', number>
  const rows: Record<string, Row> = read('bench/results/parts.json')
  const { small } = rows
  const more = (n: number, least: number) => `${count(n)} B${n === least ? '' : ` (+${count(n - least)})`}`
  const names: Record<string, string> = {
    small: '`small`: none of them',
    policy: '`policy`: all but signatures',
    signed: '`signed`: all four',
  }
  return table(
    ['firmware', 'module', "Pico's image", 'RAM for policies', 'stack used'],
    Object.entries(rows).map(([name, row]) => [
      names[name] ?? name.replace('small and', '`small` and'),
      more(row.moduleBytes, small.moduleBytes),
      more(row.imageBytes, small.imageBytes),
      `${count(row.workBytes)} B`,
      `${count(row.stackUsed)} B`,
    ]),
  )
}
