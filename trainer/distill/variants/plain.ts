/** What the variants without Gaussian weights share: a plain network, cut at one number of weights. */
import { initialisePlainActor } from '../../kernels/initialise.ts'
import type { VariationalLayer } from '../../kernels/networks.ts'
import { masksKeeping } from '../prune/cut.ts'
import type { Variant } from './variant.ts'

export const plain: Omit<Variant, 'masksAt'> = {
  cutKind: 'budget',
  fixed: {},
  noise: () => 'none',
  hidden: ({ hidden }) => hidden,
  initialise: (trainer, random) => initialisePlainActor(trainer.networks, random),
  oneSize: true,
  cutCount: () => 1,
  cuts: (_, { budget }) => [budget],
  curveCut: ({ budget }) => budget,
}

/** Of those that train without regard to how many weights will be left: several numbers after one training. */
export const cutAfterwards: Pick<Variant, 'oneSize' | 'cutCount' | 'cuts'> = {
  oneSize: false,
  cutCount: ({ keep }) => keep?.length ?? 1,
  cuts: (_, { keep, budget }) => keep ?? [budget],
}

/** 1 for the weights of largest magnitude in all layers together, as many as leave `count` (`masksKeeping`), else 0. */
export const largest = (layers: readonly VariationalLayer[], count: number): Float32Array[] =>
  masksKeeping(
    layers,
    layers.map(({ theta }) => theta.map(Math.abs)),
    count,
  )
