/** What a board answers when it refuses: one line each, from the status and its detail. */

import { FailedError } from '../../runtime-as/errors.ts'
import { TEXTS } from '../../runtime-as/format/validation.ts'
import * as protocol from '../../runtime-as/kernel/assembly/device/protocol.ts'

const NAMES: Record<number, string> = {
  [protocol.HELLO]: 'HELLO',
  [protocol.BEGIN]: 'BEGIN',
  [protocol.DATA]: 'DATA',
  [protocol.COMMIT]: 'COMMIT',
  [protocol.STEP]: 'STEP',
  [protocol.BENCH]: 'BENCH',
  [protocol.STATS]: 'STATS',
  [protocol.RESET]: 'RESET',
  [protocol.CONFIRM]: 'CONFIRM',
  [protocol.WATCH]: 'WATCH',
  [protocol.LOG]: 'LOG',
  [protocol.PAIR]: 'PAIR',
  [protocol.LOCK]: 'LOCK',
  [protocol.SPEED]: 'SPEED',
}

/** What ends a failsafe that is latched. */
export const releasedBy = (port: string): string => `until it is released ("bpd boards --port ${port} --release")`

/** detail: of the status; port: the line's name */
const REASONS: Record<number, (detail: number, port: string) => string> = {
  [protocol.UNKNOWN_TYPE]: () => 'it does not know this request (older firmware?)',
  [protocol.BAD_LENGTH]: (d) => (d > 0 ? `expected ${d} bytes` : 'length not expected'),
  [protocol.NO_POLICY]: () => 'it runs no policy',
  [protocol.NO_UPLOAD]: () => 'no upload is under way',
  [protocol.TOO_LARGE]: (d) => `the file is too large, expected at most ${d} bytes`,
  [protocol.BAD_OFFSET]: (d) => `expected offset ${d}`,
  [protocol.DIFFERENT]: (d) => `other bytes are already written at offset ${d}`,
  [protocol.INCOMPLETE]: (d) => `only ${d} bytes have arrived`,
  [protocol.BAD_FILE_CRC]: (d) => `the bytes written have CRC-32 ${d.toString(16).padStart(8, '0')}`,
  [protocol.INVALID]: (d) => `the policy is not valid: ${TEXTS[d] ?? `check ${d}`}`,
  [protocol.TOO_WIDE]: (d) => `the policy is too wide for the line, expected at most ${d} numbers`,
  [protocol.NO_MEMORY]: (d) => `the policy needs ${d} bytes of work memory, more than the board has`,
  [protocol.WRONG_GOLDEN]: (d) => `golden vector ${d - 1} comes out different on the board`,
  [protocol.BAD_FLASH]: (d) => `flash at 0x${d.toString(16)} does not hold what was written`,
  [protocol.FAILSAFE]: (d, port) =>
    d === protocol.LATCHED
      ? `its failsafe is latched: it stands ${releasedBy(port)}`
      : `its failsafe action stands until ${d} more valid observations come in time`,
  [protocol.TOO_SOON]: (d) =>
    `too many uploads were begun and not ended, or keys written, expected the next in ${Math.ceil(d / 1000)} s`,
  [protocol.UNCONFIRMED]: (d) =>
    `it would erase the only other policy while the one that runs, CRC-32 ${d.toString(16).padStart(8, '0')}, is not confirmed`,
  [protocol.NO_KEYS]: () => 'its firmware has no place for a key',
  [protocol.NOT_SIGNED]: () => 'the policy is not signed ("bpd sign"), expected one signed by the key of its lock',
  [protocol.BAD_ENVELOPE]: (d) => `${d} bytes that begin as a signed policy and are none`,
  [protocol.OTHER_KEY]: (d) =>
    `signed by another key, whose name begins with ${nameOfKey(d)} ("bpd boards" names the one that it is locked to)`,
  [protocol.OLD_COUNTER]: (d) => `an older policy than it has confirmed, expected a counter of ${d} or more`,
  [protocol.BAD_SIGNATURE]: () => 'the signature is not that of the key (altered?)',
  [protocol.LOCKED]: () => 'it is locked to a key already',
  [protocol.NO_VAULT]: (d) =>
    d > 0 ? `no room is left in ${d} bytes for a counter` : 'it has no flash to keep a lock in',
  [protocol.NOT_CONFIRMED]: () => 'its policy is on trial, expected a confirmed one',
  [protocol.NO_SPEED]: (d) =>
    d > 0 ? `expected a speed near enough to one it has, at most ${d} baud` : 'its line has no speed to set',
  [protocol.BAD_KEY]: () => 'no signature can be verified under that key, expected a public key of "bpd key new"',
  [protocol.OTHER_POLICY]: (d) => `it runs another policy, whose file has CRC-32 ${d.toString(16).padStart(8, '0')}`,
}

/** The first four bytes of a key's name, as a word. */
const nameOfKey = (word: number): string => Buffer.of(word, word >> 8, word >> 16, word >> 24).toString('hex')

/** What messages call a request. */
export const nameOf = (type: number): string => NAMES[type] ?? `request ${type}`

/**
 * The board understood a request and refused it; it still runs what it ran before.
 *
 * @example
 * import { Board, openPort, RefusedError } from 'bpd/board'
 *
 * const board = await Board.connect(await openPort('in-process'))
 * try {
 *   await board.install(new Uint8Array(100))
 * } catch (error) {
 *   // what is no policy is not even sent
 *   console.log(error instanceof RefusedError) // => false
 * }
 * await board.close()
 */
export class RefusedError extends FailedError {
  /** why, as firmware-bridge/PROTOCOL.md numbers it */
  readonly status: number
  /** what belongs to the status: a number of bytes, an offset, a check */
  readonly detail: number

  /**
   * payload: of the answer, one u32
   *
   * @internal
   */
  constructor(port: string, type: number, status: number, payload: Uint8Array) {
    const detail = new DataView(payload.buffer, payload.byteOffset, payload.length).getUint32(0, true)
    const reason = REASONS[status]?.(detail, port) ?? `status ${status}`
    super(`${port}: the board refused ${nameOf(type)}: ${reason}`)
    this.status = status
    this.detail = detail
  }
}

/** Nothing intelligible came back in time, or the line closed. */
export class SilentError extends FailedError {}

/** The board no longer has what it had of an upload. */
export class LostError extends FailedError {}
