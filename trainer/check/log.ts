/** What is replayed: rows of a log, and the parts of it that corrections are fitted and judged on. */
import { randomStream } from '../random.ts'

export interface Log {
  /** how messages call it */
  name?: string
  /** shape (rows, observation names) */
  observations: Float32Array
  /** shape (rows, action names) */
  actions: Float32Array
  observationNames: readonly string[]
  actionNames: readonly string[]
  /** stretches that follow each other in time, in order; `first` counts rows, `step` from the start of the episode (default 0) */
  episodes: readonly { first: number; count: number; step?: number }[]
  /** s between rows, where the log has timestamps */
  period?: number
}

/** Rows that follow each other in time. `step`: of its first row, counted from the start of its episode. */
export interface Window {
  first: number
  count: number
  step: number
}

/** A part of a log. */
export interface Rows {
  count: number
  /** shape (count, observations) */
  x: Float32Array
  /** shape (count, actions) */
  u: Float32Array
  /** over all rows, one after another; `first` counts rows of this part */
  windows: readonly Window[]
}

/** long enough to see a lag or a held action in, short enough for a few hundred rows to come from all over a log */
export const windowRows = 40

/**
 * Two parts of at most `most` rows each, in windows from all over the log: one to fit on, one to judge on. They share no episode where there are
 * four or more, and no window where there are fewer.
 */
export function splitLog(log: Log, most: number, seed: number): { fit: Rows; judge: Rows } {
  const random = randomStream(seed, 'check')
  const shuffled = <T>(list: T[]): T[] => {
    for (let i = list.length - 1; i > 0; i--) {
      const j = random.below(i + 1)
      ;[list[i], list[j]] = [list[j], list[i]]
    }
    return list
  }
  const perEpisode = log.episodes.filter(({ count }) => count > 0).map(windowsOf)
  const whole = perEpisode.length >= 4
  const sides: [Window[], Window[]] = [[], []]
  if (whole) {
    const total = [0, 0]
    for (const windows of shuffled([...perEpisode])) {
      const side = total[0] <= total[1] ? 0 : 1
      total[side] += windows.reduce((sum, { count }) => sum + count, 0)
      sides[side].push(...windows)
    }
  } else perEpisode.flat().forEach((window, i) => void sides[i % 2].push(window))
  const [fit, judge] = sides.map((windows) => rowsOf(log, picked(shuffled(windows), most)))
  return { fit, judge }
}

function windowsOf({ first, count, step: start = 0 }: Log['episodes'][number]): Window[] {
  const windows: Window[] = []
  for (let step = 0; step < count; step += windowRows)
    windows.push({ first: first + step, count: Math.min(windowRows, count - step), step: start + step })
  return windows
}

function picked(windows: Window[], most: number): Window[] {
  const some: Window[] = []
  let rows = 0
  for (const window of windows) {
    if (rows + window.count > most) continue
    some.push(window)
    rows += window.count
  }
  return some
}

function rowsOf(log: Log, windows: readonly Window[]): Rows {
  const [o, a] = [log.observationNames.length, log.actionNames.length]
  const count = windows.reduce((sum, window) => sum + window.count, 0)
  const [x, u] = [new Float32Array(count * o), new Float32Array(count * a)]
  const moved: Window[] = []
  let at = 0
  for (const window of windows) {
    x.set(log.observations.subarray(window.first * o, (window.first + window.count) * o), at * o)
    u.set(log.actions.subarray(window.first * a, (window.first + window.count) * a), at * a)
    moved.push({ ...window, first: at })
    at += window.count
  }
  return { count, x, u, windows: moved }
}
