/** A data set of any format as a log to check: all its rows, or stretches from all over it where it is long. */
import { columnsOf } from '../data/columns.ts'
import type { DataSet } from '../data/data-set.ts'
import type { Log } from './log.ts'

/** most rows that are looked at, and rows of a stretch of a longer log */
const [most, stretch] = [20_000, 400]

/** The teacher's own actions where the data set has them, else those that were executed. */
export function readLog(data: DataSet): Log {
  const { observationSize: o, actionSize: a, observationNames, actionNames, period } = data
  const { width, teacherAction } = columnsOf(o, a)
  const every = Math.max(1, data.count / most)
  const episodes: { first: number; count: number; step: number }[] = []
  const from: number[] = []
  let rows = 0
  for (const { first, count } of data.episodes) {
    // of an episode shorter than that, all or nothing
    const length = every === 1 ? count : Math.min(count, stretch)
    for (let step = 0; step < count; step += length) {
      if (rows > (first + step) / every) continue
      const some = Math.min(length, count - step)
      episodes.push({ first: rows, count: some, step })
      from.push(first + step)
      rows += some
    }
  }
  const observations = new Float32Array(rows * o)
  const actions = new Float32Array(rows * a)
  episodes.forEach(({ first, count }, e) => {
    for (let done = 0; done < count; done += stretch) {
      const n = Math.min(stretch, count - done)
      const read = data.read(from[e] + done, n)
      for (let r = 0; r < n; r++) {
        const row = read.subarray(r * width, (r + 1) * width)
        observations.set(row.subarray(0, o), (first + done + r) * o)
        actions.set(row.subarray(teacherAction, teacherAction + a), (first + done + r) * a)
      }
    }
  })
  return { observations, actions, observationNames, actionNames, episodes, period }
}
