/** Rows of an earlier table, which lies where the new one goes. */
import { existsSync, readFileSync } from 'node:fs'
import { InputError } from '../../runtime-as/errors.ts'
import { paperTasks } from '../../trainer/tasks/registry.ts'
import type { Plan } from './run.ts'
import type { Row } from './table.ts'

/** Throws InputError for a file that holds no such table. */
export function readRows(file: string): Row[] {
  if (!existsSync(file)) return []
  let rows: unknown
  try {
    rows = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    rows = undefined
  }
  if (!Array.isArray(rows) || !rows.every((row) => paperTasks().includes(row?.task) && row.keptOfPaperNetwork))
    throw new InputError(`${file}: expected the JSON of an earlier table`)
  // a row without it is of a version whose failureRate counted falls alone: what failed against the teacher is not known
  return rows.map((row) => {
    const { failureRate: fellRate, teacherFailureRate: teacherFellRate, ...rest } = row
    return 'fellRate' in row ? row : { ...rest, fellRate, teacherFellRate }
  })
}

/** Throws InputError where a row would be replaced by one of less: fewer seeds, episodes, transitions, steps or updates. */
export function requireNoLess(row: Row, { seeds, episodes, transitions, given }: Plan, file: string): void {
  const sizes: [string, number, number | undefined][] = [
    ['seeds', row.seeds.length, seeds],
    ['episodes', row.episodes, episodes],
    ['transitions', row.transitions, transitions],
    ['steps', row.steps, given.steps],
    ['updates of tuning', row.tuneUpdates, given.tuneUpdates],
  ]
  const less = sizes.find(([, before, now]) => now !== undefined && now < before)
  if (!less) return
  const [what, before, now] = less
  throw new InputError(
    `${file}: its row of ${row.task}, ${row.variant} has ${before} ${what}, expected no fewer than that to replace it, not ${now}: another folder with --results, or --force`,
  )
}
