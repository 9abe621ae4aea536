import type { PolicyContract } from '../../contract.ts'
import { columnsOf } from '../../data/columns.ts'
import { partOf } from '../../data/parts.ts'
import { pieces, type Transitions } from '../../data/transitions.ts'
import type { Controller } from '../../tasks/evaluate.ts'
import { actionError, rootMeanSquare } from '../action-error.ts'
import { type Part, requireSplit } from '../held-out.ts'
import type { Judge, PartSize } from '../judge.ts'
import { pickByError } from '../pick.ts'

/** rows that a point of the training curve is judged on, evenly spread: it decides nothing */
const PROGRESS_ROWS = 2000

/** Without a simulator: the error of the student's actions on whole episodes that it was not trained on. */
export const heldOutError: Judge = {
  measure: 'error',
  sit({ contract, data, teacher, options }) {
    const split = requireSplit(data, options.seed)
    const { actionNames: names, actionLow: low, actionHigh: high } = contract
    const width = low.map((least, i) => high[i] - least)
    const [picking, reported] = [split.pick, split.report].map(({ ranges }) => examOf(partOf(data, ranges), contract))
    const followed = picking.some(PROGRESS_ROWS)
    return {
      measure: 'error',
      training: partOf(data, split.train.ranges),
      score: (student, purpose) => {
        const exam = purpose === 'pick' ? picking : followed
        return rootMeanSquare(exam.actionsOf(student), exam.wanted, width)
      },
      decide(candidates, controllerOf) {
        const { picked, met } = pickByError(candidates, options)
        const actions = reported.actionsOf(controllerOf(picked))
        const error = actionError(actions, reported.wanted, { names, low, high })
        const { how, ...parts } = split
        const [train, pick, report] = [parts.train, parts.pick, parts.report].map(sizeOf)
        const labels = teacher || data.hasTeacherActions !== false ? 'teacher' : 'data'
        return {
          picked,
          verdict: {
            met,
            heldOut: { how, labels, train, pick, report, clamped: reported.clamped / reported.wanted.length, error },
          },
        }
      },
    }
  },
}

const sizeOf = ({ episodes, rows }: Part): PartSize => ({ episodes, rows })

/** Actions beyond the bounds are taken as those: no student can do more. */
function examOf(part: Transitions, { actionLow, actionHigh }: PolicyContract): Exam {
  const { observationSize: o, actionSize: a, count } = part
  const { width, teacherAction } = columnsOf(o, a)
  const exam = new Exam(new Float32Array(count * o), new Float32Array(count * a), o, a)
  for (const [first, rows] of pieces(part))
    for (let row = first, at = 0; at < rows.length; row++, at += width) {
      exam.observations.set(rows.subarray(at, at + o), row * o)
      for (let i = 0; i < a; i++) {
        const x = rows[at + teacherAction + i]
        const within = Math.max(actionLow[i], Math.min(actionHigh[i], x))
        if (within !== x) exam.clamped++
        exam.wanted[row * a + i] = within
      }
    }
  return exam
}

class Exam {
  /** shape (rows, observations) */
  readonly observations: Float32Array
  /** the actions that are wanted on them, shape (rows, actions) */
  readonly wanted: Float32Array
  /** how many of them were beyond the bounds */
  clamped = 0
  readonly #o: number
  readonly #a: number

  constructor(observations: Float32Array, wanted: Float32Array, observationSize: number, actionSize: number) {
    this.observations = observations
    this.wanted = wanted
    this.#o = observationSize
    this.#a = actionSize
  }

  /** At most so many of its rows, evenly spread. */
  some(most: number): Exam {
    const rows = this.wanted.length / this.#a
    if (rows <= most) return this
    const chosen = Array.from({ length: most }, (_, i) => Math.floor((i * rows) / most))
    const pick = (of: Float32Array, size: number) =>
      Float32Array.from({ length: most * size }, (_, i) => of[chosen[Math.floor(i / size)] * size + (i % size)])
    return new Exam(pick(this.observations, this.#o), pick(this.wanted, this.#a), this.#o, this.#a)
  }

  /** shape (rows, actions) */
  actionsOf(student: Controller): Float32Array {
    const [o, a] = [this.#o, this.#a]
    const actions = new Float32Array(this.wanted.length)
    for (let row = 0; row * a < actions.length; row++)
      student(this.observations.subarray(row * o, (row + 1) * o), actions.subarray(row * a, (row + 1) * a))
    return actions
  }
}
