/** How much each variant may try: said, so that nobody's search is larger than it looks. */
import type { DistillOptions } from '../../distill/options.ts'
import { isStaged } from '../../distill/stages/plan.ts'
import type { Plan } from '../plan.ts'

export interface Tuning {
  variant: string
  /** trainings for all numbers of weights, per teacher and seed */
  trainings: number
  /** critic steps T of each; the student moves at every `policyDelay`-th */
  steps: number[]
  /** updates of each student with its mask frozen, or at the end of its stages */
  tuneUpdates: number[]
  /** weight of the value term */
  valueWeight: number[]
  /** penalties that are tried, the best kept by the picking episodes */
  penalties?: readonly number[]
  staged: boolean
}

export function tuningOf(plan: Plan): Tuning[] {
  return plan.study.variants.flatMap(({ name, online }) => {
    if (online) return []
    const own = plan.entries.filter((entry) => entry.variant === name)
    const made = [...new Set(own.map((entry) => entry.made))].map((id) => plan.jobs.find((job) => job.id === id)!)
    const options = made.flatMap(({ job }) => (job.kind === 'distil' ? [job.options as unknown as DistillOptions] : []))
    const each = (of: (one: DistillOptions) => number) => [...new Set(options.map(of))].sort((a, b) => a - b)
    const runs = plan.study.seeds * plan.study.teachers.length
    const penalties = options[0]?.l1Path
    return [
      {
        variant: name,
        trainings: (made.length / runs) * (penalties?.length ?? 1),
        steps: each((one) => one.steps),
        tuneUpdates: each((one) => one.tuneUpdates),
        valueWeight: each((one) => one.valueWeight),
        ...(penalties && { penalties }),
        staged: options.some(isStaged),
      },
    ]
  })
}
