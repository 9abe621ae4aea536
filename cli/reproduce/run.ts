/** The paper's table as a study: what is asked of it, and its runs as the table and the shipped student take them. */
import { type Cut, tunedScore } from '../../trainer/distill/points.ts'
import { type VariantName, variantOf } from '../../trainer/distill/variants.ts'
import { shares } from '../../trainer/studies/paper.ts'
import type { Plan as StudyPlan } from '../../trainer/studies/plan.ts'
import { runsOf } from '../../trainer/studies/report/measure.ts'
import type { Store } from '../../trainer/studies/store.ts'
import type { Study } from '../../trainer/studies/study.ts'
import { type Outcome, type OutcomeStatistics, outcomeStatistics } from '../../trainer/tasks/evaluate.ts'

export const reproduced = ['bpd', 'no-q', 'magnitude', 'dense'] as const satisfies VariantName[]
export type Reproduced = (typeof reproduced)[number]

export interface Plan {
  task: string
  teacherFile: string
  /** of the file's bytes: rows of another teacher are other rows */
  teacherSha256: string
  /** that it was trained by, as its file says: TD3, TQC */
  teacherAlgorithm: string
  variants: readonly Reproduced[]
  seeds: number
  transitions: number
  sigmas?: readonly number[]
  episodes: number
  /** most weights at each of `shares` */
  budgets: readonly number[]
  /** what is not the task's recipe, for every distillation */
  given: { steps?: number; tuneUpdates?: number }
}

export interface Measured extends OutcomeStatistics {
  /** in the order of the episodes */
  outcomes: readonly Outcome[]
}

/** One student, and what it was cut at. */
export interface Run extends Cut {
  variant: Reproduced
  /** one of `shares` */
  share: number
  weightBudget: number
  seed: number
  /** its .bpd file */
  policy: Uint8Array
  teacher: Measured
  student: Measured
  /** part of the teacher's return on the picking episodes: what may choose between students */
  picked: number
  weights: number
  studentWeights: number
  fileBytes: number
  liveUnits: number[]
  seconds: number
}

/** Whether one training run gives students of several sizes. */
export const manySizes = (variant: VariantName): boolean => variantOf(variant).cutKind === 'threshold'

/** The baselines clone only, like `no-q`: what the value term does is the difference between the first two rows. */
export const reproductionStudy = ({
  task,
  teacherFile,
  transitions,
  sigmas,
  variants,
  seeds,
  episodes,
  given,
}: Plan): Study => ({
  name: 'reproduce',
  teachers: [{ name: task, task, file: teacherFile, transitions, sigmas }],
  variants: reproduced
    .filter((name) => variants.includes(name))
    .map((variant) => ({
      name: variant,
      variant,
      ...(!manySizes(variant) && { recipe: { valueWeight: 0 }, budgets: [0] }),
    })),
  budgets: [...shares],
  seeds,
  episodes,
  recipe: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
})

/** What is not the task's recipe, as options of `bpd distill`. */
export const recipeWords = ({ given: { steps, tuneUpdates } }: Plan): string[] =>
  Object.entries({ '--steps': steps, '--tune-updates': tuneUpdates }).flatMap(([flag, value]) =>
    value === undefined ? [] : [flag, `${value}`],
  )

/** The runs of a study that is done. */
export function reproductionRuns(plan: StudyPlan, store: Store): Run[] {
  const measured = (outcomes: readonly Outcome[]): Measured => ({ ...outcomeStatistics(outcomes), outcomes })
  return runsOf(plan, store).map((run) => {
    const { entry, distilled, made } = run
    const { judged, policy } = distilled!.points[entry.point!]
    return {
      variant: run.variant as Reproduced,
      share: entry.budget!,
      weightBudget: entry.weights!,
      seed: run.seed,
      policy: Buffer.from(policy, 'base64'),
      teacher: measured(run.teacherOutcomes),
      student: measured(run.outcomes),
      picked: tunedScore(judged) / distilled!.teacherReturn!.mean,
      threshold: judged.threshold,
      budget: judged.budget,
      weights: run.weights,
      studentWeights: run.studentWeights,
      fileBytes: made.bytes,
      liveUnits: run.liveUnits!,
      seconds: run.seconds,
    }
  })
}
