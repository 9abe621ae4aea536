import type { Duplex } from 'node:stream'

/** A line to a board: bytes in, bytes out. */
export interface Port {
  /** what messages call it */
  name: string
  /** the open line; another one after `reopen` */
  duplex: Duplex
  close(): Promise<void>
  /** Opens a line that closed by itself once more (a board that resets takes its USB port with it). Absent: it cannot. */
  reopen?(): Promise<void>
}
