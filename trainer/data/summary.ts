/** What a log holds, column by column, for someone who has not looked at it yet: nothing is refused that can be counted. */
import { brief } from '../files/brief.ts'
import { weighDones } from './dones.ts'
import { EpisodeEnds, type Rate, slow } from './episode-ends.ts'
import { type Block, type Field, type Log, type Role, secondsIn } from './log.ts'
import { type Column, doubtsIn, idOf, type Mapping, type Resolved, resolveWhatIsThere } from './mapping.ts'

export interface ColumnSummary {
  name: string
  role?: Role
  /** of finite numbers; null where there is none */
  min: number | null
  max: number | null
  mean: number | null
  std: number | null
  /** NaN, empty and infinite ones */
  missing: number
  constant: boolean
  /** share of rows at the bounds of the actions, where the file says them, else at the least and the greatest number */
  atMin: number
  atMax: number
}

export interface Summary {
  format: string
  rows: number
  episodes: { count: number; terminal: number; shortest: number; longest: number }
  columns: ColumnSummary[]
  /** fields that are no numbers, or not as long as the others, and why */
  unread: { name: string; why: string }[]
  rate?: Rate
  hasRewards: boolean
  hasNextObservations: boolean
  hasTeacherActions: boolean
  /** what `bpd distill --data` still has to be told */
  unknown: Role[]
  notes: string[]
}

export async function summarise(log: Log, mapping: Mapping = {}): Promise<Summary> {
  const { columns: roles, notes } = await weighDones(
    log,
    resolveWhatIsThere(log, mapping),
    mapping.terminals !== undefined,
  )
  const rows = rowsOf(log, roles)
  const fields = log.fields.filter((field) => !field.unusable && field.rows === rows)
  const roleOf = new Map(
    Object.entries(roles).flatMap(([role, columns]) => columns.map((column) => [idOf(column), role as Role])),
  )
  const tallies = fields.map((field) => field.columns.map(() => new Tally()))
  const episodes = new EpisodeCount(fields, roles)
  for await (const block of log.blocks(fields, true)) {
    for (const [slot, columns] of tallies.entries())
      for (const [index, tally] of columns.entries()) tally.take(block.values[slot], index, columns.length, block.count)
    episodes.take(block)
  }
  const columns = fields.flatMap((field, slot) =>
    field.columns.map((name, index) => {
      const role = roleOf.get(idOf({ field, index }))
      return { name, role, ...tallies[slot][index].summary(boundsOf(log, roles.actions, { field, index })) }
    }),
  )
  const unread = log.fields
    .filter((field) => !fields.includes(field))
    .map(({ name, unusable, rows: own }) => ({
      name,
      why: unusable ?? `${own} rows, expected ${rows} as of the others`,
    }))
  const has = (role: Role) => roles[role] !== undefined && fields.includes(roles[role][0].field)
  return {
    format: log.format,
    rows: episodes.rows,
    episodes: episodes.summary(),
    columns,
    unread,
    rate: episodes.ends.timing.rate(),
    hasRewards: has('rewards'),
    hasNextObservations: has('nextObservations'),
    hasTeacherActions: has('teacherActions'),
    unknown: (['observations', 'actions'] as const).filter((role) => !roles[role]),
    notes: [
      ...log.notes,
      ...notes,
      ...doubtsIn(roles),
      ...(episodes.ends.doubt ? [`column ${brief(roles.episodes![0].name)}: ${episodes.ends.doubt}`] : []),
      ...slow(episodes.ends.timing.rate()?.period),
    ],
  }
}

/** Rows of the arrays: as many as most of those have that are for something, of actions where as many have others; else of most arrays. */
function rowsOf(log: Log, { actions, observations, ...others }: Partial<Resolved>): number | undefined {
  const used = [actions, observations, ...Object.values(others)].flatMap((columns) => columns?.[0].field ?? [])
  const fields = used.length > 0 ? used : log.fields.filter((field) => !field.unusable)
  const counts = new Map<number | undefined, number>()
  for (const { rows } of fields) counts.set(rows, (counts.get(rows) ?? 0) + 1)
  // the first of those that are as many
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0]
}

