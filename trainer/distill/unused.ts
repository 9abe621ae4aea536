/** Parts of a recipe that were given and would do nothing. */
import { hasSlope } from '../kernels/config.ts'
import type { Recipe } from '../recipe.ts'
import type { DistillOptions, Given } from './options.ts'
import { isStaged, takesPenalty } from './stages/plan.ts'
import { variantOf } from './variants.ts'

type Name = keyof Given
/** How a part is called by whoever gave it. */
type Called = (name: Name) => string
type Need = (options: DistillOptions, called: Called) => string | undefined

const withOwnStates: Need = ({ ownStates }, called) =>
  ownStates === undefined ? `${called('ownStates')} with it` : undefined
const inStages: Need = (options, called) =>
  isStaged(options) ? undefined : `stages with it: ${called('prune')}, ${called('ownStates')} or ${called('search')}`
/** A student to go on from has been trained. */
const inTraining: Need = ({ steps }) => (steps > 0 ? undefined : 'none: nothing is trained before the cuts')
const withValue: Need = ({ valueWeight, variant }, called) =>
  valueWeight > 0
    ? undefined
    : `a value term with it: ${called('valueWeight')}${variantOf(variant).fixed.valueWeight === 0 ? ', which this variant has not' : ''}`
const withGaussians: Need = (options) =>
  inTraining(options, String) ??
  (variantOf(options.variant).cutKind === 'threshold'
    ? undefined
    : `a variant with Gaussian weights: ${options.variant} has none`)
const withSlope: Need = (options, called) =>
  withGaussians(options, called) ??
  (hasSlope({ shape: options.klShape }) ? undefined : `none: ${called('klShape')} ${options.klShape} has no slope`)

/** What each needs, or what stands in its place; undefined where it is of use. */
const needs: { [name in Name]?: Need } = {
  variant: (options, called) =>
    variantOf(options.variant).fixed.prune === undefined ? inTraining(options, called) : undefined,
  valueWeight: inTraining,
  clone: inTraining,
  evaluateEvery: inTraining,
  criticHidden: withValue,
  criticRate: withValue,
  discount: withValue,
  tau: withValue,
  tuneWithValue: (options, called) => (options.tuneWithValue ? withValue(options, called) : undefined),
  noise: withGaussians,
  klShape: withGaussians,
  klCap: withGaussians,
  nu: withSlope,
  threshold: withGaussians,
  l1: (options, called) =>
    takesPenalty(options)
      ? options.l1Path && `no ${called('l1Path')} beside it: one of the two`
      : `what takes a penalty: ${called('variant')} l1 or ${called('prune')} l1`,
  thresholds(options, called) {
    if (isStaged(options)) return `${called('keep')}: stages cut to numbers of weights`
    if (options.keep) return `no ${called('keep')} beside it: one of the two`
    return variantOf(options.variant).cutKind === 'budget'
      ? `${called('budget')}: ${options.variant} aims at a number of weights`
      : undefined
  },
  keep: (options, called) =>
    variantOf(options.variant).uncut || (variantOf(options.variant).oneSize && !isStaged(options))
      ? `${called('budget')}: each training of ${options.variant} is for one number of weights`
      : undefined,
  budget: (options, called) =>
    aimsAtBudget(options)
      ? undefined
      : `${called('keep')} or ${called('thresholds')}: ${options.variant} is cut at those`,
  tolerance: withoutLimits,
  maxError: withoutLimits,
  tuneRate: (options, called) => (isStaged(options) ? `${called('stageRate')}: stages have that one` : undefined),
  ownRounds: withOwnStates,
  lostWeight: withOwnStates,
  stageShare: inStages,
  stageUpdates: inStages,
  stageRate: inStages,
  rounds: inStages,
  roundUpdates: inStages,
  swap: inStages,
}

/** Whether the one number of weights is what something is made to. */
function aimsAtBudget(options: DistillOptions): boolean {
  const { cutKind, oneSize } = variantOf(options.variant)
  if (oneSize && options.steps > 0) return true
  return options.keep === undefined && (isStaged(options) || cutKind === 'budget')
}

/** Within a limit the best student is picked, however good it is. */
function withoutLimits({ maxWeights, maxBytes }: DistillOptions, called: Called): string | undefined {
  if (maxWeights === undefined && maxBytes === undefined) return undefined
  const limit = called(maxWeights === undefined ? 'maxBytes' : 'maxWeights')
  return `no ${limit} beside it: the best student within that is picked`
}

/** A part that the variant says itself. */
function fixedOtherwise(name: Name, given: Partial<DistillOptions>, { variant }: DistillOptions): string | undefined {
  const fixed = variantOf(variant).fixed[name as keyof Recipe]
  if (fixed === undefined || JSON.stringify(fixed) === JSON.stringify(given[name])) return undefined
  const said = Array.isArray(fixed) && fixed.length === 0 ? 'none' : JSON.stringify(fixed)
  return `${said}, as variant ${variant} has it`
}

/** Those of them, and what each expects. */
export function unusedIn(
  given: Partial<DistillOptions>,
  options: DistillOptions,
  called: Called,
): { name: Name; expected: string }[] {
  return (Object.keys(given) as Name[]).flatMap((name) => {
    if (given[name] === undefined) return []
    const expected = fixedOtherwise(name, given, options) ?? needs[name]?.(options, called)
    return expected === undefined ? [] : [{ name, expected }]
  })
}
