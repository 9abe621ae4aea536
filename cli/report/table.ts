/** Tables for the terminal, and the report as one of them. */
import Table from 'cli-table3'
import type { Spread } from '../../firmware-bridge/host/measure.ts'
import type { ReturnStatistics } from '../../trainer/tasks/evaluate.ts'
import type { Report } from './report.ts'
import { duration, frequency, grouped, percent, printable, signed } from './words.ts'

/** The first column to the left, figures to the right; no colours, so that it may go to a file. */
export function plainTable(head: string[], rows: string[][]): string {
  const figures = head.map((_, column) => rows.every((row) => /^[-\d]|^$/.test(row[column])))
  const table = new Table({
    head,
    colAligns: figures.map((right, column) => (right && column > 0 ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  })
  table.push(...rows)
  return table.toString()
}

/** Teacher against student, as `bpd demo` ends. */
export function reportTable({ task, teacher, student, difference, board, seconds }: Report): string {
  const cycles = ({ median, min, max }: Spread) => `${grouped(median)} [${grouped(min)}–${grouped(max)}]`
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
    ['cycles an inference', cycles(teacherCycles), cycles(studentCycles), `${board.speedup.toFixed(1)} x fewer`],
    [`time at ${frequency(board.clockHz)}`, time(teacherCycles), time(studentCycles), ''],
  ]
  const table = new Table({
    head: [printable(task), 'dense teacher', 'sparse student', ''],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  })
  table.push(...rows)
  return [
    table.toString(),
    `board    ${printable(board.name)}; ${board.counter}`,
    `memory   RAM ${grouped(board.ramBytes)} B, stack ${grouped(board.stackBytes)} B, firmware ${grouped(board.flashBytes)} B`,
    `control  ${control.episodes} episodes, ${grouped(control.steps)} steps on the board: return ${control.return.mean.toFixed(1)}; ` +
      `${board.bitExact ? `${grouped(board.comparedActions)} actions equal to the host's, bit for bit` : "actions DIFFER from the host's"}`,
    `time     ${duration(seconds.total)}: collecting ${duration(seconds.collect)}, distilling ${duration(seconds.distill)}, board ${duration(seconds.board)}`,
  ].join('\n')
}
