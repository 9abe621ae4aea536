/** Variants of the method under one loop, so that each of its parts can be taken out and looked at. One line each. */
import { bpd } from './variants/bpd.ts'
import { dense } from './variants/dense.ts'
import { l1 } from './variants/l1.ts'
import { linear } from './variants/linear.ts'
import { magnitude } from './variants/magnitude.ts'
import { noQ } from './variants/no-q.ts'
import { obd } from './variants/obd.ts'
import { random } from './variants/random.ts'
import type { Variant } from './variants/variant.ts'

export const variants = { bpd, 'no-q': noQ, l1, magnitude, obd, dense, linear, random } as const satisfies Record<
  string,
  Variant
>

/**
 * A variant of the method, `bpd` itself among them.
 *
 * @useDeclaredType
 */
export type VariantName = keyof typeof variants
/** Every variant. */
export const variantNames = Object.keys(variants) as VariantName[]

export const variantOf = (name: VariantName): Variant => variants[name]
