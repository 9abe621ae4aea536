/** What is asked of the training of a teacher, and what each of it may be. */
import { Field } from '../files/field.ts'
import { choice, flag, type Rule, readBy, real, recipeRules, whole } from '../recipe-rules.ts'
import type { TaskOrigin } from '../tasks/task.ts'
import { type Algorithm, algorithmNames, type LearnerOptions } from './algorithms.ts'

/** How a teacher is trained. */
export interface TeachOptions extends LearnerOptions {
  algorithm: Algorithm
  /** environment steps, one update each after the first `randomSteps` */
  steps: number
  /** steps of uniformly random actions at the start */
  randomSteps: number
  /** units of each hidden layer of the actor */
  hidden: readonly number[]
  /** transitions */
  batchSize: number
  /** Adam's step size, of the actor and of the critics */
  rate: number
  /** steps between evaluations; the best actor by them is kept */
  evaluateEvery: number
  /** episodes of an evaluation */
  evaluationEpisodes: number
  /** of a task of the user's own: a checkpoint of what it was before it was edited is refused */
  origin?: TaskOrigin
}

/** What `bpd teach` takes where nothing is said. */
export const teachDefaults = {
  algorithm: 'td3',
  hidden: [256, 256],
  batchSize: 256,
  randomSteps: 1000,
  rate: 1e-3,
  exploration: 0.1,
  evaluateEvery: 1000,
  evaluationEpisodes: 10,
  fused: false,
} as const

const rules = {
  algorithm: choice(algorithmNames),
  steps: whole(2),
  randomSteps: whole(0),
  // none: a linear teacher
  hidden: recipeRules.hidden,
  batchSize: recipeRules.batchSize,
  rate: real(1e-9),
  exploration: real(0),
  evaluateEvery: whole(1),
  evaluationEpisodes: whole(1),
  seed: whole(0, 0xffffffff),
  threads: whole(1),
  fused: flag,
} satisfies Record<Exclude<keyof TeachOptions, 'origin'>, Rule>

/** All must be there. Throws InputError that names the option and what was expected. */
export function checkTeachOptions(options: TeachOptions): void {
  const { origin: _, ...given } = new Field('options', '', options).map()
  const field = new Field('options', '', given)
  field.only(Object.keys(rules))
  readBy(rules, new Field('options', '', Object.fromEntries(Object.keys(rules).map((name) => [name, given[name]]))))
}
