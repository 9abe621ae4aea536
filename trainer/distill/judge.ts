/**
 * What says how good a student is, and so which one is picked: its return where there is a simulator (judges/return.ts), the error of its
 * actions on data that was held out where there is none (judges/error.ts).
 */

import type { PolicyContract } from '../contract.ts'
import type { Transitions } from '../data/transitions.ts'
import type { Controller, ReturnStatistics } from '../tasks/evaluate.ts'
import type { ActionError } from './action-error.ts'
import type { Data } from './data.ts'
import type { Split } from './held-out.ts'
import type { DistillOptions } from './options.ts'
import type { Candidate, Measure } from './points.ts'

/** What a judge is given to judge by. */
export interface Case {
  contract: PolicyContract
  /** with the actions that are wanted as the teacher's */
  data: Data
  teacher?: Controller
  options: DistillOptions
}

export interface Judge {
  measure: Measure
  /** Throws InputError where it cannot judge with this. */
  sit(about: Case): Sitting
}

/** A judge at work, on one distillation. */
export interface Sitting {
  measure: Measure
  /** what is trained on */
  training: Transitions
  /** One figure: the mean return of a student, or the root mean square of its errors as a share of the actions' ranges. */
  score(student: Controller, purpose: 'progress' | 'pick'): number
  /** The student that the rule picks (pick.ts), and what is then said of it; controllerOf: runs a candidate. */
  decide(candidates: readonly Candidate[], controllerOf: (candidate: Candidate) => Controller): Decision
}

export interface Decision {
  picked: Candidate
  verdict: Verdict
}

/** One of the two, as the judge measures. */
export interface Verdict {
  /** whether the picked student is as good as the rule asks, or within the budget that it was given */
  met: boolean
  /** its mean return on the picking episodes */
  pickedReturn?: number
  /** the teacher's, on the picking episodes; absent without a teacher too */
  teacherReturn?: ReturnStatistics
  heldOut?: HeldOut
}

/** Without a simulator: what was held out, and the picked student's error on the part that neither trained nor picked. */
export interface HeldOut {
  how: Split['how']
  /** what its actions are compared with */
  labels: 'teacher' | 'data'
  train: PartSize
  pick: PartSize
  report: PartSize
  /** share of the wanted actions that were beyond the contract's bounds, and taken as those */
  clamped: number
  error: ActionError
}

/** How large a part of the data is. */
export interface PartSize {
  /** how many, or parts of so many */
  episodes: number
  /** transitions */
  rows: number
}
