/** A recipe out of a study's file: each number by its name in `Recipe`, checked. */
import { OUTSIDE } from '../../runtime-as/format/network.ts'
import { prunerNames } from '../distill/prune/pruners.ts'
import type { Field } from '../files/field.ts'
import { CLONED, type Recipe } from '../recipe.ts'

/** The entries of a list that has some. */
export function atLeastOne(field: Field): Field[] {
  const items = field.items()
  return items.length ? items : field.refuse('one or more')
}

type Check = (field: Field) => unknown

const whole =
  (low: number, high?: number): Check =>
  (field) =>
    field.whole(low, high)
const number =
  (low?: number): Check =>
  (field) =>
    field.number(low)
const list =
  (check: Check): Check =>
  (field) =>
    field.items().map(check)
const some =
  (check: Check): Check =>
  (field) =>
    atLeastOne(field).map(check)
const sizes = list(whole(1, 1024))
const share: Check = (field) => within(field, 0, 1)
const yesOrNo: Check = (field) => field.oneOf([true, false])
const oneOf =
  (names: readonly string[]): Check =>
  (field) =>
    field.oneOf(names)

function within(field: Field, low: number, high: number): number {
  const value = field.number(low)
  return value > high ? field.refuse(`a number from ${low} to ${high}`) : value
}

const fields: Record<keyof Recipe, Check> = {
  hidden: sizes,
  criticHidden: sizes,
  batchSize: whole(2, 65536),
  chunks: whole(1, 64),
  discount: share,
  tau: share,
  policyDelay: whole(1),
  actorRate: number(1e-9),
  criticRate: number(0),
  dataScale: number(1e-9),
  valueWeight: number(0),
  budget: whole(1),
  l1: number(0),
  l1Path: some(number(0)),
  clone: oneOf(CLONED),
  steps: whole(2),
  noise: oneOf(['paper', 'official']),
  klShape: oneOf(['linear', 'constant', 'exponential', 'cosine']),
  nu: number(0),
  klCap: number(0),
  threshold: number(-10),
  evaluateEvery: whole(1),
  progressEpisodes: whole(1),
  thresholds: some(number(-10)),
  keep: some(whole(1)),
  prune: oneOf(prunerNames),
  stageShare: (field) => within(field, 0.05, 0.95),
  stageUpdates: whole(1),
  stageRate: number(0),
  rounds: whole(0, 1000),
  roundUpdates: whole(1),
  swap: (field) => within(field, 0, 0.9),
  ownStates: whole(1),
  ownRounds: whole(1),
  lostWeight: number(1),
  search: whole(1),
  actionWeights: some(number(0)),
  tuneUpdates: whole(1),
  tuneRate: number(0),
  tuneWithValue: yesOrNo,
  pickEpisodes: whole(1),
  tolerance: (field) => within(field, 0, 10),
  augment: number(1e-9),
  maxWeights: whole(1),
  maxBytes: whole(1),
  observationBounds: oneOf(OUTSIDE),
  observationMargin: number(0),
  fused: yesOrNo,
}

/** Throws InputError for a name that is none of `Recipe`, and for a value that is none of that name. */
export function readRecipe(field: Field): Partial<Recipe> {
  const given = Object.keys(field.map()).map((name) => {
    const check = Object.hasOwn(fields, name) ? fields[name as keyof Recipe] : undefined
    return [
      name,
      check
        ? check(field.at(name))
        : field
            .at(name)
            .refuse('a number of the recipe, by its name there (bpd distill --help: --tune-updates is tuneUpdates)'),
    ]
  })
  return Object.fromEntries(given)
}
