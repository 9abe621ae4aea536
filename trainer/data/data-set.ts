/** Transitions out of the files that people have: logs of every format (formats.ts), and our own. */
import { weighDones } from './dones.ts'
import { type Episode, STOPPED, slow } from './episode-ends.ts'
import { ownDataSet, ownFormat } from './formats/own.ts'
import { kindOfData, openLog } from './formats.ts'
import { type Gathered, type GatherOptions, gather } from './gather.ts'
import type { Log } from './log.ts'
import { type Column, doubtsIn, type Mapping, type Resolved, resolve } from './mapping.ts'
import type { Transitions } from './transitions.ts'

/** Rows of `columnsOf`, pulled by `read`. Where the log has no teacher's actions, the executed ones stand in their columns; without rewards, zeros. */
export interface DataSet extends Transitions {
  /** how messages call what it came from: "a Minari data set" */
  format: string
  /** shape (observations) */
  observationNames: readonly string[]
  /** shape (actions) */
  actionNames: readonly string[]
  /** in the order of the rows */
  episodes: readonly Episode[]
  hasRewards: boolean
  hasTeacherActions: boolean
  /** s between rows, as the timestamps or the file say */
  period?: number
  /** the column whose timestamps say it */
  clock?: string
  /** lower bounds of all actions, where the file says them; shape (actions) */
  actionLow?: readonly number[]
  /** upper bounds, the same */
  actionHigh?: readonly number[]
  /**
   * Rows whose next observation is not known: the last ones of episodes that were cut off, in a log that has no next observations. Their own
   * observation stands for it. They are right for cloning; a value term wants them left out (`openEnds: 'drop'`).
   */
  openEnds: number
  /** rows left out for a number that is missing (`missing: 'drop'`) */
  dropped: number
  /** what a reader should know, a line each */
  notes: readonly string[]
  /** Gives back the copy that the rows are read from: `read` throws InputError from then on. A second time does nothing. */
  close(): void
}

/** How a log is read. */
export interface DataOptions extends GatherOptions {
  /** columns by role; what is not said is looked for under the usual names */
  mapping?: Mapping
}

/**
 * Opens a file or folder of any format and checks all of it, in one pass and in pieces. Throws InputError with one line that names file, column and
 * row. The rows are read from a copy, so that what is read later is what was checked.
 *
 * @param path of a CSV, NPZ, HDF5 or Parquet file, of a Minari or LeRobot folder, or of our own transitions
 * @param options which column is what, and what becomes of rows with something missing
 *
 * @example
 * import { writeFileSync } from 'node:fs'
 * import { openData } from 'bpd/train'
 *
 * writeFileSync('log.csv', 'time,angle,torque\n0,0.1,-0.5\n0.02,0.2,-0.6\n0.04,0.25,-0.7\n')
 * const data = await openData('log.csv', { mapping: { observations: ['angle'], actions: ['torque'] } })
 * console.log(data.count, data.period) // => 3 0.02
 * data.close()
 */
export async function openData(path: string, options: DataOptions = {}): Promise<DataSet> {
  // nothing to map: they stay as they are
  if (options.mapping === undefined && ownFormat.kind === kindOfData(path)) return ownDataSet(path)
  const log = await openLog(path)
  try {
    const { mapping = {} } = options
    const { columns, notes } = await weighDones(log, resolve(log, mapping), mapping.terminals !== undefined)
    return dataSetOf(
      { ...log, notes: [...log.notes, ...notes, ...doubtsIn(columns)] },
      columns,
      await gather(log, columns, options),
    )
  } finally {
    log.close()
  }
}

function dataSetOf(log: Log, columns: Resolved, { store, episodes, ends, openEnds, dropped }: Gathered): DataSet {
  const [observationNames, actionNames] = [columns.observations, columns.actions].map((some) => namesOf(some, log))
  const rate = ends.timing.rate()
  return {
    observationSize: observationNames.length,
    actionSize: actionNames.length,
    count: store.count,
    crc32: store.crc32,
    metadata: { source: log.format },
    read: (first, count) => store.read(first, count),
    format: log.format,
    observationNames,
    actionNames,
    episodes,
    hasRewards: columns.rewards !== undefined,
    hasTeacherActions: columns.teacherActions !== undefined,
    ...(log.actionLow?.length === actionNames.length && { actionLow: log.actionLow, actionHigh: log.actionHigh }),
    period: log.period ?? rate?.period,
    ...(log.period === undefined && rate && { clock: columns.time?.[0].name }),
    openEnds,
    dropped,
    notes: [...log.notes, ...(columns.time && !rate ? [STOPPED] : []), ...slow(rate?.period)],
    close: () => store.close(),
  }
}

/** As the file calls them; where it has folders, without those above them, if that leaves them apart. */
function namesOf(columns: readonly Column[], { inFolders }: Log): string[] {
  const whole = columns.map(({ name }) => name)
  if (!inFolders) return whole
  const short = whole.map(leafOf)
  return new Set(short).size === short.length ? short : whole
}

/** A unit behind a name has its own / and no folder. */
function leafOf(name: string): string {
  const unit = /[[(][^[\]()]*[\])](\.\d+)?$/.exec(name)?.index ?? name.length
  return name.slice(name.lastIndexOf('/', unit) + 1) || name
}
