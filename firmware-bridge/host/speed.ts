/** The speed of a line: both ends go to another one together, or stay where they are (PROTOCOL.md: "Speed"). */
import { FailedError } from '../../runtime-as/errors.ts'
import { NO_SPEED, SPEED, SPEED_MILLIS } from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { words } from './frames.ts'
import { requireBaud } from './line-end.ts'
import { RefusedError, SilentError } from './refusal.ts'
import type { Patience, Requester } from './requester.ts'

/** milliseconds in which a board is asked to go back to its own speed */
const LEAVE = 500

/** milliseconds of nothing understood after which the other end is not there: fewer than until a board goes back, which would be understood then */
const CONFIRM = 0.8 * SPEED_MILLIS

/**
 * The line stays at its own speed, and works there.
 *
 * @example
 * import { Board, openPort, SpeedError } from 'bpd/board'
 *
 * const board = await Board.connect(await openPort('in-process'))
 * try {
 *   await board.speed(921_600)
 * } catch (error) {
 *   if (!(error instanceof SpeedError)) throw error
 *   console.log(error.message) // => in-process: its line has no speed to set
 * }
 * await board.close()
 */
export class SpeedError extends FailedError {}

/** The speed of both ends of a line. */
export class LineSpeed {
  readonly #line: Requester
  readonly #patience: Patience
  readonly #hello: (patience: Patience) => Promise<{ lineSpeed: boolean }>
  /** that it was last taken to, in baud */
  #baud: number | undefined

  /** hello: asks what the board is */
  constructor(line: Requester, patience: Patience, hello: (patience: Patience) => Promise<{ lineSpeed: boolean }>) {
    this.#line = line
    this.#patience = patience
    this.#hello = hello
  }

  /**
   * Takes both ends to another speed. Returns the one that the board's end has for it. settable: what HELLO says. Throws InputError for a speed that no line has,
   * SpeedError where an end cannot do it: the line then works as it did, or at its own speed; FailedError where the board is lost.
   */
  async change(baud: number, settable: boolean): Promise<number> {
    const { name, speed } = this.#line.port
    requireBaud(name, baud)
    if (speed === undefined || !settable) throw new SpeedError(`${name}: its line has no speed to set`)
    const near = await this.#ask(baud)
    const failed = await this.#move(baud)
    if (failed !== undefined) {
      // the board comes back by itself, as it hears nothing but noise
      await this.#hello(this.#patience)
      throw new SpeedError(`${failed}; the line is at ${speed.own} baud`)
    }
    this.#baud = baud
    return near
  }

  async #ask(baud: number): Promise<number> {
    try {
      const answer = await this.#line.request(SPEED, words(baud), this.#patience, 4)
      return new DataView(answer.buffer, answer.byteOffset, 4).getUint32(0, true)
    } catch (error) {
      if (!(error instanceof RefusedError && error.status === NO_SPEED)) throw error
      throw new SpeedError(`${error.message}; the line stays as it is`)
    }
  }

  /** Moves this end, if the board is heard there; else why not, in words, and this end is at its own speed. */
  async #move(baud: number): Promise<string | undefined> {
    const { end, port } = this.#line
    try {
      await end.go(baud)
      await this.#hello({ ...this.#patience, limit: Math.min(CONFIRM, this.#patience.limit) })
      end.stay()
      return undefined
    } catch (error) {
      if (!(error instanceof FailedError)) throw error
      await end.back()
      return error instanceof SilentError ? `${port.name}: nothing is understood at ${baud} baud` : error.message
    }
  }

  /** The board starts anew, at its own speed: this end goes there, and then both to where they were. */
  async restarted(): Promise<void> {
    const { end } = this.#line
    const { away } = end
    if (away) await end.back()
    const { lineSpeed } = await this.#hello(this.#patience)
    if (!away || this.#baud === undefined) return
    try {
      await this.change(this.#baud, lineSpeed)
    } catch (error) {
      if (!(error instanceof SpeedError)) throw error
      end.onBack?.(error.message)
    }
  }

  /** The next host finds the board at its own speed: it would come back by itself, a second after that host's first request. */
  async leave(): Promise<void> {
    const { end, port } = this.#line
    if (!end.away) return
    try {
      await this.#line.request(SPEED, words(port.speed!.own), { timeout: LEAVE, limit: LEAVE }, 4)
    } catch (error) {
      if (!(error instanceof FailedError)) throw error
    }
  }
}
