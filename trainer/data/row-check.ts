/** What no transition of a task can be, and what is doubtful in good ones: looked at where data is read. */
import type { TaskSpec } from '../tasks/task.ts'
import { columnsOf } from './columns.ts'

/** part of an action's range that an action may lie outside of its bounds: what a log of a real machine may show, but no other unit */
const BEYOND = 0.1

/** Gives a check of rows, the first of them being number `first`: what is wrong with one of them, in words, or undefined. */
export function rowCheck(
  spec: Pick<TaskSpec, 'actionLow' | 'actionHigh' | 'actionNames' | 'observationNames'>,
): (rows: Float32Array, first: number) => string | undefined {
  const { actionLow, actionHigh, actionNames, observationNames } = spec
  const columns = columnsOf(observationNames.length, actionNames.length)
  const beyond = actionLow.map((low, i) => BEYOND * (actionHigh[i] - low))
  const wrongIn = (row: Float32Array): [column: number, what: string] | undefined => {
    const infinite = row.findIndex((x) => !Number.isFinite(x))
    if (infinite >= 0) return [infinite, 'expected a finite number']
    for (const flag of [columns.terminal, columns.timeout])
      if (row[flag] !== 0 && row[flag] !== 1)
        return [flag, `${flag === columns.terminal ? 'terminal' : 'timeout'} ${row[flag]}, expected 0 or 1`]
    for (const [i, name] of actionNames.entries())
      for (const column of [columns.action + i, columns.teacherAction + i])
        if (row[column] < actionLow[i] - beyond[i] || row[column] > actionHigh[i] + beyond[i])
          return [column, `action "${name}" ${row[column]}, expected ${actionLow[i]} to ${actionHigh[i]}`]
    return undefined
  }
  return (rows, first) => {
    for (let at = 0; at < rows.length; at += columns.width) {
      const wrong = wrongIn(rows.subarray(at, at + columns.width))
      if (wrong) return `transition ${first + at / columns.width}, column ${wrong[0]}: ${wrong[1]}`
    }
    return undefined
  }
}
