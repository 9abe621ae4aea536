/** What the variants without Gaussian weights share: a plain network, cut at one number of weights. */
import { initialisePlainActor } from '../../kernels/initialise.ts'
import type { VariationalLayer } from '../../kernels/networks.ts'
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

/** 1 for the `count` weights of largest magnitude in all layers together (ties: the earlier), else 0. */
export function largest(layers: readonly VariationalLayer[], count: number): Float32Array[] {
  const all = layers.flatMap(({ theta }, l) => Array.from(theta, (w, i) => ({ l, i, size: Math.abs(w) })))
  all.sort((a, b) => b.size - a.size || a.l - b.l || a.i - b.i)
  const masks = layers.map(({ theta }) => new Float32Array(theta.length))
  for (const { l, i } of all.slice(0, count)) masks[l][i] = 1
  return masks
}
