/** A way to a board from a browser. */
import type { Flip, Memory } from '../../firmware-bridge/emulators/rot.ts'
import type { Port } from '../../firmware-bridge/host/port.ts'

export interface BrowserPort {
  /** on its button */
  label: string
  /** what its cycles are, in words */
  counter: string
  /** its time is this computer's */
  realTime: boolean
  /** why it cannot be had here; absent: it can */
  missing?: string
  /** Throws FailedError where it cannot be opened. */
  open(): Promise<OpenPort>
}

export interface OpenPort extends Port {
  /** Flips a bit of an emulated board's memory; absent: the board is real. share: 0 up to 1, which one. Throws Error where it cannot. */
  flip?(memory: Memory, share: number): Promise<Flip>
}
