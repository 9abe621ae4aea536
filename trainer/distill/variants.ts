/**
 * Variants of the method under one loop, so that each of its parts can be taken out and looked at:
 *
 *   bpd        all three terms: value, cloning, KL of sparse variational dropout
 *   no-q       without the value term: does it matter?
 *   l1         no Bayesian part: a plain network with L1 on its weights, of which the largest are kept
 *   magnitude  no Bayesian part: a plain network, gradually pruned by magnitude to an exact number of weights (Zhu & Gupta 2017)
 *   dense      no sparsity: a plain dense network with about that number of weights
 */

import type { NoiseMode } from '../kernels/config.ts'
import { initialisePlainActor, initialiseStudent } from '../kernels/initialise.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import type { Trainer } from '../kernels/trainer.ts'
import type { Random } from '../random.ts'
import { thresholdKeeping } from './keep.ts'
import type { DistillOptions } from './options.ts'
import { masksAt } from './student.ts'

export const variantNames = ['bpd', 'no-q', 'l1', 'magnitude', 'dense'] as const
export type VariantName = (typeof variantNames)[number]

export interface Variant {
  noise: NoiseMode
  initialise(trainer: Trainer, random: Random): void
  /** changes the mask while training, at multiples of `reshapeEvery` steps; progress in [0, 1) */
  reshape?(trainer: Trainer, progress: number): void
  reshapeEvery: number
  /** what `masksAt` cuts the trained student by, one after another: log alphas, or numbers of weights */
  levels(trained: readonly VariationalLayer[]): readonly number[]
  /** the level of the training curve */
  level: number
  masksAt(layers: readonly VariationalLayer[], level: number): Float32Array[]
}

export function variantOf(options: DistillOptions): Variant {
  switch (options.variant) {
    case 'bpd':
    case 'no-q':
      return {
        noise: options.noise,
        initialise: (trainer, random) => initialiseStudent(trainer.networks, random),
        reshapeEvery: options.steps,
        levels: (trained) => options.keep?.map((count) => thresholdKeeping(trained, count)) ?? options.thresholds,
        level: options.threshold,
        masksAt,
      }
    case 'l1':
      return {
        ...plain(options),
        initialise(trainer, random) {
          initialisePlainActor(trainer.networks, random)
          trainer.shrinkage = options.actorRate * options.l1
        },
        masksAt: largest,
      }
    case 'magnitude':
      return {
        ...plain(options),
        reshapeEvery: Math.max(1, Math.ceil(options.steps / 100)),
        reshape(trainer, progress) {
          const layers = trainer.networks.readActor()
          const all = layers.reduce((sum, { theta }) => sum + theta.length, 0)
          // cubic: fast at first, exact from 80 % of the steps on
          const left = Math.max(0, 1 - progress / 0.8) ** 3
          trainer.networks.setMask(largest(layers, Math.round(options.budget + (all - options.budget) * left)))
        },
        masksAt: largest,
      }
    case 'dense':
      return {
        ...plain(options),
        masksAt: (layers) => layers.map(({ theta }) => new Float32Array(theta.length).fill(1)),
      }
  }
}

/** Whether the student has a log alpha to be pruned by, at several levels of one training run. */
export const isVariational = (variant: VariantName): boolean => variant === 'bpd' || variant === 'no-q'

/** How many `levels` there will be. */
export const levelCount = ({ variant, keep, thresholds }: DistillOptions): number =>
  isVariational(variant) ? (keep ?? thresholds).length : 1

const plain = ({ budget, steps }: DistillOptions) => ({
  noise: 'none' as const,
  initialise: (trainer: Trainer, random: Random) => initialisePlainActor(trainer.networks, random),
  reshapeEvery: steps,
  levels: () => [budget],
  level: budget,
})

/** 1 for the `count` weights of largest magnitude in all layers together (ties: the earlier), else 0. */
export function largest(layers: readonly VariationalLayer[], count: number): Float32Array[] {
  const all = layers.flatMap(({ theta }, l) => Array.from(theta, (w, i) => ({ l, i, size: Math.abs(w) })))
  all.sort((a, b) => b.size - a.size || a.l - b.l || a.i - b.i)
  const masks = layers.map(({ theta }) => new Float32Array(theta.length))
  for (const { l, i } of all.slice(0, count)) masks[l][i] = 1
  return masks
}

/** Equal hidden sizes of a dense student with at most `budget` weights: the widest there is. */
export function denseSizes(observations: number, actions: number, layers: number, budget: number): number[] {
  const weights = (h: number) => h * (observations + actions) + (layers - 1) * h * h
  let size = 1
  while (weights(size + 1) <= budget) size++
  return new Array<number>(layers).fill(size)
}
