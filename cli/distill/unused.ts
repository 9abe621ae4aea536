/** Options that were given and would do nothing. */
import { InputError } from '../../runtime-as/errors.ts'
import type { DistillOptions, Given } from '../../trainer/distill/options.ts'
import { isStaged } from '../../trainer/distill/stages/plan.ts'

const STAGES = 'stages with it: --prune, --own-states or --search'
const OWN_STATES = '--own-states with it'

/** What each needs, or what stands in its place; undefined where it is of use. */
const needs: { [name in keyof Given]?: (options: DistillOptions) => string | undefined } = {
  thresholds: (options) =>
    isStaged(options)
      ? '--keep: stages cut to numbers of weights'
      : options.keep && 'no --keep beside it: one of the two',
  tuneRate: (options) => (isStaged(options) ? '--stage-rate: stages have that one' : undefined),
  ownRounds: withOwnStates,
  lostWeight: withOwnStates,
  stageShare: inStages,
  stageUpdates: inStages,
  stageRate: inStages,
  rounds: inStages,
  roundUpdates: inStages,
  swap: inStages,
}

function withOwnStates({ ownStates }: DistillOptions): string | undefined {
  return ownStates === undefined ? OWN_STATES : undefined
}

function inStages(options: DistillOptions): string | undefined {
  return isStaged(options) ? undefined : STAGES
}

/** Throws InputError for the first of them. */
export function requireUsed(given: Given, options: DistillOptions): void {
  for (const name of Object.keys(given) as (keyof Given)[]) {
    const expected = given[name] === undefined ? undefined : needs[name]?.(options)
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    if (expected !== undefined) throw new InputError(`${flag}: expected ${expected}`)
  }
}
