/** What a program asks of a distillation: the recipe, by its rules, and what is beside it. */
import { Field } from '../files/field.ts'
import { backendNames } from '../kernels/backend.ts'
import { choice, type Rule, readBy, real, recipeRules, whole } from '../recipe-rules.ts'
import type { DistillOptions } from './options.ts'
import { variantNames } from './variants.ts'

export const optionRules = {
  ...recipeRules,
  variant: choice(variantNames),
  maxError: real(1e-9, 10),
  seed: whole(0, 0xffffffff),
  threads: whole(1),
  backend: choice(backendNames),
  tile: choice(['wide', 'narrow']),
} satisfies Record<keyof DistillOptions, Rule>

/** What is undefined was not given. Throws InputError that names the option and what was expected. */
export function readOptions(given: Partial<DistillOptions> = {}): Partial<DistillOptions> {
  const all = new Field('options', '', given).map()
  const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return readBy(optionRules, new Field('options', '', present))
}
