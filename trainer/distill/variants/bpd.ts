import { initialiseStudent } from '../../kernels/initialise.ts'
import { thresholdKeeping } from '../keep.ts'
import { masksAt } from '../student.ts'
import type { Variant } from './variant.ts'

/** The method: all three terms, value, cloning and KL of sparse variational dropout. */
export const bpd: Variant = {
  cutKind: 'threshold',
  fixed: {},
  noise: ({ noise }) => noise,
  hidden: ({ hidden }) => hidden,
  initialise: (trainer, random) => initialiseStudent(trainer.networks, random),
  cutCount: ({ keep, thresholds }) => (keep ?? thresholds).length,
  cuts: (trained, { keep, thresholds }) => keep?.map((count) => thresholdKeeping(trained, count)) ?? thresholds,
  curveCut: ({ threshold }) => threshold,
  masksAt,
}
