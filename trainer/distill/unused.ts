/** Parts of a recipe that were given and would do nothing. */
import type { DistillOptions, Given } from './options.ts'
import { isStaged } from './stages/plan.ts'

type Name = keyof Given
/** How a part is called by whoever gave it. */
type Called = (name: Name) => string
type Need = (options: DistillOptions, called: Called) => string | undefined

const withOwnStates: Need = ({ ownStates }, called) =>
  ownStates === undefined ? `${called('ownStates')} with it` : undefined
const inStages: Need = (options, called) =>
  isStaged(options) ? undefined : `stages with it: ${called('prune')}, ${called('ownStates')} or ${called('search')}`

/** What each needs, or what stands in its place; undefined where it is of use. */
const needs: { [name in Name]?: Need } = {
  thresholds: (options, called) =>
    isStaged(options)
      ? `${called('keep')}: stages cut to numbers of weights`
      : options.keep && `no ${called('keep')} beside it: one of the two`,
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

/** Those of them, and what each expects. */
export function unusedIn(
  given: Partial<DistillOptions>,
  options: DistillOptions,
  called: Called,
): { name: Name; expected: string }[] {
  return (Object.keys(given) as Name[]).flatMap((name) => {
    const expected = given[name] === undefined ? undefined : needs[name]?.(options, called)
    return expected === undefined ? [] : [{ name, expected }]
  })
}
