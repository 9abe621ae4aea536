/** Requests over a line that may lose, alter, repeat and close: one in flight, numbered, retried until its answer comes. */
import { randomInt } from 'node:crypto'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import {
  ANSWER,
  HELLO,
  INFO_BYTES,
  INFO_CONTRACT,
  INFO_PROTOCOL,
  OK,
  PROTOCOL,
  STEP,
} from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { encodeFrame, type Frame, FrameDecoder, openFrame } from './frames.ts'
import { LineEnd } from './line-end.ts'
import type { Port } from './port.ts'
import { nameOf, RefusedError, SilentError } from './refusal.ts'
import { decodeSession, isGuarded, plain, type Sealed, Session } from './session.ts'
import type { HostCounters } from './stats.ts'

export interface Patience {
  /** milliseconds until a request is sent again the first time; each time waits half as long again, up to twice this */
  timeout: number
  /** milliseconds until the board counts as silent */
  limit: number
}

interface Asked extends Sealed {
  /** of the line */
  encoded: Uint8Array
}

/** A line that went to another speed is tried at its own after this part of the patience: the board may have started anew, or gone back after noise. */
const ASTRAY = 1 / 6

export class Requester {
  readonly port: Port
  /** the speed of this end */
  readonly end: LineEnd
  readonly counters: HostCounters = { requests: 0, retries: 0, bad: 0, late: 0 }
  /** hash that control frames are sealed with */
  contract = 0
  /** what HELLO told, and how far this host has counted in it */
  readonly session: Session
  #waiting: (Asked & { settle(answer: Frame | Error): void }) | undefined
  /** a HELLO beside a guarded request that is not answered: has the board started anew? */
  #probe: (Asked & { number: Uint8Array }) | undefined
  /** requests before, whose answers may still come, or come again */
  #before: (Asked | undefined)[] = []
  #lost: Error | undefined
  #closed = false
  /** of requests that are not guarded; begins anywhere, so that none is taken for one of a host before */
  #sequence = randomInt(0x10000)
  #queue: Promise<unknown> = Promise.resolve()
  #hear = (_: Uint8Array): void => {}

  /** key: of the board, 32 bytes; undefined: it has none */
  constructor(port: Port, key?: Uint8Array) {
    this.port = port
    this.session = new Session(key)
    this.end = new LineEnd(port)
    this.#attach()
  }

  /**
   * The payload of the answer. bytes: its length, absent: any. Throws RefusedError where the board refuses, SilentError where no answer comes, FailedError where
   * the answer has another length, or the line was closed here.
   */
  request(type: number, payload: Uint8Array, patience: Patience, bytes?: number): Promise<Uint8Array> {
    return this.#frame(type, payload, patience).then((answer) => this.#checked(type, answer, bytes))
  }

  async #frame(type: number, payload: Uint8Array, patience: Patience): Promise<Frame> {
    // or it would be opened again, and a serial port never be given back
    if (this.#closed) throw new FailedError(`${this.port.name}: closed, expected no request after that`)
    const turn = this.#queue.then(() => this.#exchange(type, payload, patience))
    this.#queue = turn.catch(() => {})
    return await turn
  }

