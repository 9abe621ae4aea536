/**
 * Transitions on disk: a safetensors file with one F32 tensor "transitions" of shape (count, columns), one row a transition:
 *
 *   observation | executed action | teacher's action | reward | next observation | terminal | timeout
 *
 * The executed action is the teacher's with exploration noise, clamped to the bounds; terminal and timeout are 0 or 1. Metadata (strings):
 * format "bpd-transitions-2", task, observation_size, action_size, episodes, how it was made, and checksum (files/seal.ts: over everything).
 * "bpd-transitions-1", which is still read, has crc32 in its place: decimal, of the tensor's bytes alone.
 */
import { closeSync, readSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { InputError } from '../../runtime-as/errors.ts'
import { reading } from '../files/access.ts'
import { brief } from '../files/brief.ts'
import { Field } from '../files/field.ts'
import { openAs } from '../files/open.ts'
import { replaceFile, writeAll } from '../files/replace.ts'
import { checkSeal, crcOf, sealOf } from '../files/seal.ts'
import type { TaskSpec } from '../tasks/task.ts'
import { headerLength, readLayout } from '../teachers/safetensors.ts'
import { columnsOf } from './columns.ts'
import { requireRows, rowCheck, unbounded } from './row-check.ts'

export const format = 'bpd-transitions-2'
const olderFormat = 'bpd-transitions-1'
/** that are asked for at a time */
export const MOST_TRANSITIONS = 100_000_000
/** room for the JSON header, which is written last */
const headerRoom = 4096
/** in an observation or an action */
const mostNumbers = 4096

/** Transitions, read a piece at a time. A row is observation | executed action | teacher's action | reward | next observation | terminal | timeout. */
export interface Transitions {
  /** numbers in an observation */
  observationSize: number
  /** numbers in an action */
  actionSize: number
  /** rows */
  count: number
  /** of all rows */
  crc32: number
  /** how they were made, as the file says */
  metadata: Record<string, string>
  /**
   * Rows, shape (count, columns of a row); overwritten by the next call.
   *
   * @param first row, from 0
   * @param count rows
   */
  read(first: number, count: number): Float32Array
}

/** Transitions of a file that is open. */
export interface OpenTransitions extends Transitions {
  /** Closes the file: `read` throws InputError from then on. A second time does nothing. */
  close(): void
}

/** Rows at a time: a few MB, so that a million transitions are never in memory beside the trainer's own copy. */
const pieceRows = 4096

/** All rows in order, piece by piece, and the number of the first one of each. */
export function* pieces(transitions: Transitions): Generator<[first: number, rows: Float32Array]> {
  for (let first = 0; first < transitions.count; first += pieceRows)
    yield [first, transitions.read(first, Math.min(pieceRows, transitions.count - first))]
}

/**
 * Transitions that are in memory. Throws InputError for what is no rows of such sizes: a number that is not finite, a flag that is neither 0 nor 1.
 *
 * @param rows shape (count, columns of a row): observation | executed action | teacher's action | reward | next observation | terminal | timeout,
 * in the units of the task; the last two are 0 or 1. They are not copied
 * @param observationSize numbers in an observation
 * @param actionSize numbers in an action
 *
 * @example
 * import { transitionsOf } from 'bpd/train'
 *
 * // observation | executed action | teacher's action | reward | next observation | terminal | timeout
 * const row = Float32Array.of(0.1, 0.5, 0.4, -1, 0.2, 0, 0)
 * console.log(transitionsOf(row, 1, 1).count) // => 1
 */
export function transitionsOf(rows: Float32Array, observationSize: number, actionSize: number): Transitions {
  for (const [name, size] of Object.entries({ observationSize, actionSize }))
    new Field(name, '', size).whole(1, mostNumbers)
  const { width } = columnsOf(observationSize, actionSize)
  requireRows(unbounded(observationSize, actionSize))(rows, 0, 'rows')
  return {
    observationSize,
    actionSize,
    count: rows.length / width,
    metadata: {},
    crc32: crcOf(rows),
    read: (first, count) => rows.subarray(first * width, (first + count) * width),
  }
}

/** How transitions are written. */
export interface Writing {
  /** told how many transitions there are after each episode */
  onProgress?: (count: number) => void
  /** aborting ends the file after the episode at hand: what is there so far, whole episodes only, is a file like any other */
  signal?: AbortSignal
}

/**
 * Writes episodes as they come; the file appears at the end, if there is anything for it. Returns the number of transitions. Throws InputError
 * for rows that the reader would refuse, and for metadata that are no texts or too long; FailedError where the file cannot be written. A file
 * that was there stays then.
 *
 * @param path of a safetensors file
 * @param spec of the task
 * @param episodes each of shape (steps, columns of a row), as `transitionsOf` takes them
 * @param metadata how they were made, anything
 * @param options progress, and how to end early
 *
 * @example
 * import { createTask, prepareTask, readTransitions, writeTransitions } from 'bpd/train'
 *
 * await prepareTask('pendulum')
 * const { spec } = createTask('pendulum')
 * const row = Float32Array.of(1, 0, 0, 0.5, 0.4, -1, 1, 0, 0.1, 0, 1)
 * await writeTransitions('one.safetensors', spec, [row], { made: 'by hand' })
 * console.log(readTransitions('one.safetensors', spec).metadata.made) // => by hand
 */
export async function writeTransitions(
  path: string,
  spec: TaskSpec,
  episodes: Iterable<Float32Array> | AsyncIterable<Float32Array>,
  metadata: Record<string, string>,
  { onProgress, signal }: Writing = {},
): Promise<number> {
  const [observationSize, actionSize] = [spec.observationNames.length, spec.actionNames.length]
  const { width } = columnsOf(observationSize, actionSize)
  const check = requireRows(spec)
  const about = new Field(`${path}: metadata`, '', metadata)
  for (const name of Object.keys(about.map())) about.at(name).text()
  let count = 0
  await replaceFile(path, async (descriptor) => {
    let crc = 0
    let written = 0
    let position = 8 + headerRoom
    for await (const rows of episodes) {
      if (signal?.aborted) break
      check(rows, count, `${path}: episode ${written}`)
      const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength)
      crc = crcOf(rows, crc)
      writeAll(descriptor, bytes, position)
      position += bytes.length
      count += rows.length / width
      written++
      onProgress?.(count)
      // a generator in this thread never lets a signal in
      await turn()
    }
    if (count === 0) return false
    const said = {
      ...metadata,
      format,
      task: spec.name,
      observation_size: `${observationSize}`,
      action_size: `${actionSize}`,
      episodes: `${written}`,
    }
    const tensor = { dtype: 'F32', shape: [count, width] }
    const header = JSON.stringify({
      __metadata__: { ...said, checksum: sealOf(said, [['transitions', tensor]], crc) },
      transitions: { ...tensor, data_offsets: [0, count * width * 4] },
    })
    const start = Buffer.alloc(8 + headerRoom, ' ')
    if (Buffer.byteLength(header) > headerRoom)
      throw new InputError(`${path}: metadata longer than ${headerRoom} bytes`)
    start.writeBigUInt64LE(BigInt(headerRoom))
    start.write(header, 8)
    writeAll(descriptor, start, 0)
    return true
  })
  return count
}

