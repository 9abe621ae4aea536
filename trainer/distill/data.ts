/** The data that a student is distilled from: transitions, and what may be known of them beside. */
import { InputError } from '../../runtime-as/errors.ts'
import { columnsOf } from '../data/columns.ts'
import type { DataSet } from '../data/data-set.ts'
import { type Episode, episodesIn } from '../data/episode-ends.ts'
import { executedAsTeachers, joined, withLabels } from '../data/parts.ts'
import { pieces, type Transitions } from '../data/transitions.ts'
import { crcOf } from '../files/seal.ts'
import { randomStream } from '../random.ts'
import type { Controller } from '../tasks/evaluate.ts'

/** A data set of any format; or transitions as `collect` makes them, which have rewards and the teacher's actions. */
export type Data = Transitions & Partial<Pick<DataSet, 'episodes' | 'hasRewards' | 'hasTeacherActions'>>

export const hasRewards = (data: Pick<Data, 'hasRewards'>): boolean => data.hasRewards ?? true

/** As the data has them, else as its rows tell. */
export const episodesOf = (data: Data): readonly Episode[] => data.episodes ?? episodesIn(data)

/** Writes the actions, shape (rows, actions), that are wanted on observations, shape (rows, observations). */
export type Labeller = (observations: Float32Array, actions: Float32Array) => void

/** One after another. */
export const labellerOf =
  (teacher: Controller, observationSize: number, actionSize: number): Labeller =>
  (observations, actions) => {
    for (let row = 0; row * actionSize < actions.length; row++)
      teacher(
        observations.subarray(row * observationSize, (row + 1) * observationSize),
        actions.subarray(row * actionSize, (row + 1) * actionSize),
      )
  }

/** The same data with other actions as the teacher's. Without a teacher: those of the data or, where it has none, the executed ones. */
export function labelled(data: Data, label: Labeller | undefined): Data {
  if (!label) return data.hasTeacherActions === false ? executedAsTeachers(data) : data
  const { observationSize: o, actionSize: a } = data
  const labels = new Float32Array(data.count * a)
  for (const [first, rows] of pieces(data)) {
    const observations = observationsIn(rows, o, a)
    const actions = labels.subarray(first * a, first * a + (observations.length / o) * a)
    label(observations, actions)
    const bad = actions.findIndex((x) => !Number.isFinite(x))
    if (bad >= 0)
      throw new InputError(
        `teacher: its action on row ${first + Math.floor(bad / a)} of the data: ${actions[bad]}, expected finite numbers`,
      )
  }
  return { ...withLabels(data, labels), crc32: crcOf(labels, data.crc32), hasTeacherActions: true }
}

/** Shape (rows, observations), out of rows of transitions. */
function observationsIn(rows: Float32Array, o: number, a: number): Float32Array {
  const { width } = columnsOf(o, a)
  const observations = new Float32Array((rows.length / width) * o)
  for (let at = 0, to = 0; at < rows.length; at += width, to += o) observations.set(rows.subarray(at, at + o), to)
  return observations
}

/**
 * The transitions, and each once more with its observation disturbed by `sigma` standard deviations of that number in the data, and labelled
 * anew. Of those copies only observation and actions mean something. They are made as they are read: nothing of them is kept.
 */
export function augmented(transitions: Transitions, label: Labeller, sigma: number, seed: number): Transitions {
  const { observationSize: o, actionSize: a } = transitions
  const { width, action, teacherAction } = columnsOf(o, a)
  const deviation = spreadOf(transitions).variance.map(Math.sqrt)
  return joined(transitions, {
    ...transitions,
    read: (first, count) => {
      const observations = observationsIn(transitions.read(first, count), o, a)
      for (let row = 0, at = 0; row < count; row++) {
        const random = randomStream(seed, 'augment', first + row)
        for (let i = 0; i < o; i++, at++) observations[at] += sigma * deviation[i] * random.normal()
      }
      const actions = new Float32Array(count * a)
      label(observations, actions)
      const rows = new Float32Array(count * width)
      for (let row = 0; row < count; row++) {
        rows.set(observations.subarray(row * o, (row + 1) * o), row * width)
        for (const column of [action, teacherAction])
          rows.set(actions.subarray(row * a, (row + 1) * a), row * width + column)
      }
      return rows
    },
  })
}

/** Mean and variance of each number of the observations, in pieces: to the bits that `normaliserOf` has of all rows at once. */
export function spreadOf(transitions: Transitions): { mean: Float64Array; variance: Float64Array } {
  const { observationSize: o, actionSize: a, count } = transitions
  const { width } = columnsOf(o, a)
  const mean = new Float64Array(o)
  const variance = new Float64Array(o)
  for (const [, rows] of pieces(transitions))
    for (let at = 0; at < rows.length; at += width) for (let i = 0; i < o; i++) mean[i] += rows[at + i] / count
  for (const [, rows] of pieces(transitions))
    for (let at = 0; at < rows.length; at += width)
      for (let i = 0; i < o; i++) variance[i] += (rows[at + i] - mean[i]) ** 2 / count
  return { mean, variance }
}

/** Observations of `count` transitions, evenly spread over the data; of all where there are fewer. */
export function spreadObservations(transitions: Transitions, count: number): Float32Array[] {
  const length = Math.min(count, transitions.count)
  return Array.from({ length }, (_, i) => {
    const row = Math.floor(((i + 0.5) * transitions.count) / length)
    return transitions.read(row, 1).slice(0, transitions.observationSize)
  })
}
