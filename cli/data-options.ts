/** Which columns of a data set are what: the options that `bpd distill`, `bpd check` and `bpd inspect` share. */
import { type Command, Option } from 'commander'
import type { DataOptions } from '../trainer/data/data-set.ts'
import { type Role, roleNames } from '../trainer/data/log.ts'
import { dashed, type Mapping } from '../trainer/data/mapping.ts'
import { readMapping } from '../trainer/data/mapping-file.ts'
import { list } from './verb.ts'

/** What the options become; a verb's own options extend it. */
export type GivenData = { [R in Role]?: string[] } & { mapping?: string; missing?: 'refuse' | 'drop' }

const descriptions: Record<Role, string> = {
  observations: 'columns of the observation: names, fields, ranges as q0..q4',
  actions: 'columns of the action; "none" where a teacher says them',
  teacherActions: "columns of the teacher's own action, without noise",
  nextObservations: 'columns of the next observation (default: next_NAME of each, else the next row)',
  rewards: 'column of the reward; "none" leaves it out',
  terminals: 'column that is 1 where an episode ended in a terminal state; "none" leaves it out',
  timeouts: 'column that is 1 where an episode was cut off; "none" leaves it out',
  episodes: 'column with the number of the episode; "none" leaves it out',
  time: 'column of timestamps in s; "none" leaves it out',
}

const names = list((name) => name.trim())

/** only: the roles that the verb needs, where it does not need all */
export function addDataOptions(verb: Command, only: readonly Role[] = roleNames): Command {
  verb.optionsGroup('Columns of the data (default: the names that each format has):')
  for (const role of only) verb.option(`--${dashed(role)} <columns>`, descriptions[role], names)
  return verb
    .option('--mapping <file>', 'the same as JSON, {"observations": ["q0..q4"], "actions": ["hip"]}; an option wins')
    .addOption(
      new Option('--missing <how>', 'what to do with a row where a number is missing (default: refuse)').choices([
        'refuse',
        'drop',
      ]),
    )
}

/** How data are read, as far as the options say it. */
export type Columns = Pick<DataOptions, 'mapping' | 'missing'>

/** For `openData`; a verb asks once, for a mapping file may be a pipe. Throws InputError where the mapping file is none. */
export function columnsOf(given: GivenData): Columns {
  const fromFile = given.mapping === undefined ? {} : readMapping(given.mapping)
  const fromOptions: Mapping = Object.fromEntries(
    roleNames.filter((role) => given[role] !== undefined).map((role) => [role, given[role]!]),
  )
  const mapping = { ...fromFile, ...fromOptions }
  return { mapping: Object.keys(mapping).length > 0 ? mapping : undefined, missing: given.missing }
}
