/** Data whose columns are found by the names of a contract. */
import { InputError } from '../../runtime-as/errors.ts'
import type { Contract } from '../../runtime-as/format/network.ts'
import { type DataOptions, type DataSet, openData } from '../../trainer/data/data-set.ts'
import { kindOfData, openLog } from '../../trainer/data/formats.ts'
import type { Data } from '../../trainer/distill/data.ts'
import { HELD_OUT } from '../../trainer/distill/distill.ts'

export interface Names {
  observations?: readonly string[]
  actions?: readonly string[]
}

/** By the contract's names, and in their order, where the user names no columns and the data has them all; else as `openData` finds them. */
export async function openNamed(path: string, options: DataOptions, names: Names): Promise<DataSet> {
  const found: { -readonly [R in keyof Names]: Names[R] } = {}
  if (kindOfData(path) !== 'transitions') {
    const log = await openLog(path)
    const columns = new Set(log.fields.flatMap((field) => field.columns))
    log.close()
    for (const role of ['observations', 'actions'] as const)
      if (names[role]?.every((name) => columns.has(name))) found[role] = names[role]
  }
  const mapping = { ...found, ...options.mapping }
  return openData(path, { ...options, mapping: Object.keys(mapping).length > 0 ? mapping : undefined })
}

/** Throws InputError unless its rows have the sizes that `of` has. */
export function requireSizes(data: Data, [o, a]: readonly [number, number], path: string, of: string): void {
  if (data.observationSize !== o || data.actionSize !== a)
    throw new InputError(
      `${path}: ${data.observationSize} observations and ${data.actionSize} actions, expected ${o} and ${a} as ${of} has`,
    )
}

/** For a policy file. Throws InputError where the data does not fit it. */
export async function openForPolicy(path: string, options: DataOptions, contract: Contract): Promise<DataSet> {
  const { observation, action } = contract
  const data = await openNamed(path, options, { observations: observation.names, actions: action.names })
  requireSizes(data, [observation.names.length, action.names.length], path, 'the contract')
  return data
}

/** A student that was made without a task. */
export const isJudgedByActions = ({ provenance }: Contract): boolean => provenance.judge === HELD_OUT
