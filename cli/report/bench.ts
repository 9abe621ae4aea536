/** What `bpd bench` found, for the terminal and as a page. */
import type { ImageCard } from '../../firmware-bridge/host/images.ts'
import type { BoardInfo } from '../../firmware-bridge/host/info.ts'
import type { Spread } from '../../firmware-bridge/host/measure.ts'
import { memoryLine, timeOf } from '../board.ts'
import type { Signature } from '../keys.ts'
import { plainTable } from './table.ts'
import { frequency, grouped, printable } from './words.ts'

export interface BenchResult {
  port: string
  /** when, as ISO 8601 */
  date: string
  task: string
  board: BoardInfo & { counter: string }
  /** of the firmware, where it is one of the committed images */
  image?: ImageCard & { name: string }
  /** of this checkout */
  commit?: string
  teacher?: Measured
  /** the teacher was too large for the emulated board's slots: the emulator put it into flash */
  teacherPlaced?: boolean
  /** what ran as the teacher, where the board cannot run it; absent: itself */
  teacherStandIn?: string
  student: Measured
  /** median of the teacher / median of the student */
  speedup?: number
}

export interface Measured {
  file: string
  weights: number
  /** of the .bpd file that the board ran */
  bytes: number
  crc: number
  signature: Signature
  cycles: Spread
}

const HEAD = ['', 'weights', 'bytes', 'cycles: min', 'median', 'p99', 'max', 'jitter', 'median time']

function rows({ port, board, teacher, student }: BenchResult): string[][] {
  const row = (who: string, { weights, bytes, cycles }: Measured) => [
    who,
    grouped(weights),
    grouped(bytes),
    ...[cycles.min, cycles.median, cycles.p99, cycles.max, cycles.jitter].map(grouped),
    timeOf(port, cycles.median, board.clockHz),
  ]
  return [...(teacher ? [row('teacher', teacher)] : []), row('student', student)]
}

/** What else there is to say, a line each. */
const remarks = ({
  board,
  image,
  commit,
  teacherPlaced,
  teacherStandIn,
  student,
  speedup,
}: BenchResult): [string, string][] => [
  ...(speedup === undefined
    ? []
    : ([['speedup', `${speedup.toFixed(1)} x (medians of ${student.cycles.count} inferences each)`]] as [
        string,
        string,
      ][])),
  ...(teacherStandIn ? ([['teacher', teacherStandIn]] as [string, string][]) : []),
  ...(teacherPlaced
    ? ([['teacher', 'placed in flash by the emulator: too large for the slots that it has in RAM']] as [
        string,
        string,
      ][])
    : []),
  ['board', `${printable(board.name)}; cycles are ${board.counter}, at ${frequency(board.clockHz)}`],
  ['memory', memoryLine(board).replace(/^memory +/, '')],
  [
    'firmware',
    image === undefined
      ? 'none of the committed images: compiler and flags unknown'
      : `images/${image.name}.bin, ${image.compiler} ${image.flags}`,
  ],
  ['commit', commit ?? '(not in git)'],
]

/** Words in lines that stand beside a name on a terminal of 60 columns. */
const inLines = (words: string): string[] => words.match(/.{1,51}(?= |$)|[^ ]+/g)?.map((line) => line.trim()) ?? []

export const benchTable = (result: BenchResult): string =>
  [
    plainTable(HEAD, rows(result)),
    ...remarks(result).map(([name, value]) => `${name.padEnd(8)} ${inLines(value).join('\n         ')}`),
  ].join('\n')

export async function benchPage(result: BenchResult): Promise<string> {
  const { latencyChart } = await import('./charts.ts')
  const { figure, page, policyFact, table } = await import('./page.ts')
  const { teacher, student, board, task, date } = result
  const facts = {
    task,
    policy: policyFact(student.file, student),
    ...(teacher && {
      teacher: `${policyFact(teacher.file, teacher)}${result.teacherStandIn ? `; ${result.teacherStandIn}` : ''}`,
    }),
    ...Object.fromEntries(remarks(result).filter(([name]) => name !== 'teacher')),
    board: `${board.name}; cycles are ${board.counter}, at ${frequency(board.clockHz)}`,
    date,
  }
  return page(
    `${student.file} on ${board.name}`,
    facts,
    `${table(HEAD, rows(result))}
${teacher ? figure('Latency on the board', latencyChart(teacher.cycles, student.cycles), `${board.counter}; medians of ${student.cycles.count} inferences each${result.teacherPlaced ? '; teacher placed in flash by the emulator: too large for its slots' : ''}${result.teacherStandIn ? `; teacher: ${result.teacherStandIn}` : ''}`) : ''}`,
  )
}
