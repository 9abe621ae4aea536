/** Tables for the terminal, and the report as one of them. */
import Table from 'cli-table3'
import type { Spread } from '../../firmware-bridge/host/measure.ts'
import type { ReturnStatistics } from '../../trainer/tasks/evaluate.ts'
import type { Report } from './report.ts'
import { duration, frequency, grouped, percent, printable, signed } from './words.ts'

/**
 * The first column to the left, figures to the right; no colours, so that it may go to a file. columns: of the terminal; where they do
 * not suffice, a row is a few lines, one a cell.
 */
export function plainTable(head: string[], rows: string[][], columns = process.stdout.columns || Infinity): string {
  const figures = head.map((_, column) => rows.every((row) => /^[-+\d]|^$/.test(row[column])))
  const table = new Table({
    head,
    colAligns: figures.map((right, column) => (right && column > 0 ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  })
  table.push(...rows)
  const text = table.toString()
  return text.indexOf('\n') <= columns ? text : rows.map((row) => stacked(head, row)).join('\n')
}

function stacked(head: string[], [title, ...cells]: string[]): string {
  const width = Math.max(...head.slice(1).map((name) => name.length))
  const lines = cells.map((cell, i) => `  ${head[i + 1].padEnd(width)}  ${cell}`)
  return [title, ...lines.filter((_, i) => cells[i] !== '')].join('\n')
}

/** Teacher against student, as `bpd demo` ends. */
export function reportTable(
  { task, teacher, student, difference, board, seconds }: Report,
  columns = process.stdout.columns || Infinity,
): string {
  const range = ({ min, max }: Spread) => `${grouped(min)}–${grouped(max)}`
  const score = ({ mean, std }: ReturnStatistics) => `${mean.toFixed(1)} ± ${std.toFixed(1)}`
  const time = ({ median }: Spread) => duration(median / board.clockHz)
  const { teacherCycles, studentCycles, control } = board
  const rows = [
    [
      'weights (no biases)',
      grouped(teacher.weights),
      grouped(student.weights),
      `${percent(student.keptOfTeacher)} kept`,
    ],
    ['bytes', grouped(teacher.bytes), grouped(student.bytes), percent(student.bytes / teacher.bytes)],
    [
      'return',
      score(teacher.return),
      score(student.return),
      `${signed(difference)} (${teacher.return.episodes} episodes)`,
    ],
    [
      'cycles an inference',
      grouped(teacherCycles.median),
      grouped(studentCycles.median),
      `${board.speedup.toFixed(1)} x fewer`,
    ],
    ['least to most', range(teacherCycles), range(studentCycles), ''],
    [`time at ${frequency(board.clockHz)}`, time(teacherCycles), time(studentCycles), ''],
  ]
  return [
    plainTable([printable(task), 'dense teacher', 'sparse student', ''], rows, columns),
    `board    ${printable(board.name)}; ${board.counter}`,
    ...(board.teacherStandIn ? [`teacher  on the board ${board.teacherStandIn}`] : []),
    `memory   RAM ${grouped(board.ramBytes)} B, stack ${grouped(board.stackBytes)} B, firmware ${grouped(board.flashBytes)} B`,
    `control  ${control.episodes} episodes, ${grouped(control.steps)} steps on the board: return ${control.return.mean.toFixed(1)}; ` +
      `${board.bitExact ? `${grouped(board.comparedActions)} actions equal to the host's, bit for bit` : "actions DIFFER from the host's"}`,
    `time     ${duration(seconds.total)}: collecting ${duration(seconds.collect)}, distilling ${duration(seconds.distill)}, board ${duration(seconds.board)}`,
  ].join('\n')
}
