/** The session of a board, from its start to its next: what HELLO tells of it, and how requests that change or move something count up in it. */
import { timingSafeEqual } from 'node:crypto'
import { InputError } from '../../runtime-as/errors.ts'
import * as protocol from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { blake2s } from './blake2s.ts'
import { type Frame, joined, openFrame, openTagged, sealFrame, sealOf, words } from './frames.ts'
import { nameOf } from './refusal.ts'

/** What HELLO tells. */
export interface SessionInfo {
  /** the nonce: how often a board with a key has started, and a number of its own for each start */
  starts: number
  number: number
  /** of the last guarded request that the board took: its sequence, and 65,536 for each time that sequences have wrapped before it */
  counter: number
  /** whether the board has a key, and takes no guarded request without a tag */
  keyed: boolean
  /** whether its flash counts no more starts: no session begins */
  worn: boolean
}

/** How many numbers a sequence has. */
const SEQUENCES = 0x10000

/** payload: of an answer to HELLO, INFO_BYTES long */
export function decodeSession(payload: Uint8Array): SessionInfo {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  const word = (at: number) => view.getUint32(at, true)
  return {
    starts: word(protocol.INFO_STARTS),
    number: word(protocol.INFO_SESSION),
    counter: SEQUENCES * word(protocol.INFO_EPOCH) + view.getUint16(protocol.INFO_SEQUENCE, true),
    keyed: (view.getUint8(protocol.INFO_KEYED) & protocol.KEYS_PAIRED) !== 0,
    worn: (view.getUint8(protocol.INFO_KEYED) & protocol.KEYS_WORN) !== 0,
  }
}

/** Whether requests of this type change or move something. */
export const isGuarded = (type: number): boolean => type < 32 && ((protocol.GUARDED >>> type) & 1) === 1

/** Sequence and epoch of a counter. */
export const split = (counter: number): { sequence: number; epoch: number } => ({
  sequence: counter % SEQUENCES,
  epoch: Math.floor(counter / SEQUENCES) % 2 ** 32,
})

/** A request that is sealed, and what its answer must be sealed with. */
export interface Sealed {
  type: number
  sequence: number
  /** before SLIP */
  bytes: Uint8Array
  /** The answer in bytes from the line; undefined: they are none to this request. */
  opens(bytes: Uint8Array): Frame | undefined
}

/** One session, as this host counts in it. */
export class Session {
  /** the board's key, 32 bytes; undefined: it has none, or this host does not know it */
  #key: Uint8Array | undefined
  /** the session's own, of the key and the nonce */
  #sessionKey: Uint8Array | undefined
  #info: SessionInfo | undefined
  #counter = 0

  constructor(key?: Uint8Array) {
    this.#key = key
  }

  /** The board has another key from now on, undefined: none. The next HELLO begins a session. */
  rekey(key: Uint8Array | undefined): void {
    this.#key = key
    this.#sessionKey = undefined
    this.#info = undefined
  }

  /** Whether this is another session than the one before. */
  differs({ starts, number }: SessionInfo): boolean {
    return this.#info === undefined || this.#info.starts !== starts || this.#info.number !== number
  }

  /** Takes the session up where the board says that it stands, or where this host has come to in it. */
  enter(info: SessionInfo): void {
    const anew = this.differs(info)
    this.#counter = anew ? info.counter : Math.max(this.#counter, info.counter)
    this.#info = info
    if (anew) this.#sessionKey = this.#key && sessionKey(this.#key, info)
  }

  /** Whether the board, in the same session, has taken a later request than this host has sent. */
  overtaken({ counter }: SessionInfo): boolean {
    return counter > this.#counter
  }

  /**
   * Why what a HELLO says is not to be believed, in words, undefined: no reason. Without a key of this host anything is.
   *
   * request: its payload; answer: what came
   */
  doubt(request: Uint8Array, answer: Frame): string | undefined {
    if (this.#key === undefined) return undefined
    const info = decodeSession(answer.payload)
    if (!info.keyed) return 'the board has no key, expected the one given (pair it: bpd boards --pair)'
    if (info.worn) return 'its flash counts no more starts, so that no session begins'
    const end = answer.payload.length - protocol.TAG_BYTES
    const own = sessionKey(this.#key, info)
    const tag = tagOf(
      own,
      { ...answer, payload: answer.payload.subarray(0, end) },
      Uint8Array.of(...request, 0, 0, 0, 0),
    )
    const same = timingSafeEqual(tag, answer.payload.subarray(end))
    return same ? undefined : 'the board does not have the key given'
  }

  /** Seals a guarded request, the next of this session. contract: hash that a STEP is made under. Throws InputError where the board wants a key that this host does not have. */
  seal(port: string, type: number, payload: Uint8Array, contract: number): Sealed {
    if (this.#info?.keyed && this.#key === undefined) {
      throw new InputError(`${port}: the board takes ${nameOf(type)} only with its key, expected --key FILE`)
    }
    const { sequence, epoch } = split(++this.#counter)
    const frame = { type, status: 0, sequence, payload }
    const hash = type === protocol.STEP ? contract : 0
    if (this.#sessionKey !== undefined) return tagged(this.#sessionKey, frame, epoch, hash)
    return plain(frame, (this.#info?.number ?? 0) ^ epoch ^ hash)
  }
}

/** A request sealed with a CRC-32 that is mixed with `mix`. */
export function plain(frame: Frame, mix: number): Sealed {
  const bytes = sealFrame(frame, mix)
  const seal = sealOf(bytes)
  return { ...frame, bytes, opens: (answer) => answering(frame, openFrame(answer, seal)) }
}

function tagged(key: Uint8Array, frame: Frame, epoch: number, contract: number): Sealed {
  const tag = tagOf(key, frame, words(epoch, contract))
  const opens = (answer: Uint8Array) => {
    const opened = openTagged(answer)
    return opened && timingSafeEqual(tagOf(key, opened.frame, tag), opened.tag)
      ? answering(frame, opened.frame)
      : undefined
  }
  return { ...frame, bytes: joined(frame, tag), opens }
}

const answering = ({ type, sequence }: Frame, answer: Frame | undefined): Frame | undefined =>
  answer?.type === (type | protocol.ANSWER) && answer.sequence === sequence ? answer : undefined

/** The session's own key. key: the board's, 32 bytes */
const sessionKey = (key: Uint8Array, { starts, number }: SessionInfo): Uint8Array =>
  blake2s(key, words(protocol.SESSION_MAGIC, starts, number))

/** extra: 8 bytes that are not sent: of a request epoch and contract, of an answer the request's tag */
function tagOf(key: Uint8Array, frame: Frame, extra: Uint8Array): Uint8Array {
  const bytes = joined(frame, new Uint8Array(0))
  const message = Uint8Array.of(...bytes.subarray(0, protocol.PAYLOAD), ...extra, ...bytes.subarray(protocol.PAYLOAD))
  return blake2s(key, message).subarray(0, protocol.TAG_BYTES)
}
