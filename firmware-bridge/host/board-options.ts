/** How patient a host is with a board, and the key that it may have for it. */
import { InputError } from '../../runtime-as/errors.ts'
import { KEY_BYTES } from '../../runtime-as/kernel/assembly/device/protocol.ts'
import type { PortKind } from './port.ts'

/** How patient a `Board` is. */
export interface BoardOptions {
  /** milliseconds after which a request is sent again, default 1000. Too short does no harm: the board answers a repeated request from memory */
  timeout?: number
  /** milliseconds until the board counts as silent, default 12,000 */
  patience?: number
  /** the same where the board has much to do: erase, test a whole policy, run it many times; default 180,000. Emulated boards may be slow */
  longPatience?: number
  /** how often an installation is tried, default 5: it begins again after the board lost it */
  attempts?: number
  /** the board's key, 32 bytes: needed where it was paired with one. Without it such a board only tells of itself. Absent: it has none */
  key?: Uint8Array
  /** milliseconds for a whole installation, whatever the board answers; default 1,800,000 */
  budget?: number
}

export const BOARD_DEFAULTS = { timeout: 1000, patience: 12_000, longPatience: 180_000, attempts: 5, budget: 1_800_000 }

/** What an emulated board takes is time of this host's processor, and a busy host has little: one that starts is waited for longer. */
export const patienceOf = ({ realTime }: PortKind): Pick<BoardOptions, 'patience'> =>
  realTime ? {} : { patience: 90_000 }

/** Throws InputError for what is no positive number. port: how messages call the board */
export function requirePatience(port: string, options: Required<Omit<BoardOptions, 'key'>>): void {
  for (const [name, value] of Object.entries(options))
    if (!(value > 0)) throw new InputError(`${port}: ${name} ${value}, expected a number above 0`)
}

/** Throws InputError for a key of another length. */
export function requireKey(port: string, key: Uint8Array | undefined): void {
  if (key === undefined || key.length === KEY_BYTES) return
  throw new InputError(`${port}: a key of ${key.length} bytes, expected ${KEY_BYTES}`)
}
