/** What a teacher says of the contract of its students: `contract.json`, in the layout of that in a .bpd, unknown parts left out. */
import { parseJson } from '../files/json.ts'
import type { Teacher } from './teacher.ts'

export interface TeacherContract {
  task?: string
  observation?: { names: string[] }
  action?: { names?: string[]; low?: number[]; high?: number[]; failsafe?: number[] }
  /** seconds */
  period?: number
}

export function teacherContract({ metadata, actionLow, actionHigh }: Teacher, task?: string): TeacherContract {
  const observed = namesIn(metadata.observation_names)
  const acted = namesIn(metadata.action_names)
  const action = { ...(acted && { names: acted }), ...(actionLow && { low: actionLow, high: actionHigh }) }
  const period = Number(metadata.period)
  return {
    ...(task !== undefined && { task }),
    ...(observed && { observation: { names: observed } }),
    ...(Object.keys(action).length > 0 && { action }),
    ...(period > 0 && { period }),
  }
}

/** A list of names as JSON; undefined where there is none. */
function namesIn(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined
  try {
    const names = parseJson(text, { items: 10_000, depth: 1 })
    return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : undefined
  } catch {
    return undefined
  }
}
