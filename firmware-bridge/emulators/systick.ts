/** SysTick driven by core cycles themselves. rp2040js derives its own from nanoseconds, with laps that are one cycle short. */
import type { RP2040 } from 'rp2040js'

const CSR = 0x10
const RVR = 0x14
const CVR = 0x18
/** more than its interrupt takes */
const EARLY = 4000

export class Systick {
  /** core cycle at which the running lap ends, Infinity: off */
  next = Number.POSITIVE_INFINITY
  readonly #chip: RP2040
  #enabled = false
  #interrupts = false
  #reload = 0xffffff
  #early: number

  /** Takes the place of the chip's SysTick registers. early: of how many first laps only the last EARLY cycles pass */
  constructor(chip: RP2040, early = 0) {
    this.#chip = chip
    this.#early = early
    const { ppb } = chip
    const read = ppb.readUint32.bind(ppb)
    const write = ppb.writeUint32.bind(ppb)
    ppb.systickTimer.enable = false
    ppb.readUint32 = (offset) => (offset === CVR ? this.#current() : read(offset))
    ppb.writeUint32 = (offset, value) => {
      if (offset === RVR) this.#reload = value & 0xffffff
      else if (offset === CVR) this.#restart()
      else if (offset === CSR) this.#control(value)
      else write(offset, value)
    }
  }

  /** The counter reached 0. */
  lap(): void {
    this.next += this.#lapCycles()
    if (!this.#interrupts) return
    this.#chip.core.pendingSystick = true
    this.#chip.core.interruptsUpdated = true
  }

  #control(value: number): void {
    const enable = (value & 1) !== 0
    this.#interrupts = (value & 2) !== 0
    if (enable === this.#enabled) return
    this.#enabled = enable
    this.#restart()
  }

  /** Counts from 0, which the next cycle follows with the reload value. */
  #restart(): void {
    this.next = this.#enabled ? this.#chip.core.cycles + this.#lapCycles() : Number.POSITIVE_INFINITY
  }

  #lapCycles(): number {
    return this.#early-- > 0 ? EARLY : this.#reload + 1
  }

  #current(): number {
    return this.#enabled ? (this.next - this.#chip.core.cycles) % (this.#reload + 1) : 0
  }
}
