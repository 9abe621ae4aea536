/** Distils the students of one training run. */
import { Checkpoints } from '../../distill/checkpoint.ts'
import type { Progress } from '../../distill/distill.ts'
import { makeStudent } from '../../distill/make-student.ts'
import type { DistillOptions } from '../../distill/options.ts'
import { taskOrigin } from '../../tasks/registry.ts'
import { dataOf } from './collect.ts'
import type { CollectJob, DistilJob } from './job.ts'
import { checkpointIn, madeOf, teacherOf, weightsOf } from './needed.ts'
import type { Distilled } from './results.ts'
import type { Work } from './work.ts'

/** Of a job whose data has to be made anew, the share that it takes. */
const COLLECTING = 0.1

export async function doDistil(work: Work<DistilJob>): Promise<Distilled> {
  const { job, store, folder, threads, minutes, signal, onProgress } = work
  const teacher = teacherOf(store, job.teacher)
  const collected = store.done(job.data).job as CollectJob
  let begun = 0
  const collecting = (share: number) => {
    begun = COLLECTING
    onProgress?.(COLLECTING * share)
  }
  const transitions = await dataOf(store, job.data, collected, { ...work, onProgress: collecting })
  const budget = job.budget === undefined ? {} : { budget: weightsOf(store, job.budget) }
  const options = { ...job.options, ...budget, threads } as unknown as DistillOptions
  const origin = taskOrigin(job.task)
  const { bytes, points, distilled } = await makeStudent(job.task, teacher, transitions, options, {
    signal,
    checkpoints: (one, part) => new Checkpoints(checkpointIn(folder, part), one, { minutes, resume: true, origin }),
    onProgress: (p) => onProgress?.(begun + (1 - begun) * shareOf(p)),
  }).finally(() => transitions.close())
  return {
    kind: 'distil',
    picked: madeOf(bytes, 'student'),
    points: points.map((point, i) => ({ ...madeOf(point, `point ${i + 1}`), judged: distilled.sweep[i] })),
    teacherReturn: distilled.teacherReturn,
    studentWeights: distilled.studentWeights,
    curve: distilled.curve,
  }
}

/** Training is told as the first half: what follows takes about as long. Of several penalties each is a part. */
function shareOf({ phase, step, steps, penalty }: Progress): number {
  const share = (phase === 'train' ? 0 : 0.5) + (0.5 * step) / steps
  return penalty ? (penalty.at + share) / penalty.of : share
}
