// How regular the steps come, against the contract's period: the mean over windows of many steps, and the worst interval in each.
import { PERIOD } from '../layout'
import { millis } from './board'
import { PACE_STEPS, STAT_FAST, STAT_JITTER, STAT_SLOW, STAT_WINDOW } from './protocol'
import { PACE_BEGAN, PACE_COUNT, PACE_LAST, PACE_WORST, count, state } from './state'

/** A step is made now. */
export function pace(core: usize): void {
  const now = millis()
  const period = load<u32>(core, PERIOD)
  let steps = load<u32>(state, PACE_COUNT)
  if (steps) {
    const off = abs<i32>(now - load<u32>(state, PACE_LAST) - (period + 500) / 1000)
    if (off > load<i32>(state, PACE_WORST)) store<u32>(state, off, PACE_WORST)
  }
  if (steps > <u32>PACE_STEPS) {
    steps = 0
    const took = now - load<u32>(state, PACE_BEGAN)
    store<u32>(state, took, STAT_WINDOW)
    store<u32>(state, load<u32>(state, PACE_WORST), STAT_JITTER)
    // 0.8 of the period for each step, in milliseconds; half of it more is 1.2
    const low = period / 25 * 2
    if (took < low) count(STAT_FAST)
    if (took > low + (low >>> 1)) count(STAT_SLOW)
  }
  if (!steps) {
    store<u32>(state, now, PACE_BEGAN)
    store<u32>(state, 0, PACE_WORST)
    steps = 1
  }
  store<u32>(state, now, PACE_LAST)
  store<u32>(state, steps + 1, PACE_COUNT)
}
