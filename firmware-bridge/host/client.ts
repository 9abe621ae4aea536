/** A board at the other end of a line: install a policy, let it act, measure it. PROTOCOL.md says what goes over the line. */
import { crc32 } from 'node:zlib'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { openPolicy } from '../../runtime-as/format/decode.ts'
import type { Contract } from '../../runtime-as/format/network.ts'
import * as protocol from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { BOARD_DEFAULTS, type BoardOptions, requireKey, requirePatience } from './board-options.ts'
import { words } from './frames.ts'
import { type BoardInfo, decodeInfo, decodeLock, type Lock, type RunningPolicy, runs } from './info.ts'
import { type InstallOptions, isLost, requireInstallable } from './installable.ts'
import type { LoggedStep } from './log.ts'
import { benchPages, logPages } from './pages.ts'
import type { Port } from './port.ts'
import { SilentError } from './refusal.ts'
import { type Patience, Requester } from './requester.ts'
import { LineSpeed } from './speed.ts'
import { decodeStats, type Stats } from './stats.ts'
import { type Expected, expectedOf, readStep, requireStep } from './step.ts'
import { Upload, type UploadPatience, type UploadProgress } from './upload.ts'
import { type WatchOptions, watchRequest } from './watch.ts'

const NOTHING = new Uint8Array(0)
/** inferences of one `bench` */
const MAX_BENCH = 10_000_000
/**
 * A board that answers at the other end of a port. One request at a time; whatever the line loses is sent again.
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { Board, openPort } from 'bpd/board'
 *
 * const board = await Board.connect(await openPort('in-process')) // or /dev/ttyUSB0, COM3, pico-emulator
 * try {
 *   await board.install(readFileSync('student.bpd'))
 *   const action = new Float32Array(1)
 *   const cycles = await board.step([1, 0, 0], action)
 *   console.log(`${board.info.name}: ${action[0]} in ${cycles} cycles`)
 * } finally {
 *   await board.close()
 * }
 */
export class Board {
  /** as of the last HELLO: connect, install and reset ask anew */
  info: BoardInfo
  readonly #line: Requester
  readonly #patience: Patience
  readonly #longPatience: Patience
  readonly #uploading: UploadPatience
  readonly #attempts: number
  #contract: Expected | undefined
  /** told how many inferences are done, while `bench` works */
  onBenched?: (done: number, count: number) => void
  readonly #speed: LineSpeed

  private constructor(line: Requester, info: BoardInfo, options: Required<Omit<BoardOptions, 'key'>>) {
    this.#line = line
    this.info = info
    this.#patience = { timeout: options.timeout, limit: options.patience }
    this.#longPatience = { timeout: options.timeout, limit: options.longPatience }
    this.#uploading = { each: this.#patience, long: this.#longPatience, budget: options.budget }
    this.#attempts = options.attempts
    this.#speed = new LineSpeed(line, this.#patience, (patience) => this.#ask(patience))
  }

  /**
   * Asks until the board answers. Throws FailedError where it stays silent or speaks another protocol; the port is then closed. Throws
   * InputError for options that are no positive numbers, and for a key that is not 32 bytes.
   *
   * @param port as `openPort` gives it; the board closes it
   * @param options how long to wait
   */
  static async connect(port: Port, { key, ...options }: BoardOptions = {}): Promise<Board> {
    const all = { ...BOARD_DEFAULTS, ...options }
    requirePatience(port.name, all)
    requireKey(port.name, key)
    const line = new Requester(port, key)
    try {
      const info = await hello(line, { timeout: all.timeout, limit: all.patience })
      return new Board(line, info, all)
    } catch (error) {
      await line.close()
      if (!(error instanceof SilentError)) throw error
      throw new FailedError(`${port.name}: silent, expected an answer from a board with bpd firmware`)
    }
  }

  /**
   * The contract that steps are made under, as of the policy installed here, or another one; undefined: none. A board that runs another one does
   * not understand them, and an action outside its bounds is not taken.
   *
   * @param contract of the policy that the board should run
   */
  expect(contract: Contract | undefined): void {
    this.#contract = contract && expectedOf(contract)
    this.#line.contract = this.#contract?.hash ?? 0
  }