/**
 * Checks transitions of a task, all of them, and gives them to be read. The file stays open, so that what is read later is what was checked also
 * where the file has been replaced since. Throws InputError for a file that is no such thing, or of another task, or altered.
 *
 * @param path of a file that `bpd collect` or `writeTransitions` made
 * @param spec of the task
 *
 * @example
 * import { createTask, prepareTask, readTransitions } from 'bpd/train'
 *
 * await prepareTask('pendulum')
 * try {
 *   readTransitions('absent.safetensors', createTask('pendulum').spec)
 * } catch (error) {
 *   console.log(`${error}`) // => InputError: absent.safetensors: cannot be read (ENOENT)
 * }
 */
export function readTransitions(path: string, spec: TaskSpec): OpenTransitions {
  return openChecked(path, spec)
}

/** The same, of whatever task they are: the sizes are those that the file says, and actions have no bounds. */
export function readAnyTransitions(path: string): OpenTransitions {
  return openChecked(path)
}

function openChecked(path: string, spec?: TaskSpec): OpenTransitions {
  const { descriptor, size } = openAs(path, 'transitions')
  try {
    const transitions = checked({ path, descriptor, size }, spec)
    let open = true
    return {
      ...transitions,
      read(first, count) {
        if (!open) throw new InputError(`${path}: closed, expected to be read before`)
        return transitions.read(first, count)
      },
      close() {
        // the number of a descriptor is soon another file's
        if (open) closeSync(descriptor)
        open = false
      },
    }
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

interface Opened {
  path: string
  descriptor: number
  size: number
}

function checked({ path, descriptor, size }: Opened, spec?: TaskSpec): Transitions {
  const bytesAt = (from: number, bytes: Uint8Array) => {
    for (let done = 0; done < bytes.length; ) {
      const n = reading(path, () => readSync(descriptor, bytes, done, bytes.length - done, from + done))
      if (n === 0) throw new InputError(`${path}: cut short while it was read`)
      done += n
    }
    return bytes
  }
  const start = bytesAt(0, new Uint8Array(Math.min(size, 8)))
  const head = bytesAt(0, new Uint8Array(8 + headerLength(start, size, path)))
  const { places, metadata } = readLayout(head, size, path)
  const place = places.get('transitions')
  if (![format, olderFormat].includes(metadata.format) || !place)
    throw new InputError(`${path}: metadata format: ${brief(metadata.format ?? null)}, expected "${format}"`)
  const [observationSize, actionSize] = spec
    ? [spec.observationNames.length, spec.actionNames.length]
    : ['observation_size', 'action_size'].map((field) => sizeIn(path, field, metadata))
  const { width } = columnsOf(observationSize, actionSize)
  if (spec && metadata.task !== spec.name)
    throw new InputError(`${path}: metadata task: ${brief(metadata.task)}, expected "${spec.name}"`)
  const { dtype, shape, from } = place
  if (dtype !== 'F32' || shape.length !== 2 || shape[1] !== width || shape[0] === 0)
    throw new InputError(
      `${path}: tensor "transitions": shape [${shape.join(', ')}], expected [1 or more, ${width}] of F32`,
    )
  const piece = new Float32Array(pieceRows * width)
  const read = (first: number, count: number) => {
    const rows = count <= pieceRows ? piece.subarray(0, count * width) : new Float32Array(count * width)
    bytesAt(from + first * width * 4, new Uint8Array(rows.buffer, 0, rows.byteLength))
    return rows
  }
  const rowsOf = { observationSize, actionSize, count: shape[0], crc32: 0, metadata, read }
  const impossible = rowCheck(spec ?? unbounded(observationSize, actionSize))
  let crc = 0
  let refusal: string | undefined
  for (const [first, rows] of pieces(rowsOf)) {
    crc = crcOf(rows, crc)
    refusal ??= impossible(rows, first)
  }
  if (metadata.format === format) checkSeal(path, metadata, places, crc)
  else if (`${crc}` !== metadata.crc32)
    throw new InputError(`${path}: altered: the data does not match crc32 in its metadata`)
  // not before: rows that are altered are no fault of who made them
  if (refusal !== undefined) throw new InputError(`${path}: ${refusal}`)
  return { ...rowsOf, crc32: crc }
}

function sizeIn(path: string, field: string, metadata: Record<string, string>): number {
  const size = Number(metadata[field])
  if (!Number.isSafeInteger(size) || size < 1 || size > mostNumbers)
    throw new InputError(
      `${path}: metadata ${field}: ${brief(metadata[field])}, expected a whole number from 1 to ${mostNumbers}`,
    )
  return size
}
