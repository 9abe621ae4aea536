/** Flash as chips have it: erased in blocks to 0xff, programmed in units from 1 to 0 only, torn where the power goes. */

/** Thrown in the middle of an erase or program: nothing runs after it until the board starts again. */
export class PowerCut extends Error {
  override name = 'PowerCut'
}

export interface FlashGeometry {
  /** bytes; two slots of this many */
  slotBytes: number
  eraseBytes: number
  programBytes: number
}

export class FlashModel {
  /** erase and program operations so far: one a block, one a unit */
  operations = 0
  /** how often each block was erased */
  readonly erases: Uint32Array
  /** the operation, counted from 0, in which the power goes; -1: never */
  cutAt = -1
  /** what a torn operation has done by then: 0..1 decides for each bit whether it has changed already */
  torn: () => number = () => 1
  readonly bytes: Uint8Array
  readonly geometry: FlashGeometry

  /** bytes: both slots, then what else there is, in the memory that the device reads */
  constructor(bytes: Uint8Array, geometry: FlashGeometry) {
    this.bytes = bytes
    this.geometry = geometry
    this.erases = new Uint32Array(Math.ceil(bytes.length / geometry.eraseBytes))
  }

  /** at: from the first slot's start */
  erase(at: number, length: number): void {
    const block = this.geometry.eraseBytes
    this.#check('erase', at, length, block)
    for (let from = at; from < at + length; from += block) {
      this.erases[from / block]++
      this.#operate(from, new Uint8Array(block).fill(0xff))
    }
  }

  program(at: number, source: Uint8Array): void {
    const unit = this.geometry.programBytes
    this.#check('program', at, source.length, unit)
    for (let from = 0; from < source.length; from += unit) {
      const now = this.bytes.subarray(at + from, at + from + unit)
      if (now.some((byte) => byte !== 0xff)) throw new Error(`flash: program at ${at + from}: not erased`)
      this.#operate(at + from, source.slice(from, from + unit))
    }
  }

  #operate(at: number, after: Uint8Array): void {
    const cut = this.operations++ === this.cutAt
    if (cut) {
      for (let i = 0; i < after.length; i++) after[i] = this.#tear(this.bytes[at + i], after[i])
    }
    this.bytes.set(after, at)
    if (cut) throw new PowerCut(`flash: power cut in operation ${this.cutAt}`)
  }

  #tear(before: number, after: number): number {
    let byte = before
    for (let bit = 1; bit < 256; bit <<= 1) if (this.torn() < 0.5) byte = (byte & ~bit) | (after & bit)
    return byte
  }

  #check(operation: string, at: number, length: number, unit: number): void {
    const slot = this.geometry.slotBytes
    const oneSlot = at >= 0 && length > 0 && Math.floor(at / slot) === Math.floor((at + length - 1) / slot)
    if (at % unit !== 0 || length % unit !== 0 || !oneSlot || at + length > this.bytes.length) {
      throw new Error(`flash: ${operation} of ${length} bytes at ${at}: expected whole units of ${unit} in one slot`)
    }
  }
}
