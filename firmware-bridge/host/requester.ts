/** Requests over a line that may lose, alter, repeat and close: one in flight, numbered, retried until its answer comes. */
import { randomInt } from 'node:crypto'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { ANSWER, HELLO, OK, PROTOCOL, STEP } from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { encodeFrame, type Frame, FrameDecoder, openFrame, sealFrame, sealOf } from './frames.ts'
import type { HostCounters } from './info.ts'
import type { Port } from './port.ts'
import { nameOf, RefusedError, SilentError } from './refusal.ts'

export interface Patience {
  /** milliseconds until a request is sent again the first time; each time waits half as long again, up to twice this */
  timeout: number
  /** milliseconds until the board counts as silent */
  limit: number
}

interface Asked {
  type: number
  sequence: number
  /** the CRC-32 field of the request, which its answer is sealed with */
  seal: number
}

export class Requester {
  readonly port: Port
  readonly counters: HostCounters = { requests: 0, retries: 0, bad: 0, late: 0 }
  /** hash that control frames are sealed with */
  contract = 0
  #waiting: (Asked & { settle(answer: Frame | Error): void }) | undefined
  /** the request before, whose answer may still come, or come again */
  #before: Asked | undefined
  #lost: Error | undefined
  /** begins anywhere, so that a session before this one is not taken up by chance */
  #sequence = randomInt(0x10000)
  #queue: Promise<unknown> = Promise.resolve()
  #hear = (_: Uint8Array): void => {}

  constructor(port: Port) {
    this.port = port
    this.#attach()
  }

  /**
   * The payload of the answer. bytes: its length, absent: any. Throws RefusedError where the board refuses, SilentError where no answer comes, FailedError where
   * the answer has another length.
   */
  request(type: number, payload: Uint8Array, patience: Patience, bytes?: number): Promise<Uint8Array> {
    const turn = this.#queue.then(() => this.#exchange(type, payload, patience))
    this.#queue = turn.catch(() => {})
    return turn.then((answer) => this.#checked(type, answer, bytes))
  }

  #checked(type: number, { status, payload }: Frame, bytes: number | undefined): Uint8Array {
    const expected = status === OK ? bytes : 4
    if (expected !== undefined && payload.length !== expected) {
      const what = status === OK ? nameOf(type) : `${nameOf(type)} with status ${status} and`
      throw new FailedError(`${this.port.name}: answered ${what} ${payload.length} bytes, expected ${expected}`)
    }
    if (status !== OK) throw new RefusedError(this.port.name, type, status, payload)
    return payload
  }

  async #exchange(type: number, payload: Uint8Array, { timeout, limit }: Patience): Promise<Frame> {
    if (this.#lost !== undefined) await this.#reopen()
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.counters.requests++
    const sequence = this.#sequence
    const sealed = sealFrame({ type, status: 0, sequence, payload }, type === STEP ? this.contract : 0)
    const asked = { type, sequence, seal: sealOf(sealed) }
    const bytes = encodeFrame(sealed)
    let answer: Frame | undefined
    for (let wait = timeout, waited = 0; answer === undefined; wait = Math.min(1.5 * wait, 2 * timeout)) {
      if (waited >= limit) throw new SilentError(`${this.port.name}: no answer from the board`)
      // what has not left yet is not sent again: on a slow line another copy would only wait behind it
      const send = waited === 0 || this.port.duplex.writableLength === 0
      if (send && waited > 0) this.counters.retries++
      answer = await this.#once(asked, send ? bytes : undefined, wait)
      waited += wait
    }
    return answer
  }

  /** Sends what there is to send and waits; undefined: not in time. */
  #once(asked: Asked, bytes: Uint8Array | undefined, timeout: number): Promise<Frame | undefined> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => done(), timeout)
      const done = (answer?: Frame | Error) => {
        clearTimeout(timer)
        this.#waiting = undefined
        this.#before = asked
        if (answer instanceof Error) reject(answer)
        else resolve(answer)
      }
      this.#waiting = { ...asked, settle: done }
      if (bytes) this.port.duplex.write(bytes)
    })
  }

  #attach(): void {
    const { duplex } = this.port
    const decoder = new FrameDecoder((frame) => this.#receive(frame))
    const hear = (bytes: Uint8Array) => decoder.write(bytes)
    const lost = (error?: Error) => {
      if (this.#hear !== hear || this.#lost !== undefined) return
      duplex.off('data', hear)
      this.#lost = new SilentError(`${this.port.name}: the line closed${error ? ` (${oneLine(error)})` : ''}`)
      this.#waiting?.settle(this.#lost)
    }
    this.#hear = hear
    this.#lost = undefined
    // stays on after the line closed: a port may still report that its closing was cancelled
    duplex.on('error', lost)
    duplex.once('close', () => lost())
    duplex.once('end', () => lost())
    duplex.on('data', hear)
  }

  async #reopen(): Promise<void> {
    if (this.port.reopen === undefined) throw this.#lost
    try {
      await this.port.reopen()
    } catch (error) {
      if (error instanceof FailedError || error instanceof InputError) throw error
      throw new FailedError(`${this.port.name}: cannot be opened again (${oneLine(error as Error)})`)
    }
    this.#attach()
  }

  #receive(bytes: Uint8Array | undefined): void {
    const waiting = this.#waiting
    const answers = (frame: Frame | undefined, asked: Asked | undefined): frame is Frame =>
      frame !== undefined && frame.type === ((asked?.type ?? 0) | ANSWER) && frame.sequence === asked?.sequence
    const opened = (asked: Asked | undefined) => {
      const frame = bytes && asked && openFrame(bytes, asked.seal)
      return answers(frame, asked) ? frame : undefined
    }
    const frame = opened(waiting)
    if (frame !== undefined) {
      waiting?.settle(frame)
      return
    }
    if (opened(this.#before)) {
      this.counters.late++
      return
    }
    this.counters.bad++
    // firmware before version 5 does not seal answers with their requests; its HELLO is heard, to say so
    const plain = bytes && waiting?.type === HELLO ? openFrame(bytes, 0) : undefined
    if (answers(plain, waiting) && plain.payload[0] < PROTOCOL) waiting?.settle(plain)
  }

  /** Waits for the request in flight, then closes the line. */
  async close(): Promise<void> {
    await this.#queue
    this.port.duplex.off('data', this.#hear)
    await this.port.close()
  }
}

const oneLine = ({ message }: Error): string => String(message).replace(/\s+/g, ' ')
