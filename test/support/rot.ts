/** Bits that flip in a board while it runs: what it puts out from then on, and what it says of it. */
import { InProcessBoard } from '../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { encodeFrame, FrameDecoder, openFrame, sealOf } from '../../firmware-bridge/host/frames.ts'
import { type BoardInfo, decodeInfo } from '../../firmware-bridge/host/info.ts'
import { decodeSession, isGuarded, plain, Session } from '../../firmware-bridge/host/session.ts'
import { decodeStats, type Stats } from '../../firmware-bridge/host/stats.ts'
import { contractHash } from '../../runtime-as/format/contract.ts'
import * as protocol from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { STATE_BYTES } from '../../runtime-as/kernel/assembly/device/table.ts'
import { loadPolicy, type Policy } from '../../runtime-as/kernel/policy.ts'
import { bits } from './policies.ts'

/** milliseconds between two looks of the main loop, and between two observations */
const LOOP = 8
const PERIOD = 40
/** milliseconds within which the whole of what runs is looked at: one round, and the look that is under way when the bit flips */
export const STATED = 2 ** protocol.SCRUB_SHIFT + LOOP

const SLOT_BYTES = 0x20000

/** Of a board's memory: where the device's state is. */
export function stateOf({ memory }: InProcessBoard): { from: number; bytes: number } {
  const table = new DataView(memory.buffer, 64)
  return { from: table.getUint32(0, true), bytes: table.getUint32(STATE_BYTES, true) }
}

export interface Aftermath {
  /** actions put out that lie outside of the contract's bounds */
  outside: number
  /** milliseconds after the flip at which the last action left that neither policy gives, nor the failsafe */
  lastWrong: number
  /** actions put out that neither policy gives, nor the failsafe */
  wrong: number
  /** STEPs of the second after the stated time, all of them well answered with an action of one of the two policies */
  right: number
  /** the processor faulted and started anew, as firmware does that reads outside of memory */
  faulted: boolean
  info: BoardInfo
  stats: Stats['board']
}

/** A board that runs one policy with another to fall back to, both confirmed and of one contract, and that starts anew for each bit. */
export class RottingBoard {
  readonly board: InProcessBoard
  #now = 0
  readonly #policies: Policy[]
  #flash!: Uint8Array
  #acted: Float32Array[] = []
  #answer: Uint8Array | undefined
  #seal = 0
  #sequence = 0
  #session = new Session()
  #faulted = false

  private constructor(files: readonly Uint8Array[]) {
    const onAct = (action: Float32Array) => this.#acted.push(action)
    this.board = new InProcessBoard({ slotBytes: SLOT_BYTES, millis: () => this.#now, onAct })
    this.#policies = files.map((file) => loadPolicy(file))
  }

  static async running(fallback: Uint8Array, file: Uint8Array): Promise<RottingBoard> {
    const rotting = new RottingBoard([file, fallback])
    const { board } = rotting
    const client = await Board.connect({ name: 'rotting', duplex: board.duplex, close: async () => {} })
    await client.install(fallback)
    await client.install(file)
    rotting.#flash = board.flash.bytes.slice()
    const decoder = new FrameDecoder((frame) => {
      const opened = frame && openFrame(frame, rotting.#seal)
      if (opened) rotting.#answer = Uint8Array.of(opened.status, ...opened.payload)
    })
    // at once, not when the stream comes to it
    board.duplex.push = (bytes: Uint8Array) => {
      decoder.write(bytes)
      return true
    }
    return rotting
  }

  /** of the slot that runs: where it begins, from the memory's start on */
  get slot(): number {
    return this.board.flash.bytes.byteOffset + SLOT_BYTES
  }

  /** of the device's state */
  get state(): { from: number; bytes: number } {
    return stateOf(this.board)
  }

  /** Flips a bit, counted from the memory's start on, after some steps. */
  flip(bit: number): Aftermath {
    this.board.flash.bytes.set(this.#flash)
    this.#faulted = false
    this.#now = 0xfffffe00
    this.board.powerOn()
    this.#session = new Session()
    this.#enter()
    for (let i = 0; i < 3; i++) this.#step(i)
    new Uint8Array(this.board.memory.buffer)[bit >>> 3] ^= 1 << (bit & 7)
    let [outside, wrong, lastWrong, right] = [0, 0, 0, 0]
    for (let after = 0, i = 3; after < STATED + 400; after += PERIOD, i++) {
      this.#acted = []
      const well = this.#step(i) === protocol.OK
      for (const action of this.#acted) {
        if (this.#isOutside(action)) outside++
        if (!this.#isRight(action, i)) {
          wrong++
          lastWrong = after
        } else if (well && after > STATED) right++
      }
      for (let t = 0; t < PERIOD; t += LOOP) {
        this.#now = (this.#now + LOOP) >>> 0
        this.#guarded(() => this.board.poll())
      }
    }
    const info = decodeInfo(this.#ask(protocol.HELLO).subarray(1), 'rotting')
    const stats = decodeStats(this.#ask(protocol.STATS).subarray(1))
    return { outside, wrong, lastWrong, right, faulted: this.#faulted, info, stats }
  }

  #observation(i: number): Float32Array {
    const { length } = this.#policies[0].contract.observation.names
    return Float32Array.from({ length }, (_, k) => Math.fround(Math.sin(1 + 3 * k + (i % 4))))
  }

  #isOutside(action: Float32Array): boolean {
    const { low, high } = this.#policies[0].contract.action
    return !action.every((value, k) => value >= Math.fround(low[k]) && value <= Math.fround(high[k]))
  }

  /** What one of the two policies gives for the observation, or the failsafe. */
  #isRight(action: Float32Array, i: number): boolean {
    const expected = new Float32Array(action.length)
    const same = () => `${bits(expected)}` === `${bits(action)}`
    expected.set(this.#policies[0].contract.action.failsafe)
    return (
      same() ||
      this.#policies.some((policy) => {
        policy.stepInto(this.#observation(i), expected)
        return same()
      })
    )
  }

  #step(i: number): number {
    const [status] = this.#ask(protocol.STEP, new Uint8Array(this.#observation(i).buffer))
    // it may have started anew
    if (status === undefined) this.#enter()
    return status
  }

  #enter(): void {
    const answer = this.#ask(protocol.HELLO)
    if (answer.length > 1) this.#session.enter(decodeSession(answer.subarray(1)))
  }

  /** Status and payload of the answer; nothing: there was none. */
  #ask(type: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
    this.#sequence = (this.#sequence + 1) & 0xffff
    const sealed = isGuarded(type)
      ? this.#session.seal('', type, payload, contractHash(this.#policies[0].contract)).bytes
      : plain({ type, status: 0, sequence: this.#sequence, payload }, 0).bytes
    this.#seal = sealOf(sealed)
    this.#answer = undefined
    this.#guarded(() => {
      this.board.receive(encodeFrame(sealed))
      this.board.poll()
    })
    return this.#answer ?? new Uint8Array(0)
  }

  /** A processor that reads outside of memory faults, and the firmware starts anew. */
  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error
      this.#faulted = true
      this.board.powerOn()
    }
  }
}
