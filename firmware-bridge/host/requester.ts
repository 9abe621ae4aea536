/** Requests over a line that may lose, alter, repeat and close: one in flight, numbered, retried until its answer comes. */
import { ANSWER, OK } from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { type Frame, frameDecoder, frameEncoder, openFrame, sealFrame } from './frames.ts'
import type { HostCounters } from './info.ts'
import type { Port } from './port.ts'
import { RefusedError, SilentError } from './refusal.ts'

export interface Patience {
  /** milliseconds until a request is sent again the first time; each time waits half as long again, up to twice this */
  timeout: number
  /** milliseconds until the board counts as silent */
  limit: number
}

interface Waiting {
  type: number
  sequence: number
  settle(answer: Frame | Error): void
}

export class Requester {
  readonly port: Port
  readonly counters: HostCounters = { requests: 0, retries: 0, bad: 0, late: 0 }
  /** hash that control frames are sealed with */
  contract = 0
  #encoder = frameEncoder()
  #waiting: Waiting | undefined
  #lost: Error | undefined
  #sequence = 0
  #queue: Promise<unknown> = Promise.resolve()

  constructor(port: Port) {
    this.port = port
    this.#attach()
  }

  /** The payload of the answer. Throws RefusedError where the board refuses, SilentError where no answer comes. */
  request(type: number, payload: Uint8Array, patience: Patience): Promise<Uint8Array> {
    const turn = this.#queue.then(() => this.#exchange(type, payload, patience))
    this.#queue = turn.catch(() => {})
    return turn
  }

  async #exchange(type: number, payload: Uint8Array, { timeout, limit }: Patience): Promise<Uint8Array> {
    if (this.#lost !== undefined) await this.#reopen()
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.counters.requests++
    const sequence = this.#sequence
    const bytes = Buffer.from(sealFrame({ type, status: 0, sequence, payload }, this.contract))
    let answer: Frame | undefined
    for (let wait = timeout, waited = 0; answer === undefined; wait = Math.min(1.5 * wait, 2 * timeout)) {
      if (waited >= limit) throw new SilentError(`${this.port.name}: no answer from the board`)
      const send = waited === 0 || !this.#sending()
      if (send && waited > 0) this.counters.retries++
      answer = await this.#once(type, sequence, send ? bytes : undefined, wait)
      waited += wait
    }
    if (answer.status !== OK) throw new RefusedError(this.port.name, type, answer.status, answer.payload)
    return answer.payload
  }

  /** Whether what was sent has not left yet: on a slow line another copy would only wait behind it. */
  #sending(): boolean {
    return this.#encoder.readableLength > 0 || this.port.duplex.writableLength > 0
  }

  /** Sends what there is to send and waits; undefined: not in time. */
  #once(type: number, sequence: number, bytes: Buffer | undefined, timeout: number): Promise<Frame | undefined> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => done(), timeout)
      const done = (answer?: Frame | Error) => {
        clearTimeout(timer)
        this.#waiting = undefined
        if (answer instanceof Error) reject(answer)
        else resolve(answer)
      }
      this.#waiting = { type: type | ANSWER, sequence, settle: done }
      if (bytes) this.#encoder.write(bytes)
    })
  }

  #attach(): void {
    const { duplex } = this.port
    const encoder = frameEncoder()
    const decoder = frameDecoder()
    const lost = (error?: Error) => {
      if (this.#encoder !== encoder || this.#lost !== undefined) return
      encoder.unpipe()
      duplex.unpipe()
      this.#lost = new SilentError(`${this.port.name}: the line closed${error ? ` (${error.message})` : ''}`)
      this.#waiting?.settle(this.#lost)
    }
    this.#encoder = encoder
    this.#lost = undefined
    decoder.on('data', (bytes: Uint8Array) => this.#receive(bytes))
    // stays on after the line closed: a port may still report that its closing was cancelled
    duplex.on('error', lost)
    duplex.once('close', lost)
    duplex.once('end', lost)
    encoder.pipe(duplex)
    duplex.pipe(decoder)
  }

  async #reopen(): Promise<void> {
    if (this.port.reopen === undefined) throw this.#lost
    await this.port.reopen()
    this.#attach()
  }

  #receive(bytes: Uint8Array): void {
    // two ENDs in a row
    if (bytes.length === 0) return
    const frame = openFrame(bytes, this.contract)
    if (frame === undefined) this.counters.bad++
    else if (this.#waiting?.type !== frame.type || this.#waiting.sequence !== frame.sequence) this.counters.late++
    else this.#waiting.settle(frame)
  }

  /** Waits for the request in flight, then closes the line. */
  async close(): Promise<void> {
    await this.#queue
    this.port.duplex.unpipe()
    this.#encoder.unpipe()
    await this.port.close()
  }
}
