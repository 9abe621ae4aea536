/** All that a cautious engineer would look at before motors are connected, one check after the other. */
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { ensureRuns } from '../measure.ts'
import { releasedBy } from '../refusal.ts'
import { type Bench, type Check, type Finding, fail } from './check.ts'
import { CHECKS } from './checks.ts'

export type Line = Finding & { name: string }

/** onCheck: told the name of the check that begins. */
export async function qualify(bench: Bench, onCheck: (name: string) => void): Promise<Line[]> {
  const { board, bytes, port } = bench
  await ensureRuns(board, bytes)
  // else every check that makes a step would fail, each for this one reason
  if (board.info.failsafe === 'latched')
    throw new InputError(`${port.name}: a failsafe of before is latched, and stands ${releasedBy(port.name)}`)
  if (!board.info.policy?.confirmed) await board.confirm()
  const lines: Line[] = []
  for (const check of CHECKS) {
    onCheck(check.name)
    lines.push({ name: check.name, ...(await looked(check, bench)) })
  }
  return lines
}

/** What one check finds. One that throws what this package throws has failed, and says why. */
export async function looked({ run }: Check, bench: Bench): Promise<Finding> {
  try {
    return await run(bench)
  } catch (error) {
    if (!(error instanceof FailedError || error instanceof InputError)) throw error
    return fail(error.message)
  }
}
