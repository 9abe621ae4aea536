/** The watch of a board: when its failsafe goes out, and what ends it. */
import { InputError } from '../../runtime-as/errors.ts'
import { WATCH_HOLDS, WATCH_LATCHES, WATCH_RELEASES } from '../../runtime-as/kernel/assembly/device/protocol.ts'

/** How a board's failsafe stands. */
export interface WatchOptions {
  /** what stands is the last action, not the contract's failsafe */
  hold?: boolean
  /** it stands until a watch with `release`, whatever comes */
  latch?: boolean
  /** ends one that is latched, after which a few valid observations have to come as always */
  release?: boolean
}

/** Payload of WATCH. Throws InputError for a number of periods outside 0..255. */
export function watchRequest(periods: number, { hold, latch, release }: WatchOptions): Uint8Array {
  if (!Number.isInteger(periods) || periods < 0 || periods > 255)
    throw new InputError(`watch: ${periods} periods, expected 0..255`)
  return Uint8Array.of(periods, (hold ? WATCH_HOLDS : 0) | (latch ? WATCH_LATCHES : 0) | (release ? WATCH_RELEASES : 0))
}
