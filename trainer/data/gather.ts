/** A log's rows as transitions: in one pass, in pieces, each number looked at. */
import { setImmediate as turn } from 'node:timers/promises'
import { InputError } from '../../runtime-as/errors.ts'
import { brief } from '../files/brief.ts'
import { type Columns, columnsOf } from './columns.ts'
import { type Episode, EpisodeEnds, type Marks } from './episode-ends.ts'
import { type Block, blockRows, type Field, type Log, maxRows, secondsIn } from './log.ts'
import type { Column, Resolved } from './mapping.ts'
import { RowStore } from './row-store.ts'

export interface GatherOptions {
  /** NaN or infinity in a column that is used: refused, naming the first, or its row left out, which ends the episode before it */
  missing?: 'refuse' | 'drop'
  /** rows whose next observation is not known: kept with their own, or left out */
  openEnds?: 'keep' | 'drop'
  /** told how many rows were read */
  onProgress?: (rows: number) => void
}

export interface Gathered {
  store: RowStore
  episodes: Episode[]
  ends: EpisodeEnds
  openEnds: number
  dropped: number
}

export async function gather(log: Log, columns: Resolved, options: GatherOptions): Promise<Gathered> {
  const gatherer = new Gatherer(log, columns, options)
  for await (const block of log.blocks(gatherer.fields, options.missing === 'drop')) {
    gatherer.take(block)
    options.onProgress?.(gatherer.count)
    // so that a signal comes in
    await turn()
  }
  return gatherer.end()
}

/** Where a column lies among the values of a block. */
interface Place {
  column: Column
  slot: number
  width: number
  index: number
}

class Gatherer {
  readonly fields: Field[]
  readonly #log: Log
  readonly #options: GatherOptions
  readonly #columns: Columns
  /** numbers to copy, each to its place in the row */
  readonly #copied: (Place & { to: number })[] = []
  readonly #marks: Partial<Record<'episode' | 'terminal' | 'timeout' | 'time', Place>>
  readonly #observationSize: number
  readonly #storesNext: boolean
  readonly #store: RowStore
  readonly #episodes: Episode[] = []
  readonly #ends = new EpisodeEnds()
  /** rows that are not in the store yet */
  readonly #piece: Float32Array
  #held = 0
  #openEnds = 0
  #dropped = 0
  /** left out for a next observation that is not known */
  #cutOff = 0
  #taken = 0
  /** the one that may go on */
  #episode: Episode | undefined

  constructor(log: Log, resolved: Resolved, options: GatherOptions) {
    const { observations, actions, nextObservations, teacherActions, rewards } = resolved
    this.#log = log
    this.#options = options
    this.#columns = columnsOf(observations.length, actions.length)
    this.#observationSize = observations.length
    this.#storesNext = nextObservations !== undefined
    this.fields = [...new Set(Object.values(resolved).flatMap((columns) => columns.map(({ field }) => field)))]
    const { observation, action, teacherAction, reward, next, width } = this.#columns
    const copy = (columns: readonly Column[] | undefined, to: number) =>
      columns?.forEach((column, i) => {
        this.#copied.push({ ...this.#place(column), to: to + i })
      })
    copy(observations, observation)
    copy(actions, action)
    copy(teacherActions ?? actions, teacherAction)
    copy(rewards, reward)
    copy(nextObservations, next)
    const one = (columns: readonly Column[] | undefined) => (columns ? this.#place(columns[0]) : undefined)
    this.#marks = {
      episode: one(resolved.episodes),
      terminal: one(resolved.terminals),
      timeout: one(resolved.timeouts),
      time: one(resolved.time),
    }
    this.#store = new RowStore(width)
    this.#piece = new Float32Array(blockRows * width)
  }

  get count(): number {
    return this.#store.count + this.#held
  }

