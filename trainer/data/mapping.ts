/** Which columns of a log are observations, actions, rewards: by name, range, or the names that people use. */
import { InputError } from '../../runtime-as/errors.ts'
import { brief } from '../files/brief.ts'
import { type Field, type Log, maxColumns, type Role, roleNames, roles } from './log.ts'

/** Columns of each role, as the user names them: a column, a field with all its columns, or a range `q0..q4`. `none`: leaves the role out. */
export type Mapping = Partial<Record<Role, readonly string[]>>

export interface Column {
  name: string
  field: Field
  /** within the field */
  index: number
}

export type Resolved = Partial<Record<Role, Column[]>> & Pick<Record<Role, Column[]>, 'observations' | 'actions'>

/** roles of one column */
const single: readonly Role[] = ['rewards', 'terminals', 'timeouts', 'episodes', 'time']
const required: readonly Role[] = ['observations', 'actions']

/** Throws InputError where a column is not there, is no number, or observations or actions are not known. */
export function resolve(log: Log, mapping: Mapping): Resolved {
  const resolved = resolveWhatIsThere(log, mapping)
  // a teacher's stand for them
  if (mapping.actions?.length === 1 && mapping.actions[0] === 'none') resolved.actions ??= []
  const missing = required.filter((role) => !(role === 'actions' ? resolved.actions : resolved[role]?.length))
  for (const role of missing) {
    const unusable = roles[role].flatMap((name) => log.fields.filter((field) => field.name === name && field.unusable))
    if (unusable.length > 0) throw new InputError(`${log.path}: ${brief(unusable[0].name)}: ${unusable[0].unusable}`)
  }
  if (missing.length > 0)
    throw new InputError(
      `${log.path}: ${missing.join(' and ')}: not known, expected ${missing.map((role) => `--${role}`).join(' and ')} out of its columns ${listed(columnsIn(log).map(({ name }) => name))}`,
    )
  const { nextObservations: next, observations, teacherActions, actions } = resolved as Resolved
  requireAsMany(log, 'nextObservations', next, 'observations', observations)
  requireAsMany(log, 'teacherActions', teacherActions, 'actions', actions)
  return resolved as Resolved
}

/** The same, of what is named and of what the file has under the usual names: for `bpd inspect`. */
export function resolveWhatIsThere(log: Log, mapping: Mapping): Partial<Resolved> {
  const columns = columnsIn(log)
  const resolved: Partial<Resolved> = {}
  for (const role of roleNames) {
    const next = role === 'nextObservations' ? nextOf(columns, resolved.observations ?? []) : undefined
    const found = named(log, columns, role, mapping[role]) ?? next ?? usual(log, columns, role)
    if (found?.length) resolved[role] = found
  }
  return resolved
}

/** Tells columns of a log apart. */
export const idOf = ({ field, index }: Pick<Column, 'field' | 'index'>): string => `${index} ${field.name}`

/** What is doubtful in such columns: said, and not refused. */
export function doubtsIn({ observations = [], actions = [] }: Partial<Resolved>): string[] {
  const acted = new Set(actions.map(idOf))
  const both = observations.filter((column) => acted.has(idOf(column))).map(({ name }) => brief(name))
  return both.length === 0 ? [] : [`${listed(both)}: observation and action at once: a student would copy what it sees`]
}

const columnsIn = (log: Log): Column[] =>
  log.fields.flatMap((field) => field.columns.map((name, index) => ({ name, field, index })))

function named(log: Log, columns: readonly Column[], role: Role, entries?: readonly string[]): Column[] | undefined {
  if (entries === undefined) return undefined
  if (entries.length === 1 && entries[0] === 'none' && !columns.some(({ name }) => name === 'none')) return []
  const found = entries.flatMap((entry) => {
    const there = range(columns, entry) ?? lookUp(columns, entry)
    if (there) return there
    const near = nearest(entry, namesOf(columns))
    const asked = near === undefined ? '' : `; did you mean ${brief(near)}?`
    throw new InputError(
      `${log.path}: --${dashed(role)}: column ${brief(entry)} is not there, expected one of ${listed(namesOf(columns))}${asked}`,
    )
  })
  return checked(log, role, found)
}

function checked(log: Log, role: Role, columns: Column[]): Column[] {
  const seen = new Set<string>()
  for (const column of columns) {
    const { name, field } = column
    if (field.unusable) throw new InputError(`${log.path}: --${dashed(role)}: ${brief(name)}: ${field.unusable}`)
    const id = idOf(column)
    if (seen.has(id)) throw new InputError(`${log.path}: --${dashed(role)}: ${brief(name)} is there twice`)
    seen.add(id)
  }
  const most = single.includes(role) ? 1 : maxColumns
  if (columns.length > most)
    throw new InputError(
      `${log.path}: --${dashed(role)}: ${columns.length} columns, expected ${most === 1 ? '1' : `at most ${most}`}`,
    )
  return columns
}

