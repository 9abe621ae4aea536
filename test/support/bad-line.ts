import { Duplex } from 'node:stream'
import type { Port } from '../../firmware-bridge/host/port.ts'
import { END } from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { uniform } from './networks.ts'

export interface Faults {
  /** part of the frames that vanish, arrive twice, or arrive behind the next one */
  lost?: number
  twice?: number
  late?: number
  /** part of the bytes that one bit is flipped in, that vanish, or that a random one is put before */
  flipped?: number
  cut?: number
  inserted?: number
  /** part of the frames before which the line stands still for 200 ms */
  stalled?: number
}

/** milliseconds */
const STALL = 200

/** What a line with faults makes of the bytes it is given, both directions alike. Frames are told apart by END. */
class Damage {
  readonly #random: () => number
  readonly #faults: Faults
  #partial: number[] = []
  #held: Buffer | undefined
  #stalled: (() => void)[] | undefined

  constructor(faults: Faults, random: () => number) {
    this.#faults = faults
    this.#random = random
  }

  pass(chunk: Uint8Array, out: (bytes: Buffer) => void): void {
    for (const byte of chunk) {
      this.#partial.push(byte)
      // an END that opens a frame belongs to it
      if (byte !== END || this.#partial.every((one) => one === END)) continue
      this.#frame(this.#damaged(this.#partial), out)
      this.#partial = []
    }
  }

  #frame(frame: Buffer, out: (bytes: Buffer) => void): void {
    const { stalled = 0 } = this.#faults
    if (this.#stalled === undefined && this.#happens(stalled)) {
      this.#stalled = []
      setTimeout(() => {
        const waiting = this.#stalled ?? []
        this.#stalled = undefined
        for (const go of waiting) go()
      }, STALL)
    }
    if (this.#stalled) this.#stalled.push(() => this.#deliver(frame, out))
    else this.#deliver(frame, out)
  }

  #deliver(frame: Buffer, out: (bytes: Buffer) => void): void {
    const { lost = 0, twice = 0, late = 0 } = this.#faults
    if (this.#happens(lost)) return
    if (this.#held === undefined && this.#happens(late)) {
      this.#held = frame
      return
    }
    out(frame)
    if (this.#happens(twice)) out(frame)
    if (this.#held !== undefined) out(this.#held)
    this.#held = undefined
  }

  #damaged(bytes: number[]): Buffer {
    const { flipped = 0, cut = 0, inserted = 0 } = this.#faults
    const after: number[] = []
    for (const byte of bytes) {
      if (this.#happens(inserted)) after.push(Math.floor(256 * this.#random()))
      if (this.#happens(cut)) continue
      after.push(this.#happens(flipped) ? byte ^ (1 << Math.floor(8 * this.#random())) : byte)
    }
    return Buffer.from(after)
  }

  #happens(part: number): boolean {
    return part > 0 && this.#random() < part
  }
}

/** The port through a line with faults, repeatable by its seed. */
export function badLine(port: Port, faults: Faults, seed: number): Port {
  const random = uniform(seed)
  const there = new Damage(faults, random)
  const back = new Damage(faults, random)
  const duplex = new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      // as slow as the line behind it
      let [left, passed] = [0, false]
      const gone = () => {
        if (--left === 0 && passed) done()
      }
      there.pass(chunk, (bytes) => {
        if (!open()) return
        if (!passed) left++
        port.duplex.write(bytes, passed ? undefined : gone)
      })
      passed = true
      if (left === 0) done()
    },
  })
  // what a stall held back may come when the line is closed
  const open = () => !duplex.destroyed
  const hear = (chunk: Uint8Array) => back.pass(chunk, (bytes) => void (open() && duplex.push(bytes)))
  port.duplex.on('data', hear)
  duplex.once('close', () => port.duplex.off('data', hear))
  return {
    name: port.name,
    duplex,
    speed: port.speed,
    async close() {
      duplex.destroy()
      await port.close()
    },
  }
}
