/** The session of a board, from its start to its next: what HELLO tells of it, and how requests that change or move something count up in it. */
import * as protocol from '../../runtime-as/kernel/assembly/device/protocol.ts'

/** What HELLO tells. */
export interface SessionInfo {
  /** the nonce: how often a board with a key has started, and a number of its own for each start */
  starts: number
  number: number
  /** of the last guarded request that the board took: its sequence, and 65,536 for each time that sequences have wrapped before it */
  counter: number
  /** whether the board has a key, and takes no guarded request without a tag */
  keyed: boolean
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
    keyed: view.getUint16(protocol.INFO_KEYED, true) !== 0,
  }
}

/** Whether requests of this type change or move something. */
export const isGuarded = (type: number): boolean => type < 32 && ((protocol.GUARDED >>> type) & 1) === 1

/** Sequence and epoch of a counter. */
export const split = (counter: number): { sequence: number; epoch: number } => ({
  sequence: counter % SEQUENCES,
  epoch: Math.floor(counter / SEQUENCES) % 2 ** 32,
})

/** One session, as this host counts in it. */
export class Session {
  #info: SessionInfo | undefined
  #counter = 0

  /** Whether this is another session than the one before. */
  differs({ starts, number }: SessionInfo): boolean {
    return this.#info === undefined || this.#info.starts !== starts || this.#info.number !== number
  }

  /** Takes the session up where the board says that it stands, or where this host has come to in it. */
  enter(info: SessionInfo): void {
    this.#counter = this.differs(info) ? info.counter : Math.max(this.#counter, info.counter)
    this.#info = info
  }

  /** Whether the board, in the same session, has taken a later request than this host has sent. */
  overtaken({ counter }: SessionInfo): boolean {
    return counter > this.#counter
  }

  /** Sequence of the next guarded request, and what its seal is mixed with. */
  next(): { sequence: number; mix: number } {
    const { sequence, epoch } = split(++this.#counter)
    return { sequence, mix: ((this.#info?.number ?? 0) ^ epoch) >>> 0 }
  }
}
