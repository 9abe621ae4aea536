/** Requests over a line that may lose, alter, repeat and close: one in flight, numbered, retried until its answer comes. */
import { randomInt } from 'node:crypto'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import {
  ANSWER,
  HELLO,
  INFO_BYTES,
  INFO_PROTOCOL,
  OK,
  PROTOCOL,
  STEP,
} from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { encodeFrame, type Frame, FrameDecoder, openFrame, sealFrame, sealOf } from './frames.ts'
import type { HostCounters } from './info.ts'
import type { Port } from './port.ts'
import { nameOf, RefusedError, SilentError } from './refusal.ts'
import { decodeSession, isGuarded, Session } from './session.ts'

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
  /** of the line */
  bytes: Uint8Array
}

export class Requester {
  readonly port: Port
  readonly counters: HostCounters = { requests: 0, retries: 0, bad: 0, late: 0 }
  /** hash that control frames are sealed with */
  contract = 0
  /** what HELLO told, and how far this host has counted in it */
  readonly session = new Session()
  #waiting: (Asked & { settle(answer: Frame | Error): void }) | undefined
  /** a HELLO beside a guarded request that is not answered: has the board started anew? */
  #probe: Asked | undefined
  /** requests before, whose answers may still come, or come again */
  #before: (Asked | undefined)[] = []
  #lost: Error | undefined
  /** of requests that are not guarded; begins anywhere, so that none is taken for one of a host before */
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

  /** Asks what the board is, and takes up the session that it tells. The payload of the answer; throws what `request` throws. */
  async hello(patience: Patience): Promise<Uint8Array> {
    const answer = await this.request(HELLO, probing(), patience)
    if (answer.length === INFO_BYTES && answer[INFO_PROTOCOL] === PROTOCOL) this.session.enter(decodeSession(answer))
    return answer
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
    this.counters.requests++
    const asked = this.#sealed(type, payload)
    const probe = isGuarded(type) ? this.#sealed(HELLO, probing()) : undefined
    let answer: Frame | undefined
    for (let wait = timeout, waited = 0; answer === undefined; wait = Math.min(1.5 * wait, 2 * timeout)) {
      if (waited >= limit) throw new SilentError(`${this.port.name}: no answer from the board`)
      // what has not left yet is not sent again: on a slow line another copy would only wait behind it
      const again = waited > 0 && this.port.duplex.writableLength === 0
      if (again) this.counters.retries++
      this.#probe = again ? probe : undefined
      const bytes = again && probe !== undefined ? Uint8Array.of(...asked.bytes, ...probe.bytes) : asked.bytes
      answer = await this.#once(asked, waited === 0 || again ? bytes : undefined, wait)
      waited += wait
    }
    return answer
  }

  #sealed(type: number, payload: Uint8Array): Asked {
    this.#sequence = (this.#sequence + 1) & 0xffff
    const { sequence, mix } = isGuarded(type) ? this.session.next() : { sequence: this.#sequence, mix: 0 }
    const sealed = sealFrame({ type, status: 0, sequence, payload }, mix ^ (type === STEP ? this.contract : 0))
    return { type, sequence, seal: sealOf(sealed), bytes: encodeFrame(sealed) }
  }

  /** Sends what there is to send and waits; undefined: not in time. */
  #once(asked: Asked, bytes: Uint8Array | undefined, timeout: number): Promise<Frame | undefined> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => done(), timeout)
      const done = (answer?: Frame | Error) => {
        clearTimeout(timer)
        this.#waiting = undefined
        this.#before = [asked, this.#probe]
        this.#probe = undefined
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
    const answer = opened(bytes, waiting)
    const told = answer ? undefined : opened(bytes, this.#probe)
    if (answer !== undefined) waiting?.settle(answer)
    else if (told !== undefined) this.#look(told)
    else if (this.#before.some((asked) => opened(bytes, asked))) this.counters.late++
    else {
      this.counters.bad++
      // firmware before version 5 does not seal answers with their requests; its HELLO is heard, to say so
      const plain = waiting?.type === HELLO ? opened(bytes, waiting, 0) : undefined
      if (plain !== undefined && plain.payload[0] < PROTOCOL) waiting?.settle(plain)
    }
  }

  /** What the board says of its session while a request is not answered: in another one, or behind a later request, it never will be. The next will. */
  #look({ payload }: Frame): void {
    if (payload.length !== INFO_BYTES || payload[INFO_PROTOCOL] !== PROTOCOL) return
    const info = decodeSession(payload)
    const anew = this.session.differs(info)
    if (!anew && !this.session.overtaken(info)) return
    this.session.enter(info)
    const what = anew ? 'has started anew' : 'has taken a later request, of another host'
    this.#waiting?.settle(new SilentError(`${this.port.name}: the board ${what}`))
  }

  /** Waits for the request in flight, then closes the line. */
  async close(): Promise<void> {
    await this.#queue
    this.port.duplex.off('data', this.#hear)
    await this.port.close()
  }
}

/** The answer in bytes from the line, undefined: they are none to this request. seal: what it is sealed with, if not with the request */
function opened(bytes: Uint8Array | undefined, asked: Asked | undefined, seal = asked?.seal ?? 0): Frame | undefined {
  const frame = bytes && asked && openFrame(bytes, seal)
  return frame?.type === ((asked?.type ?? 0) | ANSWER) && frame.sequence === asked?.sequence ? frame : undefined
}

/** Payload of a HELLO: a number of its own, so that none of a session before has this answer. */
function probing(): Uint8Array {
  const payload = new DataView(new ArrayBuffer(4))
  payload.setUint32(0, randomInt(2 ** 32), true)
  return new Uint8Array(payload.buffer)
}

const oneLine = ({ message }: Error): string => String(message).replace(/\s+/g, ' ')
