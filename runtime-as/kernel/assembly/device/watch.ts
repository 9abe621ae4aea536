// The watch over the observations: where none that is valid comes in time, the device puts the contract's failsafe action out and refuses to
// step, until a few have come in time again.
import { PERIOD } from '../layout'
import { millis } from './board'
import {
  BAD_LENGTH,
  FAILSAFE,
  FRESH_STEPS,
  LATCHED,
  NO_POLICY,
  OK,
  STAT_FAILSAFES,
  STAT_STEPS,
  WATCH_HOLDS,
  WATCH_LATCHES,
  WATCH_RELEASES,
} from './protocol'
import { actFailsafe } from './scrub'
import { FRESH_LEFT, LAST_GOOD, RUNNING_CORE, WATCH_FLAGS, WATCH_PERIODS, count, keep, refuse, state } from './state'

/** Whether the last good observation is too long ago for the running policy's contract. */
function late(core: usize): bool {
  // a period is less than 2^32 microseconds and there are at most 255: it fits
  const limit = (load<u32>(core, PERIOD) / 1000 + 1) * <u32>load<u8>(state, WATCH_PERIODS)
  return limit != 0 && millis() - load<u32>(state, LAST_GOOD) > limit
}

/** A failsafe begins to stand: until a fresh stream, or until it is released. */
export function stand(): void {
  keep(FRESH_LEFT, load<u8>(state, WATCH_FLAGS) & WATCH_LATCHES ? LATCHED : FRESH_STEPS)
}

/** payload: periods u8 without a valid observation before the failsafe, 0: no watch; what the watch does u8, bits WATCH_HOLDS to WATCH_RELEASES */
export function watch(payload: usize, length: u32): u32 {
  if (length != 2) return refuse(BAD_LENGTH, 2)
  if (!load<u32>(state, RUNNING_CORE)) return refuse(NO_POLICY, 0)
  const left = load<u32>(state, FRESH_LEFT)
  if (left == LATCHED && !(load<u8>(payload, 1) & WATCH_RELEASES)) return refuse(FAILSAFE, LATCHED)
  keep(WATCH_PERIODS, load<u16>(payload))
  keep(LAST_GOOD, millis())
  // whoever ends the watch does not end a failsafe that stands
  if (left) keep(FRESH_LEFT, FRESH_STEPS)
  return OK
}

/** Looks at the time. Called before any request is answered. */
export function look(): void {
  const core: usize = load<u32>(state, RUNNING_CORE)
  if (!core || load<u32>(state, FRESH_LEFT) || !late(core)) return
  stand()
  count(STAT_FAILSAFES)
  // without any step there is no last action
  if (load<u8>(state, WATCH_FLAGS) & WATCH_HOLDS && load<u32>(state, STAT_STEPS)) return
  actFailsafe()
}

/** An observation has come, valid or not: whether the policy may act on it. */
export function observed(core: usize, valid: bool): u32 {
  let left = load<u32>(state, FRESH_LEFT)
  if (left && left != LATCHED) {
    left = valid && !late(core) ? left - 1 : FRESH_STEPS
    keep(FRESH_LEFT, left)
  }
  if (valid) keep(LAST_GOOD, millis())
  return left ? refuse(FAILSAFE, left) : OK
}
