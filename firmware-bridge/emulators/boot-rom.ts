/**
 * What a chip's boot ROM does for our firmware, without the ROM itself: a table of routines whose code is a breakpoint for the host, and
 * the first step of a boot. The routines act on the emulated flash as the chip's do on a real one.
 */
import type { RP2040 } from 'rp2040js'
import { crc32Mpeg2 } from '../firmware/rp2040/board.ts'

export const FLASH_BYTES = 2 * 1024 * 1024
const ERASE_BYTES = 4096
const PROGRAM_BYTES = 256
const BOOT2_BYTES = 256
const SRAM = 0x20000000
const SRAM_END = 0x20042000
/** where the ROM copies the first 256 bytes of flash to, and runs them */
const BOOT2_AT = 0x20041f00

/** in ROM: the table of routines and their code */
const TABLE = 0x100
const CODE = 0x200
const STUB_BYTES = 4
const BX_LR = 0x4770
const BKPT = 0xbe00

const NAMES = ['IF', 'EX', 'RE', 'RP', 'FC', 'CX']
const LOOK_UP = NAMES.length

/** Whether the boot ROM would run what flash begins with. */
export function isBootable(flash: Uint8Array): boolean {
  if (flash.length < BOOT2_BYTES) return false
  const view = new DataView(flash.buffer, flash.byteOffset, BOOT2_BYTES)
  return view.getUint32(BOOT2_BYTES - 4, true) === crc32Mpeg2(flash.subarray(0, BOOT2_BYTES - 4))
}

/** Lays the ROM's tables and routines out, and puts the core where the ROM leaves it: at the first bytes of flash, copied to RAM. */
export function startFromRom(chip: RP2040): void {
  const bytes = new Uint8Array(chip.bootrom.buffer)
  const rom = new DataView(chip.bootrom.buffer)
  rom.setUint16(0x14, TABLE, true)
  rom.setUint16(0x18, routineAt(LOOK_UP), true)
  for (let i = 0; i <= LOOK_UP; i++) {
    rom.setUint16(CODE + i * STUB_BYTES, BKPT | i, true)
    rom.setUint16(CODE + i * STUB_BYTES + 2, BX_LR, true)
  }
  for (const [i, name] of NAMES.entries()) {
    bytes.set(new TextEncoder().encode(name), TABLE + 4 * i)
    rom.setUint16(TABLE + 4 * i + 2, routineAt(i), true)
  }
  chip.sram.set(chip.flash.subarray(0, BOOT2_BYTES), BOOT2_AT - SRAM)
  chip.core.SP = SRAM_END
  chip.core.LR = 0
  chip.core.PC = BOOT2_AT
}

/** with the bit that says Thumb */
const routineAt = (index: number): number => (CODE + index * STUB_BYTES) | 1

/** Carries out the routine that the firmware called. Throws where a chip would go astray. */
export class RomRoutines {
  readonly #chip: RP2040
  /** flash answers reads (execute in place) */
  #mapped = true

  constructor(chip: RP2040) {
    this.#chip = chip
  }

  call(routine: number): void {
    const { core } = this.#chip
    const [a, b, c] = core.registers
    if (routine === LOOK_UP) {
      core.registers[0] = this.#lookUp(a, b)
      return
    }
    const name = NAMES[routine]
    if (name === undefined) throw new Error(`breakpoint ${routine}: the firmware stopped at a fault`)
    if (core.LR < SRAM || core.LR >= SRAM_END) throw new Error(`flash routine ${name} called from flash, expected RAM`)
    if (!core.PM) throw new Error(`flash routine ${name} called with interrupts on`)
    if (name === 'EX') this.#mapped = false
    if (name === 'CX') this.#mapped = true
    if (name === 'RE') this.#erase(a, b)
    if (name === 'RP') this.#program(a, b, c)
  }

  #lookUp(table: number, code: number): number {
    for (let at = table; ; at += 4) {
      const found = this.#chip.readUint16(at)
      if (found === 0 || found === code) return found && this.#chip.readUint16(at + 2)
    }
  }

  #erase(offset: number, bytes: number): void {
    this.#check('erase', offset, bytes, ERASE_BYTES)
    this.#chip.flash.fill(0xff, offset, offset + bytes)
  }

  /** Programming turns bits from 1 to 0 only. */
  #program(offset: number, source: number, bytes: number): void {
    this.#check('program', offset, bytes, PROGRAM_BYTES)
    if (source < SRAM || source + bytes > SRAM_END) throw new Error('flash: programmed from outside RAM')
    for (let i = 0; i < bytes; i++) this.#chip.flash[offset + i] &= this.#chip.sram[source - SRAM + i]
  }

  #check(operation: string, offset: number, bytes: number, unit: number): void {
    if (this.#mapped) throw new Error(`flash: ${operation} while it answers reads`)
    if (offset % unit !== 0 || bytes % unit !== 0 || offset + bytes > FLASH_BYTES) {
      throw new Error(`flash: ${operation} of ${bytes} bytes at ${offset}: expected whole units of ${unit}`)
    }
  }
}
