// How regular the steps come, against the contract's period: the mean over windows of many. Single intervals are in the log.
import { PERIOD } from '../layout'
import { millis } from './board'
import { PACE_STEPS, STAT_FAST, STAT_SLOW, STAT_WINDOW } from './protocol'
import { PACE_BEGAN, PACE_COUNT, count, keep, state } from './state'

/** A step is made now. */
export function pace(core: usize): void {
  let steps = load<u32>(state, PACE_COUNT)
  const now = millis()
  const took = now - load<u32>(state, PACE_BEGAN)
  if (steps > <u32>PACE_STEPS) {
    steps = 0
    store<u32>(state, took, STAT_WINDOW)
    // 0.8 of the period for each step, in milliseconds; half of it more is 1.2
    const low = (load<u32>(core, PERIOD) / 25) * 2
    if (took < low) count(STAT_FAST)
    if (took > low + (low >>> 1)) count(STAT_SLOW)
  }
  if (!steps) {
    steps = 1
    keep(PACE_BEGAN, now)
  }
  keep(PACE_COUNT, steps + 1)
}
