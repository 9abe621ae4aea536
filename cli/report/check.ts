/** What `bpd check` found, for a terminal. */
import type { Diagnosis, Explanation, Fit } from '../../trainer/check/check.ts'
import { plainTable } from './table.ts'
import { grouped, percent, printable } from './words.ts'

export interface Checked extends Diagnosis {
  teacher: string
  data: string
  format: string
  /** rows of the log */
  count: number
  observationNames: readonly string[]
  actionNames: readonly string[]
}

/** share of the variance that says nothing: an error falls by that much where a policy is only shrunk to the mean of the log */
const little = 0.05
/** how many explanations are listed */
const listed = 5

/** columns: of the terminal */
export function describeCheck(checked: Checked, columns = process.stdout.columns || 100): string {
  const { teacher, data, format, count, rows, verdict, asIs, explanations, clock } = checked
  const [first] = explanations
  const room = Math.max(40, columns)
  const fact = (name: string, text: string) => wrapped(`${name.padEnd(10)}`, printable(text), room)
  const shown = verdict === 'mistake' && first ? first : undefined
  const tried = explanations.filter(({ removed }) => removed > 0.02).slice(0, listed)
  return [
    ...wrapped('', `${printable(teacher)} against ${printable(data)}: ${format}, ${grouped(count)} rows`, room),
    '',
    ...wrapped('', printable(verdictOf(checked)), room),
    ...(shown ? fact('mend', shown.mend) : []),
    ...(clock ? [...fact('rate', clock.mistake), ...fact('mend', clock.mend)] : []),
    ...fact('evidence', evidenceOf(asIs, shown)),
    ...fact('judged on', `${grouped(rows.judge)} rows; what is fitted was fitted on ${grouped(rows.fit)} others`),
    '',
    actionTable(checked, shown, room),
    ...(verdict !== 'explained' && tried.length > 0 ? ['', explanationTable(tried, room)] : []),
  ].join('\n')
}

function verdictOf({ verdict, explanations: [first], clock }: Checked): string {
  if (verdict === 'explained') return 'explained: the policy says what the log says'
  if (verdict === 'noisy')
    return 'explained but for noise: no mistake that is known here explains what the policy leaves'
  if (verdict === 'mistake')
    return first && !clock ? `mistake: ${first.mistake}` : `mistake: ${first?.mistake ?? 'the rate'}`
  if (!first || first.removed <= 0.02)
    return 'not explained: the policy does not say what the log says, and no single mistake explains it'
  return first.fit.explained > little
    ? `not explained: no single mistake explains the log; the best part of it: ${first.mistake} (${percent(first.removed)} of the error)`
    : 'not explained: with any mistake that is known here, one constant action is about as near to the log as the policy: perhaps it is the log of another'
}

function evidenceOf(asIs: Fit, shown: Explanation | undefined): string {
  const before = `the policy explains ${share(asIs.explained)} of the variance of the actions`
  const left = (fit: Fit) =>
    fit.explained < 0 || fit.explained > 0.9999
      ? ''
      : fit.predictable < 0.2
        ? '; what is left is noise'
        : '; what is left is not all noise'
  return shown
    ? `as the log is, ${before}; with the mend ${share(shown.fit.explained)}${left(shown.fit)}`
    : `${before}${left(asIs)}`
}

const share = (explained: number): string => (explained < 0 ? 'none' : `${(100 * explained).toFixed(1)} %`)
const figure = (x: number): string => `${Number(x.toPrecision(3))}`

/** What is left, action by action. */
function actionTable({ actionNames, asIs }: Checked, shown: Explanation | undefined, room: number): string {
  const head = ['action', 'error as it is', ...(shown ? ['with the mend'] : []), 'spread in the log']
  const rows = actionNames.map((name, i) => [
    printable(name),
    figure(asIs.rmse[i]),
    ...(shown ? [figure(shown.fit.rmse[i])] : []),
    figure(asIs.spread[i]),
  ])
  return plainTable(head, rows, room)
}

function explanationTable(tried: readonly Explanation[], room: number): string {
  const head = ['hypothesis', 'error removed', 'then explained']
  const rows = tried.map(({ hypothesis, removed, fit }) => [hypothesis, percent(removed), share(fit.explained)])
  return plainTable(head, rows, room)
}

/** Lines of at most `room` columns; what follows the first stands below its text. */
function wrapped(title: string, text: string, room: number): string[] {
  const lines: string[] = []
  let line = title
  for (const word of text.split(' ')) {
    const joined = line.length === title.length && line.trim() === title.trim() ? `${line}${word}` : `${line} ${word}`
    if (joined.length > room && line.trim() !== '' && line !== title) {
      lines.push(line)
      line = `${' '.repeat(title.length)}${word}`
    } else line = joined
  }
  return [...lines, line]
}
