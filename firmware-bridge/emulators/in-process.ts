/**
 * The device without a board: the same wasm module, in this process. Device code is real; flash and line are simulated, and `cycles`
 * counts nanoseconds of the host's clock, as the board's name and its clock of 1 GHz say.
 */
import { randomInt } from 'node:crypto'
import { Duplex } from 'node:stream'
import { RING_BYTES } from '../../runtime-as/kernel/assembly/device/protocol.ts'
import * as facts from '../../runtime-as/kernel/assembly/device/table.ts'
import { kernelModule } from '../../runtime-as/kernel/module.ts'
import { signedModule } from '../../runtime-as/kernel/signed-module.ts'
import { smallModule } from '../../runtime-as/kernel/small-module.ts'
import type { Port, PortKind } from '../host/port.ts'
import { BAUD } from '../host/serial.ts'
import { type FlashGeometry, FlashModel, PowerCut } from './flash-model.ts'
import { received } from './wire.ts'

/** bytes of each slot, unless it is asked for others */
const SLOT_BYTES = 0x80000
const ERASE_BYTES = 4096

/** The device without a board. */
export const inProcess: PortKind = {
  name: 'in-process',
  kind: 'emulator',
  counter: "nanoseconds of this computer's clock around the device's own code",
  cyclesAreTime: true,
  realTime: false,
  flashBytes: 2 * (SLOT_BYTES + ERASE_BYTES),
  missing: async () => undefined,
  open: async (_, flash, live) => openInProcess({ flash, live }),
  openNearWrap: async () => openInProcess(nearWrap()),
}

/** milliseconds until both clocks wrap: time for an installation, and for a few steps */
const UNTIL_WRAP = 1500

/** Clocks that begin shortly before they wrap, and never do while the board starts. */
function nearWrap(): Pick<InProcessOptions, 'cycles' | 'millis'> {
  const began = performance.now()
  const passed = () => performance.now() - began - UNTIL_WRAP
  return { cycles: () => Math.round(1e6 * passed()) >>> 0, millis: () => Math.floor(passed()) >>> 0 }
}

/** The same of firmware with signatures. */
export const inProcessSigned: PortKind = {
  ...inProcess,
  name: 'in-process-signed',
  flashBytes: 2 * (SLOT_BYTES + ERASE_BYTES) + 2 * ERASE_BYTES,
  open: async (_, flash, live) => openInProcess({ flash, live, signed: true }),
  openNearWrap: async () => openInProcess({ ...nearWrap(), signed: true }),
}

export interface InProcessOptions extends Partial<FlashGeometry> {
  /** its firmware knows signatures: default false */
  signed?: boolean
  /** it is the smallest firmware: no keys, no signatures, no look at what runs; default false */
  small?: boolean
  /** erase blocks of flash, behind the slots and the key, that keep lock and counter; default 2, and 0 without signatures */
  vaultBlocks?: number
  /** a public key that is compiled in, 32 bytes */
  builtIn?: Uint8Array
  /** RAM of the device, in bytes */
  stateBytes?: number
  /** contents of flash at first, slots before keys before what keeps the lock; what it does not have is erased */
  flash?: Uint8Array
  /** the main loop comes round each millisecond, also while nobody speaks */
  live?: boolean
  /** the counter of core cycles and its frequency; default: nanoseconds */
  cycles?: () => number
  /** milliseconds since start */
  millis?: () => number
  clockHz?: number
  /** u32 that the session's number is made of; default: another one at each start */
  seed?: () => number
  /** its line is one whose speed can be set, this over a divisor of 16 and more, and at both ends; default: bytes simply arrive */
  lineHz?: number
  /** takes each action that the device puts out: of every step, and of the failsafe */
  onAct?: (action: Float32Array) => void
}

interface Device {
  start(table: number): void
  receive(bytes: number, count: number): void
  poll(): void
}

const BUILT_IN = 32
const TABLE = 64
const LINE = 256
const LINE_BYTES = 2 * RING_BYTES
const STATE = LINE + LINE_BYTES

export class InProcessBoard {
  readonly flash: FlashModel
  /** the line, as the host sees it */
  readonly duplex: Duplex
  /** false after a power cut, until `powerOn` */
  powered = false
  readonly memory: WebAssembly.Memory
  /** where the device's state lies in that memory */
  readonly state = STATE
  /** of both ends of the line, in baud: the device's, the host's */
  baud = BAUD
  hostBaud = BAUD
  readonly #device: Device
  readonly #stateBytes: number
  readonly #seed: () => number
  #resetting = false