  /**
   * Asks what the board is, and takes up the session that it tells. The payload of the answer. Throws what `request` throws, and FailedError where the
   * board does not prove that it has this host's key.
   */
  async hello(patience: Patience): Promise<Uint8Array> {
    const number = probing()
    const answer = await this.#frame(HELLO, number, patience)
    const payload = this.#checked(HELLO, answer, undefined)
    if (!tells(answer)) return payload
    const doubt = this.session.doubt(number, answer)
    if (doubt !== undefined) throw new FailedError(`${this.port.name}: ${doubt}`)
    this.session.enter(decodeSession(payload))
    return payload
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
    const number = probing()
    const probe = isGuarded(type) ? { ...this.#sealed(HELLO, number), number } : undefined
    let answer: Frame | undefined
    for (let wait = timeout, waited = 0; answer === undefined; wait = Math.min(1.5 * wait, 2 * timeout)) {
      if (waited >= limit) throw new SilentError(`${this.port.name}: no answer from the board`)
      if (this.end.away && waited >= ASTRAY * limit) await this.end.back('no answer came')
      // what has not left yet is not sent again: on a slow line another copy would only wait behind it
      const again = waited > 0 && this.port.duplex.writableLength === 0
      if (again) this.counters.retries++
      this.#probe = again ? probe : undefined
      const bytes = again && probe !== undefined ? Uint8Array.of(...asked.encoded, ...probe.encoded) : asked.encoded
      answer = await this.#once(asked, waited === 0 || again ? bytes : undefined, wait)
      waited += wait
    }
    return answer
  }

  #sealed(type: number, payload: Uint8Array): Asked {
    const sealed = isGuarded(type)
      ? this.session.seal(this.port.name, type, payload, this.contract)
      : plain({ type, status: 0, sequence: this.#next(), payload }, 0)
    return { ...sealed, encoded: encodeFrame(sealed.bytes) }
  }

  #next(): number {
    this.#sequence = (this.#sequence + 1) & 0xffff
    return this.#sequence
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
      this.end.closed()
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
    const probe = this.#probe
    const answer = bytes && waiting?.opens(bytes)
    const told = answer ? undefined : bytes && probe?.opens(bytes)
    if (answer !== undefined) waiting?.settle(answer)
    else if (told !== undefined) this.#look(told, probe!.number)
    else if (bytes && this.#before.some((asked) => asked?.opens(bytes))) this.counters.late++
    else {
      this.counters.bad++
      // firmware before version 5 does not seal answers with their requests; its HELLO is heard, to say so
      const old = bytes && waiting?.type === HELLO ? openFrame(bytes, 0) : undefined
      const answers = old?.type === (HELLO | ANSWER) && old.sequence === waiting?.sequence
      if (old !== undefined && answers && old.payload[0] < PROTOCOL) waiting?.settle(old)
    }
  }

  /**
   * What the board says while a request is not answered: in another session, behind a later request, or, of a STEP, under another contract, it never will be.
   * The next will, but for the contract.
   */
  #look(answer: Frame, number: Uint8Array): void {
    if (!tells(answer) || this.session.doubt(number, answer) !== undefined) return
    const info = decodeSession(answer.payload)
    const anew = this.session.differs(info)
    const later = this.session.overtaken(info)
    const other = this.#waiting?.type === STEP && contractIn(answer) !== this.contract
    if (!anew && !later && !other) return
    this.session.enter(info)
    const what = anew
      ? 'has started anew'
      : later
        ? 'has taken a later request, of another host'
        : 'runs another contract'
    this.#waiting?.settle(new SilentError(`${this.port.name}: the board ${what}`))
  }

  /** Waits for the requests that were made, then closes the line; a later one throws FailedError. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#queue
    this.port.duplex.off('data', this.#hear)
    await this.port.close()
  }
}

/** Whether an answer to HELLO is one of this protocol. */
const tells = ({ status, payload }: Frame): boolean =>
  status === OK && payload.length === INFO_BYTES && payload[INFO_PROTOCOL] === PROTOCOL

/** Of the policy that runs, 0: none. answer: to HELLO */
const contractIn = ({ payload }: Frame): number =>
  new DataView(payload.buffer, payload.byteOffset, payload.length).getUint32(INFO_CONTRACT, true)

/** Payload of a HELLO: a number of its own, so that none of a session before has this answer. */
function probing(): Uint8Array {
  const payload = new DataView(new ArrayBuffer(4))
  payload.setUint32(0, randomInt(2 ** 32), true)
  return new Uint8Array(payload.buffer)
}

const oneLine = ({ message }: Error): string => String(message).replace(/\s+/g, ' ')
