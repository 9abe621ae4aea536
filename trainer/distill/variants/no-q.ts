import { bpd } from './bpd.ts'
import type { Variant } from './variant.ts'

/** Without the value term: does it matter? */
export const noQ: Variant = { ...bpd, fixed: { valueWeight: 0 } }
