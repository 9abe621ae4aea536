/** A data set as `bpd inspect` tells it. */
import { STOPPED } from '../../trainer/data/episode-ends.ts'
import type { Role } from '../../trainer/data/log.ts'
import type { ColumnSummary, Summary } from '../../trainer/data/summary.ts'
import { plainTable } from './table.ts'
import { duration, frequency, grouped, percent, printable } from './words.ts'

/** share of rows at a bound from which an action is called saturated */
const SATURATED = 0.05

/** columns: of the terminal */
export function describeData(file: string, summary: Summary, columns = process.stdout.columns || Infinity): string {
  const { format, rows, episodes, rate, notes, unread, unknown } = summary
  const { count, terminal, shortest, longest } = episodes
  const lengths = shortest === longest ? `${grouped(longest)} rows` : `${grouped(shortest)} to ${grouped(longest)} rows`
  return [
    `${printable(file)}: ${format}, ${grouped(rows)} rows`,
    columnTable(summary.columns, columns),
    `episodes     ${grouped(count)} of ${lengths}`,
    `             ${grouped(terminal)} ended in a terminal state, ${grouped(count - terminal)} cut off`,
    ...(rate
      ? [
          `rate         ${frequency(1 / rate.period)}, ${duration(rate.period)} a step`,
          `             jitter ${rate.jitter < 1e-4 ? 'none' : percent(rate.jitter)}, steps from ${seconds(rate.least)} to ${seconds(rate.most)}`,
          ...(rate.gaps ? [`             ${grouped(rate.gaps)} gaps, of more than one and a half steps`] : []),
          ...(rate.backward ? [`             ${grouped(rate.backward)} steps where the clock does not go on`] : []),
        ]
      : [
          `rate         not known: ${summary.columns.some(({ role }) => role === 'time') ? STOPPED : 'no column of timestamps'}`,
        ]),
    `rewards      ${summary.hasRewards ? 'yes' : 'none: cloned without a value term'}`,
    `next         ${summary.hasNextObservations ? 'observations stored' : 'observations from the next row'}`,
    ...unread.map(({ name, why }) => `not read     ${printable(name)}: ${printable(why)}`),
    ...(unknown.length ? [`to be named  ${unknown.map((role) => `--${role}`).join(' and ')}`] : []),
    ...notes.map((note) => `note         ${printable(note)}`),
  ].join('\n')
}

const seconds = (step: number): string => (step > 0 ? duration(step) : `${Number(step.toPrecision(3))} s`)

const is: Record<Role, string> = {
  observations: 'observation',
  actions: 'action',
  teacherActions: "teacher's action",
  nextObservations: 'next observation',
  rewards: 'reward',
  terminals: 'terminal',
  timeouts: 'timeout',
  episodes: 'episode',
  time: 'time',
}

/** What a narrow terminal does without, first what is least missed. Which column is what, is always said. */
const spared = [[], ['at min', 'at max'], ['mean', 'std', 'at min', 'at max']]

/** With all figures where there is room for them; else the last line says which are not shown. */
function columnTable(all: readonly ColumnSummary[], room: number): string {
  // they are the observations once more
  const columns = all.filter(({ role }) => role !== 'nextObservations')
  const rows = columns.map(rowOf)
  const head = ['column', 'is', 'min', 'max', 'mean', 'std', 'at min', 'at max', 'remarks']
  const without = (names: readonly string[]): [head: string[], rows: string[][]] => {
    const shown = head.filter((name) => !names.includes(name))
    return [shown, rows.map((row) => shown.map((name) => row[head.indexOf(name)]))]
  }
  for (const names of spared) {
    const [shown, cells] = without(names)
    if (names.length) for (const [i, row] of cells.entries()) row[row.length - 1] = remarksBelow(columns[i])
    const table = plainTable(shown, cells, Infinity)
    if (table.indexOf('\n') <= room) return [table, ...notShown(names)].join('\n')
  }
  const least = spared[spared.length - 1]
  return [plainTable(...without(least), room), ...notShown(least)].join('\n')
}

const notShown = (names: readonly string[]): string[] =>
  names.length ? [`not shown    ${names.join(', ')}: see --json`] : []

/** One below the other, for a narrow cell. */
const remarksBelow = (column: ColumnSummary): string =>
  remarks(column).join('\n').replaceAll('saturated ', 'saturated\n')

function rowOf(column: ColumnSummary): string[] {
  const { name, role, min, max, mean, std, atMin, atMax } = column
  const figure = figureOf(min, max)
  return [
    printable(name),
    role ? is[role] : '',
    ...[min, max, mean].map(figure),
    figureOf(0, 1)(std),
    ...[atMin, atMax].map((share) => (role === 'actions' ? percent(share) : '')),
    remarks(column).join(', '),
  ]
}

/** Four digits, or as many as tell the least number from the greatest, as of times since 1970. */
function figureOf(min: number | null, max: number | null): (x: number | null) => string {
  const apart = Math.max(Math.abs(min ?? 0), Math.abs(max ?? 0)) / (max! - min!)
  const digits = Number.isFinite(apart) ? Math.min(17, Math.max(4, Math.ceil(Math.log10(apart)) + 2)) : 4
  return (x) => (x === null ? '-' : `${Number(x.toPrecision(digits))}`)
}

function remarks({ role, missing, constant, atMin, atMax }: ColumnSummary): string[] {
  const action = role === 'actions'
  return [
    ...(missing ? [`${grouped(missing)} missing`] : []),
    ...(constant ? ['constant'] : []),
    ...(action && !constant && atMin + atMax >= SATURATED ? [`saturated ${percent(atMin + atMax)}`] : []),
  ]
}
