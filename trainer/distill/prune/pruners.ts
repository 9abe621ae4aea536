/** How a student may be cut in stages. One line each. */
import type { Pruner } from './pruner.ts'
import { l1 } from './pruners/l1.ts'
import { logAlpha } from './pruners/log-alpha.ts'
import { magnitude } from './pruners/magnitude.ts'
import { obd } from './pruners/obd.ts'
import { random } from './pruners/random.ts'

export const pruners = { obd, 'log-alpha': logAlpha, magnitude, l1, random } as const satisfies Record<string, Pruner>

/**
 * What decides which weights go.
 *
 * @useDeclaredType
 */
export type PrunerName = keyof typeof pruners
export const prunerNames = Object.keys(pruners) as PrunerName[]

export const prunerOf = (name: PrunerName): Pruner => pruners[name]
