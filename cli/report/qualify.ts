/** What `bpd qualify` found, for a terminal and as a page to file with the release. */
import type { Line } from '../../firmware-bridge/host/qualify/qualify.ts'
import type { Signature } from '../keys.ts'
import { page, policyFact, table, warning } from './page.ts'
import { plainTable } from './table.ts'
import { printable } from './words.ts'

export interface Qualification {
  /** every check that this port can show was passed */
  qualified: boolean
  port: string
  /** the port's time is this computer's */
  realTime: boolean
  date: string
  policy: { file: string; bytes: number; crc: number; signature: Signature; task: string }
  board: { name: string; firmware: number; counter: string }
  checks: Line[]
}

const HEAD = ['check', 'verdict', 'what was seen']
const rows = ({ checks }: Qualification): string[][] =>
  checks.map(({ name, verdict, said }) => [name, verdict, printable(said)])

function verdictOf({ qualified, checks }: Qualification): string {
  const failed = checks.filter(({ verdict }) => verdict === 'fail').length
  const unchecked = checks.filter(({ verdict }) => verdict === 'unchecked').length
  const open = unchecked > 0 ? `; ${unchecked} that this port cannot show` : ''
  return qualified
    ? `qualified: no check failed${open}`
    : `not qualified: ${failed} of ${checks.length} checks failed${open}`
}

const timeOf = ({ realTime }: Qualification): string[] =>
  realTime ? [] : ['this port keeps no real time: run it again on the board itself']

/** columns: of the terminal; where a table does not fit, a check is a line as long as it is */
export function qualifyText(result: Qualification, columns = process.stdout.columns || Infinity): string {
  const table = plainTable(HEAD, rows(result), Infinity)
  const lines = rows(result).map(([name, verdict, said]) => `${verdict.padEnd(9)} ${name}: ${said}`)
  const shown = table.indexOf('\n') <= columns ? [table] : lines
  return [...shown, verdictOf(result), ...timeOf(result)].join('\n')
}

export function qualifyPage(result: Qualification): string {
  const { policy, board, date, port, qualified } = result
  const facts = {
    task: policy.task,
    policy: policyFact(policy.file, policy),
    board: `${board.name} at ${port}; cycles are ${board.counter}`,
    date,
  }
  const verdict = qualified ? `<p>${verdictOf(result)}</p>` : warning(verdictOf(result))
  const time = timeOf(result).map((line) => `<p>${line}</p>`)
  return page(
    `${policy.file} on ${board.name}, before motors are connected`,
    facts,
    [verdict, ...time, table(HEAD, rows(result))].join('\n'),
  )
}
