/**
 * An emulated Pico: rp2040js runs the image; flash, its boot ROM's routines, the line's timing and SysTick are ours. Emulated time is core
 * cycles. It passes while the core works and while bytes are on the line; it stands still while nobody speaks, so runs repeat exactly.
 */
import { randomInt } from 'node:crypto'
import { RP2040 } from 'rp2040js'
import { RomRoutines, startFromRom } from './boot-rom.ts'
import { Systick } from './systick.ts'
import { received } from './wire.ts'

export const CORE_HZ = 125_000_000
/** nanoseconds of a core cycle */
const CYCLE = 8
const WATCHDOG = 0x40058
const ROSC = 0x40060
/** bytes that the receiver gathers before it interrupts: its FIFO's level in line.c */
export const BURST = 16
const BITS = 10
/** near the wrap of its clocks: laps of SysTick that are over, of the 256 in 2^32 cycles, and milliseconds until 2^32, in which the others pass */
const LAPS_OVER = 245
const UNTIL_WRAP = 1500

export class PicoMachine {
  readonly #flash: Uint8Array
  readonly #send: (byte: number) => void
  #chip!: RP2040
  #systick!: Systick
  #reset = false
  /** bytes on their way to the chip: chunks, and how far the first is through */
  #chunks: Uint8Array[] = []
  #fed = 0
  #nextBytes = 0
  /** of the host's end, in baud; undefined: always the chip's */
  hostBaud: number | undefined

  /** flash: 2 MB, written by the firmware in place. send: takes each byte that the board sends. nearWrap: its clocks of 32 bits wrap soon after power on */
  constructor(flash: Uint8Array, send: (byte: number) => void, nearWrap = false) {
    this.#flash = flash
    this.#send = send
    this.#start(nearWrap)
  }

  /** Core cycles since power on or reset. */
  get cycles(): number {
    return this.#chip.core.cycles
  }

  /** All of it, from address 0x20000000 on, as it is at any moment. */
  get ram(): Uint8Array {
    return this.#chip.sram
  }

  /** Bytes that `receive` was given and the chip has not got yet. */
  get waiting(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, -this.#fed)
  }

  /** Bits a second that the chip's UART is set to. */
  get baud(): number {
    return this.#chip.uart[0].baudRate || 115_200
  }

  /** Lets so many cycles pass while the core sleeps and no byte is on its way; SysTick wakes it as they go. */
  rest(cycles: number): void {
    for (let left = Math.floor(cycles); left > 0 && this.#chip.core.waiting && this.waiting === 0; ) {
      const { core, clock } = this.#chip
      const part = Math.max(0, Math.ceil(Math.min(left, this.#systick.next - core.cycles)))
      left -= part
      core.cycles += part
      ;(clock as unknown as { tick(nanos: number): void }).tick(part * CYCLE)
      if (core.cycles < this.#systick.next) return
      this.#systick.lap()
      while (this.run(Number.MAX_SAFE_INTEGER));
    }
  }

  receive(bytes: Uint8Array): void {
    const heard = received(bytes, this.hostBaud ?? this.baud, this.baud)
    if (heard.length > 0) this.#chunks.push(heard)
  }

  /**
   * Runs for about this many core cycles. False: the core sleeps and only bytes from the host can wake it. Throws where the firmware goes
   * astray (a fault, an address that does not exist, flash misused).
   */
  run(cycles: number): boolean {
    const end = this.#chip.core.cycles + cycles
    while (this.#chip.core.cycles < end) {
      if (!this.#runToEvent(end)) return false
      if (this.#reset) {
        this.#start()
        return true
      }
    }
    return true
  }

  /** Up to the next tick of the line or of SysTick, or to sleep. False: asleep, nothing due. */
  #runToEvent(end: number): boolean {
    const { core, clock } = this.#chip
    const began = core.cycles
    const feeding = this.#chunks.length > 0
    if (core.waiting) {
      // rp2040js wakes only when an interrupt newly comes; it may have come already
      if (core.pendingSystick || (core.pendingInterrupts & core.enabledInterrupts) !== 0) {
        core.waiting = false
        core.interruptsUpdated = true
      } else if (feeding) core.cycles = Math.max(core.cycles, Math.min(this.#nextBytes, this.#systick.next))
      else return false
    }
    const stop = Math.min(end, this.#systick.next, feeding ? this.#nextBytes : end)
    while (core.cycles < stop && !core.waiting) core.executeInstruction()
    if (core.cycles >= this.#systick.next) this.#systick.lap()
    if (feeding && core.cycles >= this.#nextBytes) this.#feed()
    ;(clock as unknown as { tick(nanos: number): void }).tick((core.cycles - began) * CYCLE)
    return true
  }

  /** The bytes that have come over the line by now, and when the next will have. */
  #feed(): void {
    const uart = this.#chip.uart[0]
    const FULL = 1 << 6
    let count = 0
    while (this.#chunks.length > 0 && count < BURST && (uart.flags & FULL) === 0) {
      uart.feedByte(this.#chunks[0][this.#fed++])
      count++
      if (this.#fed === this.#chunks[0].length) {
        this.#chunks.shift()
        this.#fed = 0
      }
    }
    const byte = (BITS * this.#chip.clkPeri) / this.baud
    this.#nextBytes = this.cycles + Math.max(1, count) * byte
  }

  /** Power on, or a reset: everything but flash is new. */
  #start(nearWrap = false): void {
    this.#reset = false
    const chip = new RP2040()
    const flash = this.#flash
    Object.assign(chip, {
      flash,
      flash16: new Uint16Array(flash.buffer, flash.byteOffset, flash.length / 2),
      flashView: new DataView(flash.buffer, flash.byteOffset, flash.length),
    })
    chip.logger = { debug() {}, info() {}, warn: astray, error: astray }
    const rom = new RomRoutines(chip)
    chip.onBreak = (code) => rom.call(code)
    chip.uart[0].onByte = this.#send
    Object.assign(chip.peripherals[WATCHDOG], {
      onWatchdogTrigger: () => {
        this.#reset = true
      },
    })
    // its register of random bits, which rp2040js has not
    Object.assign(chip.peripherals[ROSC], { readUint32: () => randomInt(2) })
    this.#chip = chip
    this.#systick = new Systick(chip, nearWrap ? LAPS_OVER : 0)
    // 2^32 ms is 1,000 times 2^32 microseconds: both wrap at once
    if (nearWrap) Object.assign(chip.clock, { nanosCounter: (2 ** 32 - UNTIL_WRAP) * 1e6 })
    this.#nextBytes = 0
    startFromRom(chip)
  }
}

/** rp2040js warns where a chip faults, or where it does not emulate what the firmware relies on. */
function astray(part: string, message: string): never {
  throw new Error(`${part}: ${message}`)
}
