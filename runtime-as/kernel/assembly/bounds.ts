// What a policy is given and gives, within its contract.
import { copy } from './bytes'
import { ACTIONS, BOUNDS, OBSERVATIONS, OUTSIDE, REFUSE, UNBOUNDED } from './layout'

/**
 * Brings an observation, in place, within the bounds that the policy has for it. 0: nothing to do; CLAMP: numbers were limited; REFUSE or
 * more: the policy must not act on it, the failsafe must. NaN has no place within bounds: it is refused.
 */
export function admit(core: usize, observation: usize): u32 {
  const outside = load<u8>(core, OUTSIDE)
  let found: u32 = 0
  const bytes = outside == UNBOUNDED ? 0 : (<usize>load<u16>(core, OBSERVATIONS)) << 2
  let low = core + load<u32>(core, BOUNDS) + 12 * <usize>load<u16>(core, ACTIONS)
  for (const end = low + bytes; low < end; low += 4, observation += 4) {
    const x = load<f32>(observation)
    const within = min(max(x, load<f32>(low)), load<f32>(low + bytes))
    if (within == x) continue
    found |= isNaN(x) ? REFUSE : outside
    store<f32>(observation, within)
  }
  return found
}

/** Writes the failsafe action. */
export function failsafe(core: usize, action: usize): void {
  const bytes = (<usize>load<u16>(core, ACTIONS)) << 2
  copy(action, core + load<u32>(core, BOUNDS) + 2 * bytes, bytes)
}
