/** Views on transitions, read piece by piece as they are: some of their rows, other actions in them, two after one another. */
import { columnsOf } from './columns.ts'
import type { Transitions } from './transitions.ts'

/** Rows `first` … `first + count - 1`. */
export interface Range {
  first: number
  count: number
}

export const rowsIn = (ranges: readonly Range[]): number => ranges.reduce((sum, { count }) => sum + count, 0)

/** Only these rows, in this order. */
export function partOf(transitions: Transitions, ranges: readonly Range[]): Transitions {
  const { width } = columnsOf(transitions.observationSize, transitions.actionSize)
  const starts: number[] = []
  let count = 0
  for (const range of ranges) {
    starts.push(count)
    count += range.count
  }
  return {
    ...transitions,
    count,
    read: (first, wanted) => {
      const rows = new Float32Array(wanted * width)
      let range = starts.findLastIndex((start) => start <= first)
      for (let done = 0; done < wanted; range++) {
        const skipped = first + done - starts[range]
        const some = Math.min(wanted - done, ranges[range].count - skipped)
        rows.set(transitions.read(ranges[range].first + skipped, some), done * width)
        done += some
      }
      return rows
    },
  }
}

/** All rows of both, those of `before` first; of the same sizes. */
export function joined(before: Transitions, after: Transitions): Transitions {
  const { width } = columnsOf(before.observationSize, before.actionSize)
  return {
    ...before,
    count: before.count + after.count,
    read: (first, count) => {
      const rows = new Float32Array(count * width)
      const ofBefore = Math.max(0, Math.min(count, before.count - first))
      if (ofBefore > 0) rows.set(before.read(first, ofBefore))
      const from = first + ofBefore - before.count
      if (ofBefore < count) rows.set(after.read(from, count - ofBefore), ofBefore * width)
      return rows
    },
  }
}

/** The same rows with `labels`, shape (count, actions), as the teacher's actions. */
export function withLabels(transitions: Transitions, labels: Float32Array): Transitions {
  const { actionSize, observationSize } = transitions
  const { width, teacherAction } = columnsOf(observationSize, actionSize)
  return {
    ...transitions,
    read: (first, count) => {
      // a copy: what is in memory is the caller's
      const rows = transitions.read(first, count).slice()
      for (let row = 0; row < count; row++)
        for (let i = 0; i < actionSize; i++)
          rows[row * width + teacherAction + i] = labels[(first + row) * actionSize + i]
      return rows
    },
  }
}

/** The same rows with the executed actions as the teacher's: of data that has no other. */
export function executedAsTeachers(transitions: Transitions): Transitions {
  const { actionSize, observationSize } = transitions
  const { width, action, teacherAction } = columnsOf(observationSize, actionSize)
  return {
    ...transitions,
    read: (first, count) => {
      // a copy: what is in memory is the caller's
      const rows = transitions.read(first, count).slice()
      for (let at = 0; at < count * width; at += width)
        rows.copyWithin(at + teacherAction, at + action, at + action + actionSize)
      return rows
    },
  }
}

/** The same rows with room for so many actions, all 0: of data that has none. */
export function withRoomForActions(transitions: Transitions, actionSize: number): Transitions {
  const { observationSize } = transitions
  const [from, to] = [columnsOf(observationSize, 0), columnsOf(observationSize, actionSize)]
  return {
    ...transitions,
    actionSize,
    read: (first, count) => {
      const narrow = transitions.read(first, count)
      const rows = new Float32Array(count * to.width)
      for (let row = 0; row < count; row++) {
        const [source, at] = [row * from.width, row * to.width]
        rows.set(narrow.subarray(source, source + observationSize), at)
        rows.set(narrow.subarray(source + from.reward, source + from.width), at + to.reward)
      }
      return rows
    },
  }
}
