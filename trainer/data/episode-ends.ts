/** Where an episode of a log ends, row by row, and the rate that its timestamps tell. */
import { columnsOf } from './columns.ts'
import type { Block } from './log.ts'
import { pieces, type Transitions } from './transitions.ts'

/** Rows of a data set that follow each other. */
export interface Episode {
  /** row, from 0 */
  first: number
  /** rows */
  count: number
  /** ended in a terminal state; else it was cut off: a timeout, or the end of the log */
  terminal: boolean
}

/** Of transitions: one ends where a row is terminal or timed out, the last with the data. */
export function episodesIn(transitions: Transitions): Episode[] {
  const { width, terminal, timeout } = columnsOf(transitions.observationSize, transitions.actionSize)
  const episodes: Episode[] = []
  let begun = 0
  const end = (last: number, isTerminal: boolean) => {
    episodes.push({ first: begun, count: last + 1 - begun, terminal: isTerminal })
    begun = last + 1
  }
  for (const [first, rows] of pieces(transitions))
    for (let row = first, at = 0; at < rows.length; row++, at += width)
      if (rows[at + terminal] || rows[at + timeout]) end(row, rows[at + terminal] === 1)
  if (begun < transitions.count) end(transitions.count - 1, false)
  return episodes
}

/** What tells the rows of one episode from those of the next; undefined where the log has no such column. */
export interface Marks {
  part?: Block['part']
  episode?: number
  terminal?: number
  timeout?: number
  time?: number
}

/**
 * Says of each row whether an episode begins with it. What the file holds apart, or has a number for, is an episode; else one ends with a terminal
 * or a timeout; and where nothing of that is told, with a clock that goes back.
 */
export class EpisodeEnds {
  readonly timing = new Timing()
  /** of the first row by whose number its episode cannot be told: what was found, and what was expected */
  doubt: string | undefined
  #before: Marks | undefined
  #numbers = new Numbers()
  #number: number | undefined

  begins(marks: Marks): boolean {
    const before = this.#before
    this.#before = marks
    if (before === undefined) {
      this.#count(marks)
      return true
    }
    const begins = isNew(before, marks)
    if (begins) this.#count(marks, before)
    if (!begins && marks.time !== undefined) this.timing.add(marks.time - before.time!)
    return begins
  }

  /** An episode begins. One whose number was there before is one of another run only where its clock begins anew. */
  #count({ episode, part, time }: Marks, before?: Marks): void {
    if (part?.index !== before?.part?.index) [this.#numbers, this.#number] = [new Numbers(), undefined]
    // a number that is missing is refused, or its row left out
    if (this.doubt || !Number.isFinite(episode) || episode === this.#number) return
    const last = this.#number
    this.#number = episode!
    if (Math.abs(episode!) > Number.MAX_SAFE_INTEGER)
      this.doubt = `${episode}, expected whole numbers below 2^53: larger ones cannot be told apart`
    else if (!this.#numbers.add(episode!) && !(time! < before!.time!))
      this.doubt = `${episode} comes back after ${last}, expected the rows of an episode together: group the rows by it, or number those of each run apart`
  }
}

/** Numbers that were there. Those that count up from the first one, as most do, take no memory. */
class Numbers {
  #first: number | undefined
  #next = 0
  readonly #others = new Set<number>()

  /** false: it was there */
  add(number: number): boolean {
    this.#first ??= this.#next = number
    if (number === this.#next) {
      this.#next++
      return !this.#others.has(number)
    }
    if (Number.isInteger(number - this.#first) && number >= this.#first && number < this.#next) return false
    const before = this.#others.size
    return this.#others.add(number).size > before
  }
}

function isNew(before: Marks, marks: Marks): boolean {
  if (marks.part !== undefined || marks.episode !== undefined)
    return marks.part?.index !== before.part?.index || marks.episode !== before.episode
  if (marks.terminal !== undefined || marks.timeout !== undefined) return before.terminal === 1 || before.timeout === 1
  return marks.time !== undefined && marks.time < before.time!
}

export interface Rate {
  /** s between rows: the mean of what is within half of the median */
  period: number
  least: number
  most: number
  /** standard deviation of the steps, over the period */
  jitter: number
  /** steps longer than 1.5 periods: rows are missing there */
  gaps: number
  /** steps that are not forward */
  backward: number
}

/** Steps of the clock within episodes. */
export class Timing {
  #steps = new Float64Array(1024)
  #count = 0

  add(step: number): void {
    if (this.#count === this.#steps.length) {
      const more = new Float64Array(2 * this.#count)
      more.set(this.#steps)
      this.#steps = more
    }
    this.#steps[this.#count++] = step
  }

  /** undefined where no clock goes on */
  rate(): Rate | undefined {
    const steps = this.#steps.subarray(0, this.#count).filter(Number.isFinite).sort()
    const median = steps[steps.length >> 1]
    if (!(median > 0)) return undefined
    const usual = steps.filter((step) => step > 0.5 * median && step < 1.5 * median)
    const mean = usual.reduce((sum, step) => sum + step, 0) / usual.length
    // timestamps in f32 have seven digits
    const period = Number(mean.toPrecision(5))
    const square = steps.reduce((sum, step) => sum + (step - mean) ** 2, 0) / steps.length
    return {
      period,
      least: steps[0],
      most: steps[steps.length - 1],
      jitter: Math.sqrt(square) / mean,
      gaps: steps.filter((step) => step > 1.5 * mean).length,
      backward: steps.filter((step) => step <= 0).length,
    }
  }
}

/** A doubt about a period: robots are not that slow, and timestamps often in another unit. */
export const slow = (period?: number): string[] =>
  period !== undefined && period >= 1
    ? [`a step of ${period} s: timestamps are taken in s, unless their name ends in _ms, _us or _ns`]
    : []

/** A doubt about timestamps of which no period comes. */
export const STOPPED = 'timestamps never go on within an episode'
