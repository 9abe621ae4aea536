/** Every check, in the order in which they are made. */
import { badInputs, parity } from './bits.ts'
import type { Check } from './check.ts'
import { watch } from './failsafe.ts'
import { clean, identity, memory, selfTest, signature } from './identity.ts'
import { powerCut, reset } from './recovery.ts'
import { deadlines, latency, wraps } from './time.ts'

export const CHECKS: readonly Check[] = [
  identity,
  signature,
  selfTest,
  parity,
  latency,
  deadlines,
  watch,
  badInputs,
  clean,
  reset,
  powerCut,
  wraps,
  memory,
]
