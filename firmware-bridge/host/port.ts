/** Lines to boards, and the kinds of board that there are on this host's side: one record each, listed in ports.ts. */
import type { Duplex } from 'node:stream'

/** A line to a board: bytes in, bytes out. */
export interface Port {
  /** what messages call it */
  name: string
  /** the open line; another one after `reopen` */
  duplex: Duplex
  /** Closes the line for good. */
  close(): Promise<void>
  /** Opens a line that closed by itself once more (a board that resets takes its USB port with it). Absent: it cannot. */
  reopen?(): Promise<void>
  /** this end's speed, where it has one that can be set. Absent: it has none, or another end's program sets it */
  speed?: {
    /** that it is opened with, in baud */
    own: number
    /** Throws FailedError where this end cannot do it. What was written before should have left. */
    set(baud: number): Promise<void>
  }
  /** of an emulated board that can be opened with it again: its flash, as it is at any moment */
  flash?: Uint8Array
}

/** The host's side of a kind of board: everything that anything here asks of it. */
export interface PortKind {
  /** what `--port` takes; of serial ports the system gives the name */
  name: string
  kind: 'serial' | 'emulator'
  /** what a cycle of its counter is, in words */
  counter: string
  /** cycles over the counter's frequency are time; false: they count something else */
  cyclesAreTime: boolean
  /** its time is this host's: a plant can be driven through it in real time, and what the line takes be told apart */
  realTime: boolean
  /** the firmware that it runs, as firmware-bridge/images names it; absent: what the board says, or none */
  image?: string
  /** bytes of its flash where that lives in the port alone: `open` takes it, `Port.flash` gives it */
  flashBytes?: number
  /** why nothing that is installed outlives the port, in words; absent, and no flashBytes: a board that keeps its own flash */
  forgets?: string
  /** what to install before it can run here, undefined: nothing */
  missing(): Promise<string | undefined>
  /**
   * Opens it. name: as `--port` gave it; flash: what it was left with, flashBytes long; live: the time of an emulated board goes on while nobody speaks, so
   * that a watch runs out and the log's times are this host's. Throws InputError where there is no such port, or its emulator is not installed, FailedError
   * where it cannot be opened
   */
  open(name: string, flash?: Uint8Array, live?: boolean): Promise<Port>
  /** Opens another board of its kind that runs this .bpd file from the start, however large. Absent: it cannot. */
  openPlaced?(policy: Uint8Array): Promise<Port>
  /** Opens another board of its kind, without a policy, whose clocks of cycles and of milliseconds both wrap soon. Absent: it cannot. */
  openNearWrap?(): Promise<Port>
}