  #place(column: Column): Place {
    const { field, index } = column
    return { column, slot: this.fields.indexOf(field), width: field.columns.length, index }
  }

  take(block: Block): void {
    for (let row = 0; row < block.count; row++) {
      if (++this.#taken > maxRows) throw new InputError(`${this.#log.path}: more than ${maxRows} rows`)
      this.#takeRow(block, row)
    }
  }

  end(): Gathered {
    this.#close()
    this.#flush(this.#held)
    this.#store.end()
    if (this.count === 0) {
      const out = [
        ...(this.#dropped ? [`${this.#dropped} with a number missing`] : []),
        ...(this.#cutOff ? [`${this.#cutOff} whose next observation nobody says, which a value term needs`] : []),
      ]
      const but = out.length ? ` but ${out.join(' and ')}` : ''
      throw new InputError(`${this.#log.path}: no rows${but}, expected 1 or more`)
    }
    return {
      store: this.#store,
      episodes: this.#episodes,
      ends: this.#ends,
      openEnds: this.#openEnds,
      dropped: this.#dropped,
    }
  }

  #takeRow(block: Block, row: number): void {
    const marks = this.#marksOf(block, row)
    if (this.#ends.begins(marks)) this.#close()
    if (this.#ends.doubt) this.#refuseRow(block, row, this.#marks.episode!, this.#ends.doubt)
    // the last two may still change
    if (this.#held === blockRows) this.#flush(blockRows - 2)
    const { width, observation, next, terminal } = this.#columns
    const at = this.#held * width
    const wrong = this.#copy(block, row, at) ?? this.#wrongMark(marks)
    if (wrong) {
      if (this.#options.missing !== 'drop') this.#refuse(block, row, ...wrong)
      this.#dropped++
      this.#piece.fill(0, at, at + width)
      this.#close()
      return
    }
    this.#piece[at + terminal] = marks.terminal ?? 0
    if (this.#episode && !this.#storesNext)
      this.#piece.copyWithin(at - width + next, at + observation, at + observation + this.#observationSize)
    this.#episode ??= { first: this.count, count: 0, terminal: false }
    this.#episode.count++
    this.#held++
  }

  /** Ends the episode with the last row that was taken. */
  #close(): void {
    const episode = this.#episode
    if (!episode) return
    this.#episode = undefined
    const { width, observation, next, terminal, timeout } = this.#columns
    const at = (this.#held - 1) * width
    episode.terminal = this.#piece[at + terminal] === 1
    this.#piece[at + timeout] = episode.terminal ? 0 : 1
    if (!this.#storesNext) {
      // behind a terminal nothing is worth anything: what stands there is never looked at
      this.#piece.copyWithin(at + next, at + observation, at + observation + this.#observationSize)
      if (!episode.terminal) this.#leaveOpen(episode, at)
    }
    if (episode.count > 0) this.#episodes.push(episode)
  }

  #leaveOpen(episode: Episode, at: number): void {
    if (this.#options.openEnds !== 'drop') {
      this.#openEnds++
      return
    }
    const { width, timeout } = this.#columns
    this.#piece.fill(0, at, at + width)
    this.#held--
    this.#cutOff++
    if (--episode.count > 0) this.#piece[at - width + timeout] = 1
  }

  #marksOf(block: Block, row: number): Marks {
    const value = (place: Place | undefined) => place && block.values[place.slot][row * place.width + place.index]
    const { episode, terminal, timeout, time } = this.#marks
    return {
      part: block.part,
      episode: value(episode),
      terminal: value(terminal),
      timeout: value(timeout),
      time: time && value(time)! * secondsIn(time.column),
    }
  }

  /** Puts a row's numbers at their places; gives the first one that is none, and what was expected. */
  #copy(block: Block, row: number, at: number): [Place, expected: string] | undefined {
    const piece = this.#piece
    for (let i = 0; i < this.#copied.length; i++) {
      const place = this.#copied[i]
      // in 32 bits from here on
      const number = Math.fround(block.values[place.slot][row * place.width + place.index])
      if (!Number.isFinite(number)) return [place, 'a finite number']
      piece[at + place.to] = number
    }
    return undefined
  }

  #wrongMark(marks: Marks): [Place, expected: string] | undefined {
    for (const name of ['episode', 'time'] as const)
      if (marks[name] !== undefined && !Number.isFinite(marks[name])) return [this.#marks[name]!, 'a finite number']
    for (const name of ['terminal', 'timeout'] as const)
      if (marks[name] !== undefined && marks[name] !== 0 && marks[name] !== 1) return [this.#marks[name]!, '0 or 1']
    return undefined
  }

  #refuse(block: Block, row: number, place: Place, expected: string): never {
    const { slot, width, index } = place
    const value = block.values[slot][row * width + index]
    const drop = Number.isFinite(value) ? '' : '; --missing drop leaves such rows out'
    const range = Number.isFinite(value) && expected === 'a finite number' ? ' of 32 bits' : ''
    this.#refuseRow(block, row, place, `${value}, expected ${expected}${range}${drop}`)
  }

  #refuseRow(block: Block, row: number, { column }: Place, what: string): never {
    const part = block.part ? `${block.part.name}, ` : ''
    throw new InputError(`${this.#log.path}: ${part}column ${brief(column.name)}, row ${block.first + row}: ${what}`)
  }

  /** Puts the first rows of the piece into the store. */
  #flush(count: number): void {
    const { width } = this.#columns
    if (count > 0) this.#store.append(this.#piece.subarray(0, count * width))
    this.#piece.copyWithin(0, count * width, this.#held * width)
    this.#held -= count
    this.#piece.fill(0, this.#held * width)
  }
}