  /**
   * Sends a .bpd file to the slot that does not run. The board tests it there and switches only if every check passes; otherwise, and
   * whenever the line or the power fails before it is confirmed, the old policy runs on. Throws InputError for a file that is none or does
   * not fit, RefusedError where the board's tests fail, FailedError where the board is lost.
   *
   * @param bytes of a .bpd file
   * @param onProgress told how many bytes the board has, of all
   * @param options whether the policy stays, and what messages call it
   */
  async install(
    bytes: Uint8Array,
    onProgress?: UploadProgress,
    { confirm: stays = true, name = 'policy' }: InstallOptions = {},
  ): Promise<void> {
    const { contract } = openPolicy(bytes, name)
    requireInstallable(bytes, this.info, name)
    const crc = crc32(bytes)
    const before = this.info.policy?.generation
    const upload = new Upload(this.#line, bytes, crc, this.#uploading)
    for (let attempt = 1; ; attempt++) {
      try {
        await upload.run(this.info, onProgress)
        if (stays) await upload.confirm()
        break
      } catch (error) {
        if (!isLost(error) || attempt >= this.#attempts) throw error
        // the board may have reset; it may also have done all, and only the answer been lost
        const { policy } = await this.hello()
        if (policy?.generation !== before && runs(this.info, bytes, crc) && (policy?.confirmed || !stays)) break
      }
    }
    if (!runs(await this.hello(), bytes, crc)) {
      throw new FailedError(`${this.#line.port.name}: the board reset and does not run the policy just installed`)
    }
    this.expect(contract)
  }

  /** Ends the trial of the running policy: it stays. Throws RefusedError where the board does not run the policy that it last named. */
  async confirm(): Promise<void> {
    await this.#line.request(protocol.CONFIRM, words(this.#policy().crc), this.#patience, 0)
    await this.hello()
  }

  /**
   * One inference on the board. Returns the cycles that the board took for the inference alone. Throws InputError where sizes or contract
   * differ, FailedError where the board is lost or answers what the contract does not allow, RefusedError (status FAILSAFE) where its failsafe
   * stands.
   *
   * @param observation shape (observations), in the contract's units and order, rounded to f32
   * @param action shape (actions), written, in the units of each action
   */
  async step(observation: ArrayLike<number>, action: Float32Array): Promise<number> {
    const { name } = this.#line.port
    const contract = requireStep(name, this.#policy(), this.#contract, [observation.length, action.length])
    const payload = new DataView(new ArrayBuffer(4 * observation.length))
    for (let i = 0; i < observation.length; i++) payload.setFloat32(4 * i, observation[i], true)
    const answer = await this.#step(new Uint8Array(payload.buffer), 4 + 4 * action.length)
    return readStep(name, contract, answer, action)
  }

  /** An inference leaves nothing behind, so after a reset in between it may simply be asked for again. */
  async #step(payload: Uint8Array, bytes: number): Promise<Uint8Array> {
    try {
      return await this.#line.request(protocol.STEP, payload, this.#patience, bytes)
    } catch (error) {
      if (!(error instanceof SilentError)) throw error
      const { policy } = await this.hello()
      if (policy?.contractHash !== this.#contract?.hash) {
        const what = 'reset or went back to the policy before, and no longer runs the expected contract'
        throw new FailedError(`${this.#line.port.name}: the board ${what}`)
      }
      return await this.#line.request(protocol.STEP, payload, this.#patience, bytes)
    }
  }

  /**
   * Cycles of each inference on the policy's golden observations, in turn, each timed on the board itself; shape (count). Throws InputError
   * for a count outside 1..10,000,000, FailedError where the board is lost.
   *
   * @param count how many inferences
   */
  async bench(count: number): Promise<Uint32Array> {
    if (!Number.isInteger(count) || count < 1 || count > MAX_BENCH) {
      throw new InputError(`bench: ${count} inferences, expected 1..${MAX_BENCH}`)
    }
    const { goldens } = this.#policy()
    const { maxPayload } = this.info
    return await benchPages(this.#line, { goldens, count, maxPayload }, this.#longPatience, this.onBenched)
  }

  /**
   * From now on the board puts its contract's failsafe action out when no valid observation has come for more than this many control periods, and
   * refuses steps until a few have come in time, or, where it latches, until it is released. Ends with a reset. On the emulated Pico, whose time
   * stands still while nobody speaks, that time never comes. Throws InputError for a number of periods outside 0..255.
   *
   * @param periods 1..255 control periods of the policy; 0: never
   * @param options how the failsafe stands
   */
  async watch(periods: number, options: WatchOptions = {}): Promise<void> {
    await this.#line.request(protocol.WATCH, watchRequest(periods, options), this.#patience, 0)
  }

  /**
   * The last steps that the board made with the running policy, oldest first: at most 256, fewer where the policy leaves less memory. An
   * installation, also one that fails, and a reset empty the log.
   */
  async log(): Promise<LoggedStep[]> {
    return await logPages(this.#line, this.#policy().actions, this.#patience)
  }

  /**
   * Which key the board is locked to, and which signed the policy that it runs. Throws FailedError where its firmware knows no signatures.
   * Empties the log where the board is locked.
   */
  async signing(): Promise<Lock> {
    this.#requireSignatures()
    return decodeLock(await this.#line.request(protocol.LOCK, NOTHING, this.#patience), this.#line.port.name)
  }

  /**
   * Locks the board to a key for good: from now on it runs and takes no policy that the key has not signed, none with a lower counter than the
   * last confirmed, and no other key. What it runs must be confirmed and signed by the key, or there is none. Throws RefusedError where that
   * is not so, or where it is locked.
   *
   * @param publicKey 32 bytes, of Ed25519
   */
  async lock(publicKey: Uint8Array): Promise<Lock> {
    this.#requireSignatures()
    if (publicKey.length !== protocol.KEY_BYTES)
      throw new InputError(`key: ${publicKey.length} bytes, expected ${protocol.KEY_BYTES}`)
    const answer = await this.#line.request(protocol.LOCK, publicKey, this.#longPatience)
    await this.hello()
    return decodeLock(answer, this.#line.port.name)
  }

  /** What the board has counted since its start, and this host since it connected. */
  async stats(): Promise<Stats> {
    const answer = await this.#line.request(protocol.STATS, NOTHING, this.#patience, protocol.STATS_BYTES)
    const board = decodeStats(answer)
    return { board, host: { ...this.#line.counters } }
  }

  /**
   * Takes the line to another speed, until it is closed; after a reset by `reset` too. Returns the one that the board's end has for it. Where nothing is understood
   * any more for 2 seconds the line goes back to its own speed, and `onSlower` is told. Throws InputError for a speed outside 1200..12,000,000,
   * SpeedError where an end of the line cannot do it or has no speed: the line then stays at its own and works, FailedError where the board is lost.
   *
   * @param baud bits per second
   */
  speed(baud: number): Promise<number> {
    return this.#speed.change(baud, this.info.lineSpeed)
  }

  /** told why the line is at its own speed again, in one line, where that was not asked for */
  set onSlower(tell: ((why: string) => void) | undefined) {
    this.#line.end.onBack = tell
  }

  /** Restarts the board and waits until it answers again. */
  async reset(): Promise<void> {
    try {
      await this.#line.request(protocol.RESET, NOTHING, { ...this.#patience, limit: this.#patience.timeout }, 0)
    } catch (error) {
      // its answer, or the port itself, may be lost in the reset
      if (!(error instanceof SilentError)) throw error
    }
    await this.#speed.restarted()
  }

  /**
   * Gives the board a key, or another one: from then on it takes nothing that changes or moves something without it. It goes over the line as it is:
   * pair where nobody listens. Throws RefusedError where the board has no place for a key, FailedError where it is lost, or does not prove
   * that it has the key.
   *
   * @param key 32 random bytes; undefined: the board has no key any more
   */
  async pair(key: Uint8Array | undefined): Promise<void> {
    requireKey(this.#line.port.name, key)
    try {
      await this.#line.request(protocol.PAIR, key ?? new Uint8Array(protocol.KEY_BYTES), this.#longPatience, 0)
    } catch (error) {
      // it may have begun its session under the new key before its answer came
      if (!(error instanceof SilentError)) throw error
    }
    this.#line.session.rekey(key)
    await this.hello()
    if (key === undefined && this.info.paired)
      throw new FailedError(`${this.#line.port.name}: the board still has its key`)
  }

  /** Asks the board anew what it is and runs. */
  hello(): Promise<BoardInfo> {
    return this.#ask(this.#patience)
  }

  async #ask(patience: Patience): Promise<BoardInfo> {
    this.info = await hello(this.#line, patience)
    return this.info
  }

  /** Closes the port; a request in flight is waited for. Every later one throws FailedError. */
  async close(): Promise<void> {
    await this.#speed.leave()
    await this.#line.close()
  }

  /** Firmware without them does not answer LOCK at all. */
  #requireSignatures(): void {
    if (!this.info.signatures)
      throw new FailedError(`${this.#line.port.name}: its firmware knows no signatures, expected one that does`)
  }

  #policy(): RunningPolicy {
    if (this.info.policy === undefined) throw new FailedError(`${this.#line.port.name}: the board runs no policy`)
    return this.info.policy
  }
}

async function hello(line: Requester, patience: Patience): Promise<BoardInfo> {
  // a board that is just starting hears nothing: ask often
  const eager = { ...patience, timeout: patience.timeout / 4 }
  return decodeInfo(await line.hello(eager), line.port.name)
}
