/** How long a board takes for an inference: its own counter, summarised; a teacher and a student under the same conditions. */
import { openPolicy } from '../../runtime-as/format/decode.ts'
import { Board } from './client.ts'
import { type BoardInfo, runs } from './info.ts'
import type { Port } from './port.ts'
import type { UploadProgress } from './upload.ts'

/** A sample, summarised. Every number but `count` is one of the sample's own (nearest rank). */
export interface Spread {
  /** the least; in the unit of the sample, and so below */
  min: number
  /** at least half of the sample is no larger */
  median: number
  /** at least 99 of 100 are no larger */
  p99: number
  /** the largest */
  max: number
  /** max - min */
  jitter: number
  /** numbers in the sample */
  count: number
}

/** A teacher and a student on one board. */
export interface Comparison {
  teacherCycles: Spread
  studentCycles: Spread
  /** median of the teacher / median of the student */
  speedup: number
  /** after both: the deepest stack is that of the larger one */
  info: BoardInfo
}

/**
 * Summarises a sample.
 *
 * @param sample at least one number, in any order
 *
 * @example
 * import { spreadOf } from 'bpd/board'
 *
 * console.log(spreadOf([3, 1, 2])) // => { min: 1, median: 2, p99: 3, max: 3, jitter: 2, count: 3 }
 */
export function spreadOf(sample: ArrayLike<number>): Spread {
  const sorted = Float64Array.from(sample).sort()
  const count = sorted.length
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * count) - 1)]
  const [min, max] = [sorted[0], sorted[count - 1]]
  return { min, median: rank(0.5), p99: rank(0.99), max, jitter: max - min, count }
}

/**
 * Installs the file unless the board runs it; steps are made under its contract from then on. Returns whether it was sent. Throws what
 * `Board.install` throws.
 *
 * @param board connected
 * @param bytes of a .bpd file
 * @param onProgress told how many bytes the board has, of all
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { Board, ensureRuns, openPort } from 'bpd/board'
 *
 * const board = await Board.connect(await openPort('in-process'))
 * console.log(await ensureRuns(board, readFileSync('student.bpd'))) // => true
 * await board.close()
 */
export async function ensureRuns(board: Board, bytes: Uint8Array, onProgress?: UploadProgress): Promise<boolean> {
  if (!runs(board.info, bytes)) {
    await board.install(bytes, onProgress)
    return true
  }
  board.expect(openPolicy(bytes, 'policy').contract)
  return false
}

/**
 * Cycles of inferences with this file, which the board runs afterwards. Throws what `Board.install` and `Board.bench` throw.
 *
 * @param board connected
 * @param bytes of a .bpd file
 * @param count how many inferences, 1..10,000,000
 * @param onProgress told how many bytes the board has, of all, while the file is sent
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { Board, measure, openPort } from 'bpd/board'
 *
 * const board = await Board.connect(await openPort('in-process'))
 * const { median, p99 } = await measure(board, readFileSync('student.bpd'), 100)
 * console.log(median, p99) // nanoseconds: the device without a board counts those
 * await board.close()
 */
export async function measure(
  board: Board,
  bytes: Uint8Array,
  count: number,
  onProgress?: UploadProgress,
): Promise<Spread> {
  await ensureRuns(board, bytes, onProgress)
  return spreadOf(await board.bench(count))
}

/** Cycles of `count` inferences on a board of its own, which has this file in flash from the start: one too large for its slots. open: opens it */
export async function measurePlaced(
  bytes: Uint8Array,
  count: number,
  open: (placed: Uint8Array) => Promise<Port>,
): Promise<Spread> {
  const board = await Board.connect(await open(bytes))
  try {
    return spreadOf(await board.bench(count))
  } finally {
    await board.close()
  }
}

/**
 * Measures two .bpd files, the teacher first, so that the student is what the board runs in the end. Throws what `measure` throws.
 *
 * @param board connected
 * @param teacher bytes of a .bpd file
 * @param student bytes of a .bpd file
 * @param count how many inferences of each, 1..10,000,000
 * @param onProgress told which of the two is on its way, and how many bytes the board has, of all
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { Board, compare, openPort } from 'bpd/board'
 *
 * const board = await Board.connect(await openPort('in-process'))
 * const policy = readFileSync('student.bpd')
 * const { speedup } = await compare(board, policy, policy, 100)
 * console.log(speedup) // near 1: here it is the same policy twice
 * await board.close()
 */
export async function compare(
  board: Board,
  teacher: Uint8Array,
  student: Uint8Array,
  count: number,
  onProgress?: (which: 'teacher' | 'student', sent: number, total: number) => void,
): Promise<Comparison> {
  const teacherCycles = await measure(board, teacher, count, (...at) => onProgress?.('teacher', ...at))
  const studentCycles = await measure(board, student, count, (...at) => onProgress?.('student', ...at))
  const speedup = teacherCycles.median / studentCycles.median
  return { teacherCycles, studentCycles, speedup, info: await board.hello() }
}
