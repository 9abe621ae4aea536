/** What each number of a recipe may be: said once, for options, study files and tasks of one's own. */
import { OUTSIDE } from '../runtime-as/format/network.ts'
import { prunerNames } from './distill/prune/pruners.ts'
import type { Field } from './files/field.ts'
import { KL_SHAPES } from './kernels/config.ts'
import { CLONED, type Recipe } from './recipe.ts'

/** entries of a list at most */
const MOST = 100

export interface NumberRule {
  kind: 'number'
  whole: boolean
  low: number
  high: number
}

export interface ListRule {
  kind: 'list'
  item: NumberRule
  least: number
}

export interface ChoiceRule {
  kind: 'choice'
  names: readonly string[]
}

export type Rule = NumberRule | ListRule | ChoiceRule | { kind: 'flag' }

export const whole = (low: number, high = Number.MAX_SAFE_INTEGER): NumberRule => ({
  kind: 'number',
  whole: true,
  low,
  high,
})
export const real = (low: number, high = Infinity): NumberRule => ({ kind: 'number', whole: false, low, high })
const list = (item: NumberRule, least = 1): ListRule => ({ kind: 'list', item, least })
export const choice = (names: readonly string[]): ChoiceRule => ({ kind: 'choice', names })
export const flag = { kind: 'flag' } as const
const size = whole(1, 1024)

export const recipeRules = {
  // none: a linear student
  hidden: list(size, 0),
  criticHidden: list(size),
  batchSize: whole(2, 65536),
  chunks: whole(1, 2),
  discount: real(0, 1),
  tau: real(0, 1),
  policyDelay: whole(1),
  actorRate: real(1e-9),
  criticRate: real(0),
  dataScale: real(1e-9),
  valueWeight: real(0),
  budget: whole(1),
  l1: real(0),
  l1Path: list(real(0)),
  clone: choice(CLONED),
  steps: whole(2),
  noise: choice(['paper', 'official']),
  klShape: choice(KL_SHAPES),
  nu: real(0),
  klCap: real(0),
  threshold: real(-10, 10),
  evaluateEvery: whole(1),
  progressEpisodes: whole(1),
  thresholds: list(real(-10, 10)),
  keep: list(whole(1)),
  prune: choice(prunerNames),
  stageShare: real(0.05, 0.95),
  stageUpdates: whole(1),
  stageRate: real(0),
  rounds: whole(0, 1000),
  roundUpdates: whole(1),
  swap: real(0, 0.9),
  ownStates: whole(1),
  ownRounds: whole(1),
  lostWeight: real(1, 1000),
  search: whole(1),
  actionWeights: list(real(0)),
  tuneUpdates: whole(1),
  tuneRate: real(0),
  tuneWithValue: flag,
  pickEpisodes: whole(1),
  tolerance: real(0, 10),
  augment: real(1e-9, 100),
  maxWeights: whole(1),
  maxBytes: whole(1),
  observationBounds: choice(OUTSIDE),
  observationMargin: real(0, 1000),
  fused: flag,
} satisfies Record<keyof Recipe, Rule>

const numberIn = (field: Field, { whole, low, high }: NumberRule): number =>
  whole ? field.whole(low, high) : field.number(low, high)

function listIn(field: Field, { item, least }: ListRule): number[] {
  const items = field.items()
  if (items.length < least || items.length > MOST) field.refuse(`${least} to ${MOST} entries`)
  return items.map((one) => numberIn(one, item))
}

function valueIn(field: Field, rule: Rule): unknown {
  switch (rule.kind) {
    case 'number':
      return numberIn(field, rule)
    case 'list':
      return listIn(field, rule)
    case 'choice':
      return field.oneOf(rule.names)
    case 'flag':
      return field.oneOf([true, false])
  }
}

/** What each entry of a map must be, by its name. Throws InputError for a name that has no rule, and for a value that is none of that name. */
export function readBy(rules: Readonly<Record<string, Rule>>, field: Field): Record<string, unknown> {
  const given = Object.keys(field.map()).map((name) => {
    if (!Object.hasOwn(rules, name))
      field.at(name).refuse('none of that name (bpd distill --help tells them: --tune-updates is tuneUpdates)')
    return [name, valueIn(field.at(name), rules[name])]
  })
  return Object.fromEntries(given)
}

/** A recipe, or a part of one, out of a file. Throws as `readBy` does. */
export const readRecipe = (field: Field): Partial<Recipe> => readBy(recipeRules, field)
