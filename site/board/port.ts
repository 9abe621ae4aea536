/** A way to a board from a browser. */
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
  open(): Promise<Port>
}
