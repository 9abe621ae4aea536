/** The recipe of a task of one's own. */
import type { Field } from '../../files/field.ts'
import { readRecipe } from '../../recipe-rules.ts'
import type { TaskRecipe } from '../task.ts'

/**
 * What a task of one's own is distilled with where it does not say: |D| and the noise of the MuJoCo tasks, steps for the transitions that
 * `bpd collect` makes unless told otherwise.
 */
export const ownRecipe: TaskRecipe = {
  steps: 20_000,
  noise: 'official',
  dataScale: 3e5,
  evaluateEvery: 2000,
  progressEpisodes: 5,
  thresholds: [-4, -3, -2, -1.5, -1, -0.5, 0, 1],
  tuneUpdates: 10_000,
  tuneRate: 1e-3,
}

/** `ownRecipe` with what the field says in its place; the field may be absent. Throws InputError. */
export function checkRecipe(field: Field): TaskRecipe {
  if (field.value === undefined) return ownRecipe
  return { ...ownRecipe, ...readRecipe(field) }
}