/** The first of the usual names that the log has; one that cannot be read is as if it was not there. */
function usual(log: Log, columns: readonly Column[], role: Role): Column[] | undefined {
  const ofFormat = log.usual?.[role]
  if (ofFormat)
    return checked(
      log,
      role,
      ofFormat.flatMap((name) => lookUp(columns, name) ?? []),
    )
  for (const name of roles[role]) {
    const found = lookUp(columns, name)?.filter(({ field }) => !field.unusable)
    if (found?.length && (found.length === 1 || !single.includes(role))) return found
  }
  return undefined
}

/** The columns that hold the next observations of these: `next_NAME` of each field or column. */
function nextOf(columns: readonly Column[], observations: readonly Column[]): Column[] | undefined {
  const next = observations.map(({ name, field, index }) =>
    columns.find(
      (one) => one.name === `next_${name}` || (one.field.name === `next_${field.name}` && one.index === index),
    ),
  )
  return next.every((column) => column && !column.field.unusable) ? (next as Column[]) : undefined
}

/** A column, a field with all its columns, or what is numbered under a name: q.0, q.1 or q0, q1. */
function lookUp(columns: readonly Column[], name: string): Column[] | undefined {
  const column = columns[placeOf(columns, name)]
  if (column && column.field.columns.length === 1) return [column]
  const ofField = columns.filter(({ field }) => field.name === name)
  if (ofField.length > 0) return ofField
  if (column) return [column]
  for (const joint of ['.', '_', '']) {
    const numbered = numberedFrom(columns, `${name}${joint}`)
    if (numbered.length > 0) return numbered
  }
  return undefined
}

/** A column by its name, or by that without the unit behind it: "q0 [rad]". */
function placeOf(columns: readonly Column[], name: string): number {
  const exact = columns.findIndex((column) => column.name === name)
  return exact >= 0 ? exact : columns.findIndex((column) => bare(column.name) === name)
}

// names of strangers: a long one is left alone, as the search is not linear
const bare = (name: string): string => (name.length > 200 ? name : name.replace(/\s*[[(][^[\]()]{1,20}[\])]$/, ''))

function numberedFrom(columns: readonly Column[], prefix: string): Column[] {
  const byName = new Map(columns.map((column) => [bare(column.name), column]))
  const found: Column[] = []
  for (let next = byName.get(`${prefix}0`); next; next = byName.get(`${prefix}${found.length}`)) found.push(next)
  return found
}

/** `q0..q4`: numbered names, wherever they stand; of other names, the columns from the one to the other. */
function range(columns: readonly Column[], entry: string): Column[] | undefined {
  const [from, to, ...more] = entry.split('..')
  if (!from || !to || more.length > 0 || columns.some(({ name }) => name === entry)) return undefined
  const at = (name: string) => placeOf(columns, name)
  const [first, last] = [at(from), at(to)]
  if (first < 0 || last < 0) return undefined
  const [low, high] = [numberAtEnd(from), numberAtEnd(to)]
  if (low && high && low.name === high.name && low.number <= high.number) {
    const names = Array.from({ length: high.number - low.number + 1 }, (_, i) => {
      const plain = at(`${low.name}${low.number + i}`)
      return plain >= 0 ? plain : at(`${low.name}${`${low.number + i}`.padStart(low.digits, '0')}`)
    })
    if (names.every((place) => place >= 0)) return names.map((place) => columns[place])
  }
  return first <= last ? columns.slice(first, last + 1) : undefined
}

function numberAtEnd(name: string): { name: string; number: number; digits: number } | undefined {
  const [, start, digits] = /^(.*?)(\d{1,6})$/.exec(name) ?? []
  return digits === undefined ? undefined : { name: start, number: Number(digits), digits: digits.length }
}

function requireAsMany(log: Log, role: Role, some: Column[] | undefined, of: Role, others: Column[]): void {
  if (some && some.length !== others.length)
    throw new InputError(
      `${log.path}: --${dashed(role)}: ${some.length} columns, expected ${others.length} as of ${of}`,
    )
}

const namesOf = (columns: readonly Column[]): string[] => [
  ...new Set(columns.flatMap(({ name, field }) => (field.columns.length > 4 ? [field.name] : [name]))),
]

/** A few of many names, for a message of one line. */
export function listed(names: readonly string[], most = 12): string {
  const some = names.slice(0, most).map((name) => (name.length > 40 ? `${name.slice(0, 40)}…` : name))
  return names.length > most ? `${some.join(', ')} and ${names.length - most} more` : some.join(', ')
}

/** teacherActions -> teacher-actions, as options spell it */
export const dashed = (role: string): string => role.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** The name that is fewest changes away, unless that is another word. */
export function nearest(wanted: string, names: readonly string[]): string | undefined {
  const close = names
    .filter((name) => name.length <= 60)
    .map((name) => ({ name, changes: changesBetween(wanted.toLowerCase().slice(0, 60), name.toLowerCase()) }))
    .sort((a, b) => a.changes - b.changes)
  const [best] = close
  return best && best.changes <= Math.max(1, Math.floor(wanted.length / 3)) ? best.name : undefined
}

/** Levenshtein's distance. */
function changesBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const above = row
    row = [i]
    for (let j = 1; j <= b.length; j++)
      row.push(Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)))
  }
  return row[b.length]
}
