/** What every verb that writes has: results that are there are replaced only if that is asked for. */
import { Option } from 'commander'
import { type Conditions, claimFolder, type Unfinished } from '../trainer/files/claim.ts'
import { say } from './terminal.ts'

export interface OutputOptions {
  force: boolean
}

export const forceOption = () => new Option('--force', 'replace results that are there already').default(false)

/** Claims the folder of a run that can be resumed, and says so where it was to be and there is nothing to go on from. Throws InputError. */
export function claimRun(
  folder: string,
  names: readonly string[],
  conditions: Conditions,
  unfinished: Unfinished,
): void {
  const goesOn = claimFolder(folder, names, conditions, unfinished)
  if (unfinished.resume && !goesOn) say(`${folder}: no checkpoint to go on from: begins anew`)
}
