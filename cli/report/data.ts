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
const figure = (x: number | null): string => (x === null ? '-' : `${Number(x.toPrecision(4))}`)

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

/** With all figures where there is room for them, else with what is remarkable. */
function columnTable(all: readonly ColumnSummary[], room: number): string {
  // they are the observations once more
  const columns = all.filter(({ role }) => role !== 'nextObservations')
  const names = columns.map(({ name }) => printable(name))
  const wide = plainTable(
    ['column', 'is', 'min', 'max', 'mean', 'std', 'at min', 'at max', 'remarks'],
    columns.map((column, i) => [
      names[i],
      column.role ? is[column.role] : '',
      ...[column.min, column.max, column.mean, column.std].map(figure),
      ...[column.atMin, column.atMax].map((share) => (column.role === 'actions' ? percent(share) : '')),
      remarks(column).join(', '),
    ]),
    Infinity,
  )
  if (wide.indexOf('\n') <= room) return wide
  const said = columns.map((column) => remarks(column).join('\n'))
  return plainTable(
    ['column', 'min', 'max', 'remarks'],
    columns.map((column, i) => [names[i], figure(column.min), figure(column.max), said[i]]),
    room,
  )
}

function remarks({ role, missing, constant, atMin, atMax }: ColumnSummary): string[] {
  const action = role === 'actions'
  return [
    ...(missing ? [`${grouped(missing)} missing`] : []),
    ...(constant ? ['constant'] : []),
    ...(action && !constant && atMin + atMax >= SATURATED ? [`saturated ${percent(atMin + atMax)}`] : []),
  ]
}
