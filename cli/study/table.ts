/** A study's report for people: tables for the terminal and for Markdown. */

import type { Report, Row, Summary } from '../../trainer/studies/report/report.ts'
import type { Estimate } from '../../trainer/studies/statistics/bootstrap.ts'
import { SEEDS_TO_RANK } from '../../trainer/studies/study.ts'
import { plainTable } from '../report/table.ts'
import { grouped, percent, printable } from '../report/words.ts'

interface Cells {
  head: string[]
  body: string[][]
}

/** A score as the report measures it. */
export const scoreWords = ({ score }: Report) => (score === 'retained' ? percent : (x: number) => x.toFixed(1))

const TEACHERS = 'Mean paired difference with each teacher, and the seeds that are ahead'

/** What rounds to nothing has no sign. */
const tenths = (x: number): string => x.toFixed(1).replace(/^-0\.0$/, '0.0')
const points = (x: number): string => tenths(100 * x)
/** A difference of two scores: of shares it is percentage points, and its heading says so. */
export const differenceWords = ({ score }: Report) =>
  score === 'retained'
    ? { head: 'paired difference, points', unit: 'points', write: points }
    : { head: 'paired difference', unit: 'of the return', write: tenths }

const at = (budget: number | undefined) =>
  budget === undefined ? 'own pick' : budget <= 1 ? percent(budget) : grouped(budget)

export const within = ({ value, low, high }: Estimate, write: (x: number) => string) =>
  `${write(value)} [${write(low)}, ${write(high)}]`

/** With its interval, where there are seeds to have one. */
export const interquartileWords = ({ interquartile, seeds }: Summary, write: (x: number) => string) =>
  seeds > 1 ? within(interquartile, write) : `${write(interquartile.value)} (one seed)`

export function rowCells(report: Report): Cells {
  const write = scoreWords(report)
  const head = [
    'teacher',
    'variant',
    'weights at',
    'return',
    'teacher',
    report.score,
    'IQM over seeds',
    'worst seed',
    'median',
    'fell',
    'failed',
    'weights',
    'bytes',
    'seeds',
  ]
  const whole = (x: number) => grouped(Math.round(x))
  const body = report.rows.map((row: Row) => [
    printable(row.teacher),
    printable(row.variant),
    at(row.budget),
    whole(row.return),
    whole(row.teacherReturn),
    write(row.score),
    row.interquartile ? within(row.interquartile, write) : '',
    write(row.worst),
    whole(row.median),
    percent(row.fellRate),
    percent(row.failureRate),
    whole(row.weights),
    whole(row.bytes),
    `${row.seeds.length}`,
  ])
  return { head, body }
}

export function summaryCells(report: Report): Cells {
  const write = scoreWords(report)
  const head = [
    'variant',
    'weights at',
    `IQM of ${report.score}`,
    'median of teachers',
    'worst',
    'fell',
    'failed',
    'teachers x seeds',
  ]
  const body = report.summaries.map((one: Summary) => [
    printable(one.variant),
    at(one.budget),
    interquartileWords(one, write),
    write(one.medianOfTasks),
    write(one.worst),
    percent(one.fellRate),
    percent(one.failureRate),
    `${one.teachers.length} x ${one.seeds}`,
  ])
  return { head, body }
}

export function comparisonCells(report: Report): Cells {
  const write = scoreWords(report)
  const difference = differenceWords(report)
  const head = [
    'variant',
    'weights at',
    `IQM of ${report.score}`,
    `${printable(report.baseline)} there`,
    `better than ${printable(report.baseline)}`,
    difference.head,
    'its mean',
    'teachers x seeds',
  ]
  const body = report.comparisons.map((one) => [
    printable(one.variant),
    at(one.budget),
    within(one.interquartile, write),
    within(one.baseline, write),
    within(one.probability, percent),
    within(one.paired, difference.write),
    within(one.pairedMean, difference.write),
    `${one.teachers.length} x ${one.seeds}`,
  ])
  return { head, body }
}

