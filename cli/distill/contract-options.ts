/** The contract as flags, for a policy that has no task to take it from. */
import type { Command } from 'commander'
import type { PolicyContract } from '../../trainer/contract.ts'
import { list, number } from '../verb.ts'

export interface GivenContract {
  contract?: string
  name?: string
  actionLow?: number[]
  actionHigh?: number[]
  failsafe?: number[]
  period?: number
}

export const addContractOptions = (verb: Command): Command =>
  verb
    .optionsGroup('Contract, without a task (else from contract.json, the teacher, the data):')
    .option('--contract <file>', "contract.json (default: the one in the teacher's folder, if there is one)")
    .option('--name <text>', 'what the contract calls the task')
    .option(
      '--action-low <list>',
      'lower bounds of the actions in their units: one for all, or one each',
      list(number()),
    )
    .option('--action-high <list>', 'upper bounds', list(number()))
    .option(
      '--failsafe <list>',
      'the action where the policy cannot act (default: the middle of each range)',
      list(number()),
    )
    .option('--period <s>', 'seconds between actions', number(1e-6, 4294))

/** What the flags say. */
export const contractIn = ({
  name,
  actionLow,
  actionHigh,
  failsafe,
  period,
}: GivenContract): Partial<PolicyContract> => ({
  name,
  actionLow,
  actionHigh,
  failsafe,
  period,
})

/** The first flag that a task leaves no room for. */
export function contractFlag({ contract, ...given }: GivenContract): string | undefined {
  const flags = { '--contract': contract, '--name': given.name, '--action-low': given.actionLow }
  const more = { '--action-high': given.actionHigh, '--failsafe': given.failsafe, '--period': given.period }
  return Object.entries({ ...flags, ...more }).find(([, value]) => value !== undefined)?.[0]
}