  constructor(options: InProcessOptions = {}) {
    const geometry = {
      slotBytes: options.slotBytes ?? SLOT_BYTES,
      eraseBytes: options.eraseBytes ?? ERASE_BYTES,
      programBytes: options.programBytes ?? 256,
    }
    this.#stateBytes = options.stateBytes ?? 12288
    this.#seed = options.seed ?? (() => randomInt(2 ** 32))
    const slotA = (STATE + this.#stateBytes + 0xffff) & ~0xffff
    // both slots, then the key's halves, of an erase block each, then what keeps the lock
    const vaultBytes = (options.vaultBlocks ?? (options.signed ? 2 : 0)) * geometry.eraseBytes
    const vaultAt = 2 * (geometry.slotBytes + geometry.eraseBytes)
    const flashBytes = vaultAt + vaultBytes
    const pages = Math.ceil((slotA + flashBytes) / 65536)
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    this.memory = memory
    this.flash = new FlashModel(new Uint8Array(memory.buffer, slotA, flashBytes), geometry)
    this.flash.bytes.fill(0xff)
    if (options.flash) this.flash.bytes.set(options.flash)
    const lineHz = options.lineHz ?? 0
    this.#writeTable(slotA, options.clockHz ?? 1e9, lineHz)
    this.#writeSigned(vaultBytes && slotA + vaultAt, vaultBytes, options.builtIn)

    const bytes = (at: number, count: number) => new Uint8Array(memory.buffer.slice(at >>> 0, (at >>> 0) + count))
    const board = {
      send: (at: number, count: number) => void this.duplex.push(received(bytes(at, count), this.baud, this.hostBaud)),
      speed: (divisor: number) => {
        this.baud = divisor ? lineHz / divisor : BAUD
      },
      cycles: options.cycles ?? (() => Number(process.hrtime.bigint() & 0xffffffffn)),
      millis: options.millis ?? (() => Math.round(performance.now())),
      erase: (at: number, count: number) => this.flash.erase(at - slotA, count),
      program: (at: number, source: number, count: number) => this.flash.program(at - slotA, bytes(source, count)),
      act: (at: number, count: number) => options.onAct?.(new Float32Array(bytes(at, 4 * count).buffer)),
      reset: () => {
        this.#resetting = true
      },
    }
    const imports = { env: { memory }, board }
    const module = options.signed ? signedModule() : options.small ? smallModule() : kernelModule()
    this.#device = new WebAssembly.Instance(module, imports).exports as unknown as Device
    this.duplex = new Duplex({
      read() {},
      write: (chunk: Uint8Array, _encoding, done) => {
        this.#feed(received(chunk, this.hostBaud, this.baud))
        done()
      },
    })
    this.powerOn()
  }

  /** Starts the device as after a power cut or reset: RAM zero, flash as it is. */
  powerOn(): void {
    new Uint8Array(this.memory.buffer, STATE, this.#stateBytes).fill(0)
    new DataView(this.memory.buffer).setUint32(TABLE + facts.SEED, this.#seed(), true)
    this.powered = true
    this.baud = BAUD
    this.#device.start(TABLE)
  }

  /** The main loop comes round once, as it does all the time on a board. */
  poll(): void {
    this.#device.poll()
  }

  /** The host's end of a line whose speed can be set. */
  get hostEnd(): NonNullable<Port['speed']> {
    const set = async (baud: number) => {
      this.hostBaud = baud
    }
    return { own: BAUD, set }
  }

  /** Bytes that arrive while the device is busy, as an interrupt puts them into its line buffer. */
  receive(bytes: Uint8Array): void {
    const line = new Uint8Array(this.memory.buffer, LINE, LINE_BYTES)
    line.set(bytes)
    this.#device.receive(LINE, bytes.length)
  }

  /** Bytes from the host, as many at a time as the device's line buffer takes. A device without power hears nothing. */
  #feed(chunk: Uint8Array): void {
    try {
      for (let at = 0; at < chunk.length && this.powered; at += RING_BYTES) {
        this.#device.poll()
        this.receive(chunk.subarray(at, at + RING_BYTES))
        this.#device.poll()
        if (this.#resetting) {
          this.#resetting = false
          this.powerOn()
        }
      }
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error
      this.powered = false
    }
  }

  /** What firmware with signatures is told; the other one does not look there. */
  #writeSigned(vault: number, vaultBytes: number, key: Uint8Array | undefined): void {
    const table = new DataView(this.memory.buffer, TABLE + facts.TABLE_BYTES, facts.SIGNED_BYTES)
    table.setUint32(facts.SIGNED_VAULT, vault, true)
    table.setUint32(facts.SIGNED_VAULT_BYTES, vaultBytes, true)
    if (key === undefined) return
    table.setUint32(facts.SIGNED_KEY, BUILT_IN, true)
    new Uint8Array(this.memory.buffer).set(key, BUILT_IN)
  }

  #writeTable(slotA: number, clockHz: number, lineHz: number): void {
    const table = new DataView(this.memory.buffer, TABLE, facts.TABLE_BYTES)
    const { slotBytes, eraseBytes, programBytes } = this.flash.geometry
    const words: [number, number][] = [
      [facts.STATE, STATE],
      [facts.STATE_BYTES, this.#stateBytes],
      [facts.SLOT_A, slotA],
      [facts.SLOT_B, slotA + slotBytes],
      [facts.SLOT_BYTES, slotBytes],
      [facts.ERASE_BYTES, eraseBytes],
      [facts.PROGRAM_BYTES, programBytes],
      [facts.CLOCK_HZ, clockHz],
      [facts.KEYS_A, slotA + 2 * slotBytes],
      [facts.KEYS_B, slotA + 2 * slotBytes + eraseBytes],
      [facts.KEYS_BYTES, eraseBytes],
      [facts.LINE_HZ, lineHz],
      [facts.LINE_LEAST, lineHz && 16],
      [facts.STATIC_BYTES, facts.TABLE_BYTES + this.#stateBytes],
    ]
    for (const [at, value] of words) table.setUint32(at, value, true)
    new Uint8Array(this.memory.buffer, TABLE + facts.NAME, 16).set(new TextEncoder().encode('in-process'))
  }
}

export function openInProcess(options?: InProcessOptions): Port & { board: InProcessBoard } {
  const board = new InProcessBoard(options)
  const rounds = options?.live ? setInterval(() => board.poll(), 1) : undefined
  return {
    name: 'in-process',
    duplex: board.duplex,
    flash: board.flash.bytes,
    board,
    ...(options?.lineHz && { speed: board.hostEnd }),
    async close() {
      clearInterval(rounds)
      board.duplex.destroy()
    },
  }
}
