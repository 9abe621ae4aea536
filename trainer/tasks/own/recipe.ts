/** The recipe of a task of one's own. */
import { OUTSIDE } from '../../../runtime-as/format/network.ts'
import { prunerNames } from '../../distill/prune/pruners.ts'
import type { Field } from '../../files/field.ts'
import { CLONED, type Recipe } from '../../recipe.ts'
import type { TaskRecipe } from '../task.ts'
import { within } from './check-spec.ts'

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

type Checks = Record<keyof Recipe, (field: Field) => unknown>

const whole =
  (low: number, high = Number.MAX_SAFE_INTEGER) =>
  (field: Field) =>
    field.whole(low, high)
const number =
  (low = -Infinity) =>
  (field: Field) =>
    field.number(low)
const list =
  (item: (field: Field) => unknown, least = 1) =>
  (field: Field) => {
    const items = field.items()
    if (items.length < least || items.length > 100) field.refuse(`${least} to 100 entries`)
    return items.map(item)
  }
const oneOf =
  <T extends string | boolean>(...allowed: T[]) =>
  (field: Field) =>
    field.oneOf(allowed)
const size = whole(1, 1024)

/** The ranges are those of the options of `bpd distill`. */
const recipeChecks: Checks = {
  // none: a linear student
  hidden: list(size, 0),
  criticHidden: list(size),
  batchSize: whole(2, 65536),
  chunks: whole(1, 2),
  discount: (field) => within(field, 0, 1),
  tau: (field) => within(field, 0, 1),
  policyDelay: whole(1),
  actorRate: number(1e-9),
  criticRate: number(0),
  dataScale: number(1e-9),
  valueWeight: number(0),
  budget: whole(1),
  l1: number(0),
  clone: oneOf(...CLONED),
  l1Path: list(number(0)),
  steps: whole(2),
  noise: oneOf('paper', 'official'),
  klShape: oneOf('linear', 'constant', 'exponential', 'cosine'),
  nu: number(0),
  klCap: number(0),
  threshold: (field) => within(field, -10, 10),
  evaluateEvery: whole(1),
  progressEpisodes: whole(1),
  thresholds: list((field) => within(field, -10, 10)),
  keep: list(whole(1)),
  prune: oneOf(...prunerNames),
  stageShare: (field) => within(field, 0.05, 0.95),
  stageUpdates: whole(1),
  stageRate: number(0),
  rounds: whole(0, 1000),
  roundUpdates: whole(1),
  swap: (field) => within(field, 0, 0.9),
  ownStates: whole(1),
  ownRounds: whole(1),
  lostWeight: (field) => within(field, 1, 1000),
  search: whole(1),
  actionWeights: list(number(0)),
  tuneUpdates: whole(1),
  tuneRate: number(0),
  tuneWithValue: oneOf(true, false),
  pickEpisodes: whole(1),
  tolerance: (field) => within(field, 0, 10),
  augment: (field) => within(field, 1e-9, 100),
  maxWeights: whole(1),
  maxBytes: whole(1),
  observationBounds: oneOf(...OUTSIDE),
  observationMargin: (field) => within(field, 0, 1000),
  fused: oneOf(true, false),
}

/** `ownRecipe` with what the field says in its place; the field may be absent. Throws InputError. */
export function checkRecipe(field: Field): TaskRecipe {
  if (field.value === undefined) return ownRecipe
  const given: [string, unknown][] = Object.keys(field.map()).map((key) => {
    if (!Object.hasOwn(recipeChecks, key)) field.at(key).refuse('no such entry of a recipe')
    return [key, recipeChecks[key as keyof Recipe](field.at(key))]
  })
  return { ...ownRecipe, ...Object.fromEntries(given) }
}
