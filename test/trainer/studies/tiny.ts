/** A study of the pendulum that takes seconds. */
import { join } from 'node:path'
import type { Study } from '../../../trainer/studies/study.ts'
import { root } from '../../support/imports.ts'

export const teacher = join(root, 'models/pendulum/teacher.safetensors')

export const tiny: Study = {
  name: 'tiny',
  teachers: [{ name: 'pendulum', task: 'pendulum', file: teacher }],
  variants: [
    { name: 'bpd', variant: 'bpd' },
    { name: 'dense', variant: 'dense', recipe: { valueWeight: 0 } },
  ],
  budgets: [40, 20],
  seeds: 1,
  episodes: 2,
  transitions: 300,
  recipe: {
    steps: 20,
    evaluateEvery: 20,
    tuneUpdates: 2,
    hidden: [6, 6],
    criticHidden: [6, 6],
    batchSize: 16,
    pickEpisodes: 1,
    progressEpisodes: 1,
  },
}
