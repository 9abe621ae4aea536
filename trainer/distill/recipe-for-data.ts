import type { TaskRecipe } from '../tasks/task.ts'

/** |D|, in rows of the data: a short log is soon learnt by heart, and the prior keeps weights from it */
const DATA_SCALE = { perRow: 20, most: 2e6 }

/**
 * What a student is made with where there is no task: from 100,000 rows of a four-legged robot's log in about half a minute of two cores. Sizes are the
 * authors'. Many weights are kept at first (dataScale), few steps
 * suffice, and tuning makes up for what a low threshold takes. What was tried: bench/results/README.md.
 */
export const recipeForData = (rows: number): TaskRecipe => ({
  steps: 6000,
  policyDelay: 1,
  noise: 'official',
  actorRate: 1e-3,
  dataScale: Math.min(DATA_SCALE.most, DATA_SCALE.perRow * rows),
  evaluateEvery: 1000,
  thresholds: [-3, -2, -1, 0, 1, 2],
  tuneUpdates: 4000,
  tuneRate: 1e-3,
})
