/** What is compared as one page. */
import { figure, page, table, warning } from '../report/page.ts'
import { chartTitle, frontChart, SYMBOLS } from './chart.ts'
import { type Compared, MEASURES } from './rows.ts'
import { againstReference, allCells, frontWords, uncountedLines } from './words.ts'

export function comparedPage(compared: Compared): string {
  const { task, rows, counter, date, episodes, seed, teacher, paper } = compared
  const facts = {
    task: `${task}; ${episodes} reported episodes each, seed ${seed}`,
    policy: `${rows.length}, numbered by the bytes of their files; CRC-32 in the table, sha256 in the JSON beside this page`,
    board: `${counter.counts} (${counter.port})`,
    date,
    ...(teacher !== undefined && {
      failed: `fell, or returned less than ${teacher} in the same episode by more than 30 % of its mean return`,
      ...(againstReference(compared).includes('retained') && { retained: `of the mean return of ${teacher}` }),
    }),
    ...(paper && {
      'the paper': 'its student, weights and return as printed, with a teacher and simulator of its own',
    }),
  }
  const { head, body } = allCells(compared)
  // figures stay in a line; names and kinds may be long
  const kept = body.map((row) => row.map((cell) => cell.replace(/ (?=[±%])|(?<=±) /g, '\u00a0')))
  const plots = MEASURES.map((measure) =>
    figure(
      chartTitle(measure, compared),
      frontChart(compared, measure),
      `bars: 95 % intervals of the mean; ${SYMBOLS}. Pareto front: ${frontWords(measure, compared)}`,
    ),
  )
  const missing = uncountedLines(compared).map(warning)
  return page(`${task}: what the return costs`, facts, [...plots, ...missing, table(head, kept)].join('\n'))
}