function boundsOf(log: Log, actions: Column[] | undefined, column: Pick<Column, 'field' | 'index'>) {
  const at = actions?.findIndex((one) => idOf(one) === idOf(column)) ?? -1
  const { actionLow: low, actionHigh: high } = log
  return at >= 0 && low?.length === actions!.length && high?.length === actions!.length
    ? { low: low[at], high: high[at] }
    : undefined
}

/** One column, number by number. */
class Tally {
  #count = 0
  #missing = 0
  #mean = 0
  #squares = 0
  #min = Infinity
  #max = -Infinity
  #atMin = 0
  #atMax = 0

  take(values: ArrayLike<number>, index: number, width: number, count: number): void {
    for (let at = index; at < count * width; at += width) {
      const x = values[at]
      if (!Number.isFinite(x)) {
        this.#missing++
        continue
      }
      this.#count++
      const off = x - this.#mean
      this.#mean += off / this.#count
      this.#squares += off * (x - this.#mean)
      if (x < this.#min) [this.#min, this.#atMin] = [x, 0]
      if (x > this.#max) [this.#max, this.#atMax] = [x, 0]
      if (x === this.#min) this.#atMin++
      if (x === this.#max) this.#atMax++
    }
  }

  summary(bounds?: { low: number; high: number }) {
    const all = this.#count + this.#missing
    const share = (n: number) => (all === 0 ? 0 : n / all)
    const some = this.#count > 0
    return {
      min: some ? this.#min : null,
      max: some ? this.#max : null,
      mean: some ? this.#mean : null,
      std: some ? Math.sqrt(this.#squares / this.#count) : null,
      missing: this.#missing,
      constant: this.#count > 1 && this.#min === this.#max,
      // none of them reaches a bound that it stays within
      atMin: bounds && this.#min > bounds.low ? 0 : share(this.#atMin),
      atMax: bounds && this.#max < bounds.high ? 0 : share(this.#atMax),
    }
  }
}

/** Episodes and their lengths. */
class EpisodeCount {
  readonly ends = new EpisodeEnds()
  rows = 0
  #count = 0
  #terminal = 0
  #length = 0
  #shortest = Infinity
  #longest = 0
  #lastTerminal = false
  readonly #second: number
  readonly #places: Partial<
    Record<'episode' | 'terminal' | 'timeout' | 'time', [slot: number, index: number, width: number]>
  >

  constructor(fields: readonly Field[], { episodes, terminals, timeouts, time }: Partial<Resolved>) {
    const place = (columns?: Column[]): [number, number, number] | undefined => {
      const slot = columns ? fields.indexOf(columns[0].field) : -1
      return slot < 0 ? undefined : [slot, columns![0].index, fields[slot].columns.length]
    }
    this.#second = time ? secondsIn(time[0]) : 1
    this.#places = { episode: place(episodes), terminal: place(terminals), timeout: place(timeouts), time: place(time) }
  }

  take({ part, count, values }: Block): void {
    const { episode, terminal, timeout, time } = this.#places
    for (let row = 0; row < count; row++) {
      const value = (at?: [number, number, number]) => at && values[at[0]][row * at[2] + at[1]]
      const marks = {
        part,
        episode: value(episode),
        terminal: value(terminal),
        timeout: value(timeout),
        time: time && value(time)! * this.#second,
      }
      if (this.ends.begins(marks)) this.#end()
      this.#length++
      this.rows++
      this.#lastTerminal = marks.terminal === 1
    }
  }

  #end(): void {
    if (this.#length === 0) return
    this.#count++
    if (this.#lastTerminal) this.#terminal++
    this.#shortest = Math.min(this.#shortest, this.#length)
    this.#longest = Math.max(this.#longest, this.#length)
    this.#length = 0
  }

  summary(): Summary['episodes'] {
    this.#end()
    return {
      count: this.#count,
      terminal: this.#terminal,
      shortest: this.#count === 0 ? 0 : this.#shortest,
      longest: this.#longest,
    }
  }
}
