/** What a variant of the method is made of. A variant of one's own: one file here, one line in variants.ts. */
import type { NoiseMode } from '../../kernels/config.ts'
import type { VariationalLayer } from '../../kernels/networks.ts'
import type { Trainer } from '../../kernels/trainer.ts'
import type { Random } from '../../random.ts'
import type { Recipe } from '../../recipe.ts'

/**
 * What the student is cut at: a log alpha ("threshold"), or a number of weights ("budget"). A variant whose weights are Gaussians has a log alpha to be cut
 * at, at several of them after one training run; the others aim at one number of weights.
 */
export type CutKind = 'threshold' | 'budget'

export interface Variant {
  cutKind: CutKind
  /** goes up where it makes other students than before, so that none of two revisions meet in a study; absent: it never did */
  revision?: number
  /** its training takes the L1 penalty */
  penalised?: boolean
  /** it trains with a mask from the beginning, which `initialise` sets */
  masked?: boolean
  /** each number of weights is a training of its own; the others take several numbers (`keep`) from one */
  oneSize?: boolean
  /** its student is as small as it is to be from the beginning */
  uncut?: boolean
  /** of its recipe, what it does not leave open */
  fixed: Partial<Recipe>
  noise(recipe: Recipe): NoiseMode
  /** hidden sizes of the student */
  hidden(recipe: Recipe, observations: number, actions: number): readonly number[]
  initialise(trainer: Trainer, random: Random, recipe: Recipe): void
  /** changes the mask while training, at multiples of so many steps; progress in [0, 1) */
  reshape?: { every(recipe: Recipe): number; apply(trainer: Trainer, progress: number, recipe: Recipe): void }
  /** how many `cuts` there will be */
  cutCount(recipe: Recipe): number
  /** what the trained student is cut at, one after another */
  cuts(trained: readonly VariationalLayer[], recipe: Recipe): readonly number[]
  /** the cut of the training curve */
  curveCut(recipe: Recipe): number
  /** 1 for the weights that stay, else 0; one matrix (outputs, inputs) a layer */
  masksAt(layers: readonly VariationalLayer[], cut: number): Float32Array[]
}