/** Mean differences teacher by teacher, and how many seeds are ahead: what a mean over teachers hides. */
export function teacherCells(report: Report): Cells {
  const { write } = differenceWords(report)
  const teachers = report.teachers.filter(({ name }) =>
    report.comparisons.some((one) => one.byTeacher.some(({ teacher }) => teacher === name)),
  )
  const head = ['variant', 'weights at', ...teachers.map(({ name }) => printable(name))]
  const body = report.comparisons.map((one) => [
    printable(one.variant),
    at(one.budget),
    ...teachers.map(({ name }) => {
      const own = one.byTeacher.find(({ teacher }) => teacher === name)
      return own ? `${write(own.paired.value)} (${own.ahead} of ${own.seeds})` : ''
    }),
  ])
  return { head, body }
}

export function notes(report: Report): string[] {
  const tuning = report.tuning.map(({ variant, trainings, steps, updates, penalties }) => {
    const searched = penalties ? `, penalties ${penalties.join(', ')} each` : ''
    const counts = updates.map(({ least, most }) =>
      least === most ? grouped(least) : `${grouped(least)} to ${grouped(most)}`,
    )
    const alike = counts.every((count) => count === counts[0])
    const each = alike ? counts.slice(0, 1) : counts.map((count, i) => `${count} at ${at(updates[i].budget)}`)
    return `${printable(variant)} ${trainings} x ${steps.map(grouped).join('/')} steps, ${each.join(', ')} updates of a student${searched}`
  })
  return [
    ...(report.missing ? [`${report.missing} students are not there yet: the same study run goes on.`] : []),
    'IQM: interquartile mean; in brackets 95 % intervals of a bootstrap stratified by teacher (as rliable defines them).',
    'From 5 seeds such an interval is short: of one teacher it holds the truth in some 89 of 100 cases, of eight in 92. It is about new seeds of these teachers, not about other teachers.',
    ...(report.ranked ? [] : [`Fewer than ${SEEDS_TO_RANK} seeds: nothing is called better than anything.`]),
    'Paired on the same data and episodes. Students are picked and tuned on other episodes than those reported.',
    ...(tuning.length ? [`Tried per teacher and seed: ${tuning.join('; ')}.`] : []),
  ]
}

export function terminalText(report: Report): string {
  const [rows, ...over] = [rowCells(report), summaryCells(report), comparisonCells(report)]
  const tables = [rows, ...over.filter(({ body }) => body.length)]
  return [...tables.map(({ head, body }) => plainTable(head, body)), ...notes(report)].join('\n')
}

const lines = ({ head, body }: Cells): string[] =>
  [head, head.map(() => '---'), ...body].map((row) => `| ${row.map(cell).join(' | ')} |`)

/** Names and questions are the user's own. */
const plain = (text: string): string => printable(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const cell = (text: string): string => plain(text).replaceAll('|', '\\|')

export function markdown(report: Report, plots: readonly string[]): string {
  const over = [summaryCells(report), comparisonCells(report)].filter(({ body }) => body.length)
  const teachers = teacherCells(report)
  return [
    `# ${plain(report.study)}`,
    '',
    ...(report.question ? [plain(report.question), ''] : []),
    ...over.flatMap((cells) => [...lines(cells), '']),
    ...(teachers.head.length > 3 ? [`${TEACHERS}, ${differenceWords(report).unit}:`, '', ...lines(teachers), ''] : []),
    ...plots.flatMap((plot) => [`![${plot.replace('.svg', '')}](${plot})`, '']),
    ...lines(rowCells(report)),
    '',
    ...notes(report).map((note) => `- ${plain(note)}`),
    '',
  ].join('\n')
}

/** One table alone, for a page that says the rest itself. */
export const summaryMarkdown = (report: Report): string => lines(summaryCells(report)).join('\n')
export const comparisonMarkdown = (report: Report): string => lines(comparisonCells(report)).join('\n')
export const teacherMarkdown = (report: Report): string => lines(teacherCells(report)).join('\n')
