/** A .bpd file on its way to a board's spare slot: BEGIN, DATA in order, COMMIT, CONFIRM. Client code for `Board.install`. */

import { FailedError } from '../../runtime-as/errors.ts'
import { BEGIN, COMMIT, CONFIRM, DATA, MAX_CHUNK } from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { words } from './frames.ts'
import type { BoardInfo } from './info.ts'
import { LostError, SilentError } from './refusal.ts'
import type { Patience, Requester } from './requester.ts'

export interface UploadPatience {
  /** for a chunk */
  each: Patience
  /** for what may take long: to erase, to test a whole policy */
  long: Patience
  /** milliseconds for all of it */
  budget: number
}

/** bytes of the shortest chunks that a bad line is left with */
const SMALLEST = 32

/** a longer chunk is given up for shorter ones after so many times the timeout, or half the patience */
const TRIES = 8

/** bytes that the board has, of all */
export type UploadProgress = (sent: number, total: number) => void

/** One upload of one file. Whatever the board answers, it ends: every answer must say at least what was sent, and all of it has a budget of time. */
export class Upload {
  readonly #line: Requester
  readonly #bytes: Uint8Array
  readonly #crc: number
  readonly #patience: UploadPatience
  readonly #deadline: number

  /** crc: of the file */
  constructor(line: Requester, bytes: Uint8Array, crc: number, patience: UploadPatience) {
    this.#line = line
    this.#bytes = bytes
    this.#crc = crc
    this.#patience = patience
    this.#deadline = performance.now() + patience.budget
  }

  /**
   * Goes on where the board says that the upload of this file stands. The board runs the policy afterwards, unconfirmed. Throws LostError where the board has
   * lost what it had, FailedError where it answers what cannot be.
   */
  async run(info: BoardInfo, onProgress?: UploadProgress): Promise<void> {
    const unit = info.programBytes
    const most = Math.min(MAX_CHUNK, info.maxPayload - 4)
    const largest = most - (most % unit)
    const total = this.#bytes.length
    if (largest === 0) throw new FailedError(`${info.name}: program units of ${unit} bytes do not fit a frame`)
    const smallest = Math.min(largest, Math.ceil(SMALLEST / unit) * unit)
    let chunk = largest
    let sent = await this.#begin(this.#patience.long)
    while (sent < total) {
      onProgress?.(sent, total)
      const { retries } = this.#line.counters
      const shorter = Math.max(smallest, Math.floor(chunk / 2 / unit) * unit)
      const { timeout, limit } = this.#patience.each
      const tried = chunk === smallest ? this.#patience.each : { timeout, limit: Math.min(TRIES * timeout, limit / 2) }
      const part = this.#bytes.subarray(sent, sent + chunk)
      let written: number
      try {
        written = firstWord(await this.#request(DATA, Uint8Array.of(...words(sent), ...part), tried, 4))
      } catch (error) {
        if (chunk === smallest || !(error instanceof SilentError)) throw error
        chunk = shorter
        const stands = await this.#begin(this.#patience.each)
        if (stands < sent) throw new LostError(`${this.#line.port.name}: the board lost the upload at byte ${sent}`)
        sent = stands
        continue
      }
      // a copy that the line held back may have brought more
      if (written < sent + part.length || written > total) {
        const expected = `expected ${sent + part.length} or more`
        throw new FailedError(`${this.#line.port.name}: the upload stands at ${written} of ${total} bytes, ${expected}`)
      }
      // a short frame gets through a line that spoils bytes where a long one does not
      chunk = this.#line.counters.retries > retries ? shorter : Math.min(largest, 2 * chunk)
      sent = written
    }
    onProgress?.(sent, total)
    await this.#request(COMMIT, words(), this.#patience.long, 0)
  }

  /** Makes the running policy stay, if it is this one. */
  async confirm(): Promise<void> {
    await this.#request(CONFIRM, words(this.#crc), this.#patience.each, 0)
  }

  /** Bytes of the file that the board has. */
  async #begin(patience: Patience): Promise<number> {
    const total = this.#bytes.length
    const stands = firstWord(await this.#request(BEGIN, words(total, this.#crc), patience, 4))
    if (stands <= total) return stands
    throw new FailedError(`${this.#line.port.name}: the upload stands at ${stands} bytes, expected at most ${total}`)
  }

  async #request(type: number, payload: Uint8Array, patience: Patience, bytes: number): Promise<Uint8Array> {
    const left = this.#deadline - performance.now()
    if (left <= 0) {
      const given = `${this.#patience.budget / 1000} s`
      throw new FailedError(`${this.#line.port.name}: ${this.#bytes.length} bytes did not arrive within ${given}`)
    }
    return await this.#line.request(type, payload, { ...patience, limit: Math.min(patience.limit, left) }, bytes)
  }
}

const firstWord = (payload: Uint8Array): number =>
  new DataView(payload.buffer, payload.byteOffset, payload.length).getUint32(0, true)
