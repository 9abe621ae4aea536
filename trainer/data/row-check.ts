/** What no transition of a task can be: looked at where data is read, and where a program hands it over. */
import { types } from 'node:util'
import { InputError } from '../../runtime-as/errors.ts'
import { brief } from '../files/brief.ts'
import type { TaskSpec } from '../tasks/task.ts'
import { columnsOf } from './columns.ts'

/** part of an action's range that an action may lie outside of its bounds: what a log of a real machine may show, but no other unit */
const BEYOND = 0.1

/** What of a task its rows depend on. */
type RowSpec = Pick<TaskSpec, 'actionLow' | 'actionHigh' | 'actionNames' | 'observationNames'>

/** Of a task that is not known: actions have no bounds. */
export const unbounded = (observationSize: number, actionSize: number): RowSpec => ({
  observationNames: new Array<string>(observationSize).fill(''),
  actionNames: new Array<string>(actionSize).fill(''),
  actionLow: new Array<number>(actionSize).fill(-Infinity),
  actionHigh: new Array<number>(actionSize).fill(Infinity),
})

/** Gives a check of rows, the first of them being number `first`: what is wrong with one of them, in words, or undefined. */
export function rowCheck(spec: RowSpec): (rows: Float32Array, first: number) => string | undefined {
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

const shown = (rows: unknown): string =>
  ArrayBuffer.isView(rows) ? `${(rows as Float32Array).length} in a ${rows.constructor.name}` : brief(rows)

/** Refuses what a program hands over as rows, the first of them being number `first`, and is none. name: how errors call it. */
export function requireRows(spec: RowSpec): (rows: Float32Array, first: number, name: string) => void {
  const impossible = rowCheck(spec)
  const { width } = columnsOf(spec.observationNames.length, spec.actionNames.length)
  return (rows, first, name) => {
    // of a program that may be without types
    if (!types.isFloat32Array(rows) || rows.length === 0 || rows.length % width !== 0)
      throw new InputError(`${name}: ${shown(rows)}, expected 1 or more rows of ${width} numbers in a Float32Array`)
    const refusal = impossible(rows, first)
    if (refusal !== undefined) throw new InputError(`${name}: ${refusal}`)
  }
}
