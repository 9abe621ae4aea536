/** A recording as its file holds it: named fields of numbers, row by row, before anyone says which are observations. */
import { FailedError, InputError } from '../../runtime-as/errors.ts'

/** An array of the file, or a column of a table. */
export interface Field {
  name: string
  /** of its columns: the field's own name where it has one, else names that the file gives or `name.0`, `name.1`, … */
  columns: readonly string[]
  /** of an array that has its own */
  rows?: number
  /** of a type that says so, whatever unit its name has */
  inSeconds?: boolean
  /** why it cannot be read as numbers: text, images */
  unusable?: string
}

/** Rows of one part of the log, in order. */
export interface Block {
  /** an episode that the file holds apart, how errors call it; absent: the file is one table */
  part?: { index: number; name: string }
  /** number of its first row, within the part where there are parts */
  first: number
  count: number
  /** of each field that was asked for: (count, its columns), row-major; overwritten by the next block */
  values: ArrayLike<number>[]
}

/** What a column is for. Each has the fields that are looked for under its name where the user names none. */
export const roles = {
  observations: ['observations', 'observation', 'obs', 'observation.state', 'states', 'state'],
  actions: ['actions', 'action', 'act'],
  teacherActions: ['teacher_actions', 'teacher_action', 'expert_actions'],
  /** of each observation what has its name behind `next_`, without a list of names */
  nextObservations: [],
  rewards: ['rewards', 'reward', 'next.reward'],
  terminals: ['terminals', 'terminal', 'terminations', 'terminated', 'is_terminal', 'dones', 'done'],
  timeouts: ['timeouts', 'timeout', 'truncations', 'truncated'],
  episodes: ['episodes', 'episode', 'episode_index', 'episode_id'],
  time: ['time', 'timestamp', 'timestamps', 't', 'time_ms', 'timestamp_ms', 'timestamp_us', 'timestamp_ns'],
} as const satisfies Record<string, readonly string[]>

/**
 * What a column of a log is for.
 *
 * @useDeclaredType
 */
export type Role = keyof typeof roles
export const roleNames = Object.keys(roles) as Role[]

export interface Log {
  path: string
  /** how messages call what it is */
  format: string
  fields: readonly Field[]
  /** columns of a role in this file, where they are not under the usual names */
  usual?: Partial<Record<Role, readonly string[]>>
  /** its names are paths: arrays lie in folders within the file */
  inFolders?: boolean
  /** each part is an episode */
  grouped: boolean
  /** s between rows, where the file says so */
  period?: number
  /** bounds of all its actions, where the file says so */
  actionLow?: readonly number[]
  actionHigh?: readonly number[]
  /** what a reader should know of the file, a line each */
  notes: readonly string[]
  /** All rows. lenient: what is no number is NaN; else it is refused. */
  blocks(fields: readonly Field[], lenient?: boolean): AsyncIterable<Block>
  close(): void
}

/** Rows in a block: some hundred kB, so that a million rows are never in memory. */
export const blockRows = 4096
/** of all a log's fields together; images count a column a number */
export const maxColumns = 4096
/** of a log; row numbers stay exact, and what is made of them in memory small */
export const maxRows = 200_000_000
/** bytes that one byte of a file may unpack to, columns of zeros among others; deflate reaches 1000, of nothing but zeros */
const ratio = 200
/** and of a small one in any case */
const least = 16 << 20

/** Throws InputError where a file says that it holds more than it can: a small one that would take hours and the disk. */
export function requireSane(path: string, what: string, bytes: number, fileBytes: number): void {
  const most = Math.max(least, ratio * fileBytes)
  if (!(bytes <= most))
    throw new InputError(`${path}: ${what}: ${bytes} bytes in a file of ${fileBytes}, expected at most ${most}`)
}

/** A field of an array with rows of `width` numbers. given: names of its columns, where the file has them */
export function arrayField(name: string, shape: readonly number[], given?: readonly string[]): Field {
  const [, ...rest] = shape
  const width = rest.reduce((product, n) => product * n, 1)
  if (rest.length > 1 || width > maxColumns || width === 0)
    return {
      name,
      columns: [name],
      unusable: `shape [${shape.join(', ')}], expected rows of 1 to ${maxColumns} numbers`,
    }
  if (rest.length === 0) return { name, columns: [name] }
  const named = given?.length === width ? given : Array.from({ length: width }, (_, i) => `${name}.${i}`)
  return { name, columns: named }
}

/** s in the unit that a column of timestamps has in its name: `stamp_ms`, `time [us]`; 1 where it says none, or its type says more */
export function secondsIn({ name, field }: { name: string; field: Field }): number {
  if (field.inSeconds) return 1
  const [, unit] = /[_.\s[(](ms|us|µs|ns)[\])]?$/.exec(name) ?? []
  return unit === undefined ? 1 : { ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 }[unit as 'ms']
}

/** What a library throws over a damaged file, as one line. what: "a Parquet file" */
export function damaged(path: string, what: string, error: unknown): unknown {
  const known = error instanceof InputError || error instanceof FailedError
  if (known || (error as NodeJS.ErrnoException).syscall !== undefined) return error
  // what is undefined in the library's own code tells nobody anything
  const why = error instanceof TypeError ? '' : `: ${short(error instanceof Error ? error.message : String(error))}`
  return new InputError(`${path}: not ${what}, or damaged${why}`)
}

/** The first line of what a library says, which may hold anything out of the file. */
export const short = (text: string): string =>
  text
    .split('\n', 1)[0]
    .replace(/\p{Cc}/gu, '\ufffd')
    .slice(0, 200)
