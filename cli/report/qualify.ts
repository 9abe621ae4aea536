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

function verdictOf({ qualified, realTime, checks }: Qualification): string {
  const failed = checks.filter(({ verdict }) => verdict === 'fail').length
  const unchecked = checks.filter(({ verdict }) => verdict === 'unchecked').length
  const open =
    (unchecked > 0 ? `; ${unchecked} that this port cannot show` : '') +
    (realTime ? '' : '; this port keeps no real time, run it again on the board itself')
  return qualified
    ? `qualified: no check failed${open}`
    : `not qualified: ${failed} of ${checks.length} checks failed${open}`
}

export const qualifyText = (result: Qualification): string => `${plainTable(HEAD, rows(result))}\n${verdictOf(result)}`

export function qualifyPage(result: Qualification): string {
  const { policy, board, date, port, qualified } = result
  const facts = {
    task: policy.task,
    policy: policyFact(policy.file, policy),
    board: `${board.name} at ${port}; cycles are ${board.counter}`,
    date,
  }
  const verdict = qualified ? `<p>${verdictOf(result)}</p>` : warning(verdictOf(result))
  return page(
    `${policy.file} on ${board.name}, before motors are connected`,
    facts,
    `${verdict}\n${table(HEAD, rows(result))}`,
  )
}
