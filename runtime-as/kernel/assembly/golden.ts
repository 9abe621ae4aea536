import { same } from './bytes'
import { forward } from './forward'
import { ACTIONS, GOLDEN, GOLDENS, OBSERVATIONS, WIDEST } from './layout'

/** Bytes of work memory that `goldenMismatch` needs for a validated core: the scratch of `forward`, then one action. */
export function workBytes(core: usize): u32 {
  return (2 * <u32>load<u16>(core, WIDEST) + load<u16>(core, ACTIONS)) << 2
}

/**
 * Recomputes every golden vector of a validated core and compares bits. work: `workBytes(core)` bytes, 4-byte aligned. 0: all agree,
 * otherwise 1 + the index of the first that differs.
 */
export function goldenMismatch(core: usize, work: usize): u32 {
  const observationBytes = (<usize>load<u16>(core, OBSERVATIONS)) << 2
  const actionBytes = (<usize>load<u16>(core, ACTIONS)) << 2
  const count: u32 = load<u16>(core, GOLDENS)
  const action = work + ((<usize>load<u16>(core, WIDEST)) << 3)
  let golden = core + load<u32>(core, GOLDEN)
  for (let i: u32 = 1; i <= count; i++) {
    forward(core, golden, action, work)
    golden += observationBytes
    if (!same(golden, action, actionBytes)) return i
    golden += actionBytes
  }
  return 0
}
