import type { TaskRecipe } from '../task.ts'

/** A twentieth of the authors' steps, a third of their |D|, and long tuning. What was tried: bench/results/README.md. */
export const mujocoRecipe: TaskRecipe = {
  steps: 50_000,
  noise: 'official',
  dataScale: 3e5,
  evaluateEvery: 10_000,
  thresholds: [-4, -3.5, -3, -2.5, -2, -1.5, -1, 0],
  tuneUpdates: 50_000,
  tuneRate: 1e-3,
  progressEpisodes: 5,
}
