/** A study as a value: what is distilled from what, with which variants, down to how many weights, on how many seeds. */

import type { VariantName } from '../distill/variants.ts'
import type { Recipe } from '../recipe.ts'
import type { Algorithm } from '../teachers/algorithms.ts'

/** A teacher of the study: a file, or one that is trained. */
export interface StudyTeacher {
  /** how tables call it */
  name: string
  task: string
  /** a path; in a study's file it is relative to that */
  file?: string
  /** of the file: one that has changed is refused */
  sha256?: string
  /** or how it is trained */
  teach?: Taught
  /** in place of the task's own figures */
  transitions?: number
  sigmas?: readonly number[]
}

export interface Taught {
  algorithm: Algorithm
  steps: number
  hidden: readonly number[]
  seed: number
}

/** What is compared. */
export interface Contender {
  /** how tables call it */
  name: string
  /** a variant of the method, from the data */
  variant?: VariantName
  /** or a small dense network that learns online, in as many steps as the others have transitions */
  online?: Algorithm
  /** beside the study's */
  recipe?: Partial<Recipe>
  /** of the study's budgets only these, by their place; absent: all */
  budgets?: readonly number[]
}

export interface Study {
  name: string
  /** a sentence: what is asked */
  question?: string
  teachers: readonly StudyTeacher[]
  variants: readonly Contender[]
  /**
   * Numbers of weights for each variant: up to 1 a share of those that the paper keeps in the task, else a number. Absent: each run picks its own student by
   * the rule of `bpd distill`.
   */
  budgets?: readonly number[]
  /** where the variants pick their own: the others get as many weights as this one's student has with the same seed, or a number */
  match?: string | number
  /** 1 … n */
  seeds: number
  /** of each reported return */
  episodes: number
  /** transitions of each seed, where neither the teacher nor the task says; default: 20,000 */
  transitions?: number
  /** of all distillations, beside the task's own */
  recipe?: Partial<Recipe>
  /** the variant that others are compared with; default: the first */
  baseline?: string
}

/** What a reviewer asks for before one thing is called better than another. */
export const SEEDS_TO_RANK = 5
