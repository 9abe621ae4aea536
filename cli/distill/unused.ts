/** Options that were given and would do nothing. */
import { InputError } from '../../runtime-as/errors.ts'
import { dashed } from '../../trainer/data/mapping.ts'
import type { DistillOptions, Given } from '../../trainer/distill/options.ts'
import { unusedIn } from '../../trainer/distill/unused.ts'

const flagOf = (name: keyof Given): string => `--${dashed(name)}`

/** Throws InputError for the first of them. */
export function requireUsed(given: Given, options: DistillOptions): void {
  const [first] = unusedIn(given, options, flagOf)
  if (first) throw new InputError(`${flagOf(first.name)}: expected ${first.expected}`)
}
