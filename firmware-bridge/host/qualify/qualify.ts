/** All that a cautious engineer would look at before motors are connected, one check after the other. */
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { ensureRuns } from '../measure.ts'
import type { Bench, Finding } from './check.ts'
import { CHECKS } from './checks.ts'

export type Line = Finding & { name: string }

/** onCheck: told the name of the check that begins. A check that throws what this package throws has failed, and says why. */
export async function qualify(bench: Bench, onCheck: (name: string) => void): Promise<Line[]> {
  const { board, bytes } = bench
  await ensureRuns(board, bytes)
  if (!board.info.policy?.confirmed) await board.confirm()
  const lines: Line[] = []
  for (const { name, run } of CHECKS) {
    onCheck(name)
    try {
      lines.push({ name, ...(await run(bench)) })
    } catch (error) {
      if (!(error instanceof FailedError || error instanceof InputError)) throw error
      lines.push({ name, verdict: 'fail', said: error.message })
    }
  }
  return lines
}
