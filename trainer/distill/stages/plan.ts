/**
 * Stages: a student loses its weights little by little and trains on after each cut, down to one budget after another in one run.
 *
 *   cut      to a share of the weights, then updates at a constant rate, until a budget is reached
 *   settle   at the budget: what is missing of it comes back, perhaps some weights are exchanged for better ones; then updates
 *   anneal   updates with a rate that falls to zero; what is then there is a candidate, and the next cuts go on from it
 */
import type { DistillOptions } from '../options.ts'
import { prunerOf } from '../prune/pruners.ts'
import type { CutKind } from '../variants/variant.ts'
import { variantOf } from '../variants.ts'

/** Weights of a Gaussian student's first cut, which goes by its own measure, in the first budget. */
const FIRST_CUT = 4
/** Rows of the data that stay beside the student's own states, evenly spread. */
export const BASE_ROWS = 50_000
/**
 * From so many times the first budget on a student is small: it acts itself, which a larger one does nearly as its teacher. Above it, where little
 * is lost, two cuts are one.
 */
const SMALL = 4

export interface Round {
  kind: 'cut' | 'settle' | 'anneal'
  /** weights that it begins with, at most */
  to: number
  updates: number
  /** share of the weights that are exchanged */
  swap: number
  /** whether the student acts after it, and the data grows */
  visits: boolean
}

/** What the plan depends on. */
export type Planned = Pick<
  DistillOptions,
  | 'variant'
  | 'steps'
  | 'keep'
  | 'budget'
  | 'prune'
  | 'ownStates'
  | 'ownRounds'
  | 'search'
  | 'stageShare'
  | 'stageUpdates'
  | 'rounds'
  | 'roundUpdates'
  | 'swap'
  | 'tuneUpdates'
>

/** Whether students are made in stages; otherwise each cut is one, from the trained student, and is tuned. */
export const isStaged = ({ prune, ownStates, search }: Planned): boolean =>
  prune !== undefined || ownStates !== undefined || search !== undefined

/** How many students come of one run. */
export const cutCount = (options: DistillOptions): number =>
  isStaged(options) ? (budgetsOf(options)?.length ?? 1) : variantOf(options.variant).cutCount(options)

/** What they are cut at. */
export const cutKind = (options: DistillOptions): CutKind =>
  isStaged(options) ? 'budget' : variantOf(options.variant).cutKind

/** Whether an L1 penalty changes anything. */
export const takesPenalty = ({ variant, prune }: DistillOptions): boolean =>
  variantOf(variant).penalised === true || (prune !== undefined && prunerOf(prune).shrinks === true)

/** Numbers of weights, most first; none: a dense student is not cut. */
export function budgetsOf({ keep, budget, variant }: Planned): readonly number[] | undefined {
  if (variantOf(variant).uncut) return undefined
  return keep ? [...new Set(keep)].sort((a, b) => b - a) : [budget]
}

/** Weights that a student of so many begins the stages with, at most. */
export function firstCut(studentWeights: number, options: Planned): number {
  const budgets = budgetsOf(options)
  // one that was not trained here is no Gaussian one
  const cut = options.steps > 0 && variantOf(options.variant).cutKind === 'threshold' && budgets
  return cut ? Math.min(studentWeights, FIRST_CUT * budgets[0]) : studentWeights
}

/** All rounds of a student of so many weights. */
export function planOf(studentWeights: number, options: Planned): Round[] {
  const { stageShare, stageUpdates, rounds, roundUpdates, swap, tuneUpdates, ownStates } = options
  const budgets = budgetsOf(options) ?? [studentWeights]
  const visitsAt = (weights: number) => ownStates !== undefined && weights <= SMALL * budgets[0]
  const plan: Round[] = []
  let weights = firstCut(studentWeights, options)
  for (const budget of budgets) {
    while (weights * stageShare > budget) {
      const share = weights * stageShare > SMALL * budgets[0] ? stageShare ** 2 : stageShare
      weights = Math.max(budget, Math.floor(weights * share))
      plan.push({ kind: 'cut', to: weights, updates: stageUpdates, swap: 0, visits: visitsAt(weights) })
    }
    weights = budget
    const visits = visitsAt(budget)
    for (let i = 0; i < rounds; i++)
      plan.push({ kind: 'settle', to: budget, updates: roundUpdates, swap: swap * (1 - i / rounds), visits })
    plan.push({ kind: 'anneal', to: budget, updates: tuneUpdates, swap: 0, visits: false })
  }
  return plan
}

/** Rows that the trainer's memory needs for the stages. */
export function rowsFor(rows: number, studentWeights: number, options: Planned): number {
  const { ownStates, ownRounds } = options
  if (ownStates === undefined) return rows
  const visits = planOf(studentWeights, options).filter((round) => round.visits).length
  return Math.max(rows, Math.min(rows, BASE_ROWS) + Math.min(visits, ownRounds) * ownStates)
}
