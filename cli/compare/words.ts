/** What is compared, in cells: for the terminal and for the page. */
import { signedBy } from '../keys.ts'
import { plainTable } from '../report/table.ts'
import { grouped, hex, percent, printable } from '../report/words.ts'
import { describeKind, describeWays } from './kind.ts'
import type { Compared, Measure, Row } from './rows.ts'

/** "instructions of the emulated Cortex-M4F" */
export const unitOf = ({ counter }: Pick<Compared, 'counter'>): string => counter.counts.replace(/,.*/, '')

/** "instructions", "cycles" */
export const unitWord = (compared: Pick<Compared, 'counter'>): string =>
  /instructions|cycles/.exec(unitOf(compared))![0]

/** As many digits as say something beside the interval; `by`: whose size decides. */
export const figure = (x: number, by = x): string => (Math.abs(by) >= 1000 ? grouped(Math.round(x)) : x.toFixed(1))

export const meanOf = ({ return: { mean, half } }: Pick<Row, 'return'>): string =>
  half === undefined ? figure(mean) : `${figure(mean)} ± ${figure(half, mean)}`

const share = (x: number | undefined): string => (x === undefined ? '' : percent(x))

export const kindWords = (row: Row, teacher: string | undefined): string =>
  describeKind(row) + (row.name === teacher ? ', the reference' : '')

/** The same, and how it was trained on-policy. */
export const kindAndWays = (row: Row, teacher: string | undefined): string =>
  [kindWords(row, teacher), describeWays(row)].filter((words) => words !== '').join(': ')

const signedWords = ({ signature }: Row): string => (signature ? signedBy(signature) : '')

const columns: Record<string, (row: Row, compared: Compared) => string> = {
  kind: (row, { teacher }) => kindWords(row, teacher),
  'on-policy by': describeWays,
  weights: ({ weights }) => grouped(weights),
  bytes: ({ bytes }) => grouped(bytes),
  cost: ({ cost, standIn }) => (cost === undefined ? '' : `${grouped(cost)}${standIn ? ' (stand-in)' : ''}`),
  return: meanOf,
  median: ({ median }) => figure(median),
  fell: ({ fellRate }) => percent(fellRate),
  failed: ({ failureRate }) => share(failureRate),
  retained: ({ retained }) => share(retained),
  'CRC-32': ({ crc }) => hex(crc),
  signed: signedWords,
}

const paperCells = ({ paper }: Compared): Record<string, string>[] =>
  paper
    ? [
        {
          kind: 'other teacher and simulator',
          weights: grouped(paper.weights),
          return: figure(paper.studentReturn),
          retained: percent(paper.retained),
        },
      ]
    : []

/** without: names of columns; those without a figure are left out too */
function cells(compared: Compared, without: string[], title = titleOf): { head: string[]; body: string[][] } {
  const filled = (name: string) => compared.rows.some((row) => columns[name](row, compared) !== '')
  const names = Object.keys(columns).filter((name) => !without.includes(name) && filled(name))
  const named = (name: string) => (name === 'cost' ? unitWord(compared) : name)
  const body = compared.rows.map((row) => [title(row), ...names.map((name) => columns[name](row, compared))])
  const paper = paperCells(compared).map((cell) => ['the paper', ...names.map((name) => cell[name] ?? '')])
  return { head: ['', ...names.map(named)], body: [...body, ...paper] }
}

export const titleOf = ({ number, name, also }: Row): string => `${number} ${[name, ...also].join(' = ')}`

export const allCells = (compared: Compared) => cells(compared, [])

/** The columns that compare with the reference, as far as they are there: of a return below 0 no share is told. */
export function againstReference(compared: Compared): string[] {
  const { head } = allCells(compared)
  return ['failed', 'retained'].filter((name) => head.includes(name))
}

const FRONTS: Record<Measure, string> = { bytes: 'bytes', cost: '', weights: 'weights' }

/** What an inference costs by the name of its unit. */
export const measureWord = (measure: Measure, compared: Compared): string => FRONTS[measure] || unitWord(compared)

export const frontWords = (measure: Measure, { fronts }: Compared): string =>
  `${fronts[measure].join(', ')}: none returns as much for less`

/** Why a point is missing where instructions or cycles are told, a line each. */
export const uncountedLines = (compared: Compared): string[] =>
  compared.rows.flatMap(({ number, uncounted }) =>
    uncounted === undefined ? [] : [`${number} has no ${unitWord(compared)}: ${uncounted}`],
  )

/** Where names and figures do not fit beside each other, the names stand below; where the figures alone do not, a row is a few lines. */
export function comparedTable(compared: Compared, width = process.stdout.columns || Infinity): string {
  const { rows, teacher, episodes, counter, fronts } = compared
  const drawn = (without: string[], title?: (row: Row) => string, columns = Infinity) => {
    const { head, body } = cells(compared, ['CRC-32', ...without], title)
    return plainTable(
      head,
      body.map((row) => row.map(printable)),
      columns,
    )
  }
  const fits = (table: string) => table.indexOf('\n') <= width
  const whole = drawn([])
  const lean = drawn(['kind', 'on-policy by', 'signed'], ({ number }) => `${number}`)
  const signed = (row: Row) => (row.signature ? `; signed ${signedWords(row)}` : '')
  const names = rows.map((row) => printable(`${titleOf(row)}: ${kindAndWays(row, teacher)}${signed(row)}`))
  const table = fits(whole) ? [whole] : fits(lean) ? [lean, ...names] : [drawn([], titleOf, width)]
  const lines = [
    `return: mean of ${episodes} episodes ± half of its 95 % interval`,
    ...(teacher === undefined ? [] : [`${againstReference(compared).join(', ')}: against ${teacher}`]),
    `${unitWord(compared)}: of an inference, ${unitOf(compared)} (${counter.port})`,
    ...uncountedLines(compared),
    ...(['bytes', 'cost'] as const).map((m) => `Pareto front, ${measureWord(m, compared)}: ${fronts[m].join(', ')}`),
  ]
  return [...table, ...lines.map(printable)].join('\n')
}
