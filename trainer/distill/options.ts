/** What a distillation run is made of: the recipe, and how this machine runs it. Defaults are the authors' (docs/method.md) where they have one. */
import type { BackendName } from '../kernels/backend.ts'
import { authorsDefaults } from '../kernels/config.ts'
import type { Recipe } from '../recipe.ts'
import { taskFacts } from '../tasks/registry.ts'
import { type Data, hasRewards } from './data.ts'
import { recipeForData } from './recipe-for-data.ts'
import { type VariantName, variantOf } from './variants.ts'

/** The recipe, and how this machine runs it. */
export interface DistillOptions extends Recipe {
  variant: VariantName
  /**
   * without a simulator: largest root mean square error of the picked student's actions, as a share of their ranges; default: 1.1 times
   * the best student's
   */
  maxError?: number
  /** of all random numbers; the same seed gives the same bytes */
  seed: number
  /** of the training step; the result does not depend on it */
  threads: number
  /** who computes the training step; the readable reference is several times slower */
  backend: BackendName
  /** register tile of the kernels; default: the faster one here. The same bits either way */
  tile?: 'wide' | 'narrow'
}

/** The authors' defaults, before a task's recipe. */
export const distillDefaults = {
  ...authorsDefaults,
  variant: 'bpd',
  budget: 2000,
  l1: 0.01,
  clone: 'executed',
  steps: 1_000_000,
  noise: 'paper',
  klShape: 'linear',
  nu: 4,
  klCap: 2,
  threshold: 2,
  evaluateEvery: 5000,
  progressEpisodes: 10,
  thresholds: [-3, -2, -1, 0, 1, 2],
  stageShare: 0.7,
  stageUpdates: 8000,
  stageRate: 3e-3,
  rounds: 5,
  roundUpdates: 15_000,
  swap: 0,
  ownRounds: 5,
  tuneUpdates: 10_000,
  tuneWithValue: false,
  pickEpisodes: 50,
  tolerance: 0.02,
  fused: true,
  backend: 'fast',
} as const

/** What the result depends on: everything but how this machine runs it. */
export function recipeOf({ threads: _, tile: __, ...recipe }: DistillOptions): Record<string, unknown> {
  return recipe
}

/** What the user said. */
export type Given = Partial<DistillOptions> & { seed: number; threads: number }

/** The defaults, then the task's recipe, then what was given, then what the variant fixes. Without a task: the recipe for data alone. */
export function distillOptions(task: string | undefined, given: Given, data?: Data): DistillOptions {
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Given
  const recipe = task === undefined ? recipeForData(data?.count ?? Infinity) : taskFacts(task).recipe
  // unless somebody asks for it, who is then refused
  const rewarded = data && !hasRewards(data) ? { valueWeight: 0 } : {}
  const options = { ...distillDefaults, ...recipe, ...rewarded, ...present }
  return { ...options, ...variantOf(options.variant).fixed }
}
