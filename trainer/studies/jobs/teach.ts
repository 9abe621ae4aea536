/** Trains a teacher, or a small network that learns online. */
import { denseSizes, weightsOfSizes } from '../../distill/variants/dense.ts'
import { createTask, taskOrigin } from '../../tasks/registry.ts'
import { teach } from '../../teachers/teach.ts'
import { type TeachOptions, teachDefaults } from '../../teachers/teach-options.ts'
import { encodeTeacher } from '../../teachers/teacher.ts'
import { ONLINE_LAYERS, type TeachJob } from './job.ts'
import { checkpointIn, weightsOf } from './needed.ts'
import type { Taught } from './results.ts'
import type { Work } from './work.ts'

export async function doTeach({
  job,
  store,
  folder,
  threads,
  minutes,
  signal,
  onProgress,
}: Work<TeachJob>): Promise<Taught> {
  const { task, algorithm, steps, seed, more } = job
  const { spec } = createTask(task)
  const [observations, actions] = [spec.observationNames.length, spec.actionNames.length]
  const hidden =
    'weights' in job.hidden
      ? denseSizes(observations, actions, ONLINE_LAYERS, weightsOf(store, job.hidden.weights))
      : job.hidden
  const options = { ...teachDefaults, ...more, algorithm, steps, seed, hidden, threads, origin: taskOrigin(task) }
  const teacher = await teach(() => createTask(task), options as TeachOptions, {
    checkpoint: { path: checkpointIn(folder), minutes },
    signal,
    onProgress: (p) => onProgress?.(p.step / p.steps),
  })
  const bytes = encodeTeacher({
    ...teacher,
    metadata: { algorithm: algorithm.toUpperCase(), env: spec.name, steps: `${steps}`, seed: `${seed}` },
  })
  const sizes = [observations, ...hidden, actions]
  // of SAC's Gaussian the mean is counted, which is what would ship
  const weights = weightsOfSizes(sizes)
  const biases = sizes.slice(1).reduce((sum, size) => sum + size, 0)
  return {
    kind: 'teach',
    teacher: Buffer.from(bytes).toString('base64'),
    weights,
    studentWeights: weights,
    bytes: 4 * (weights + biases),
  }
}
