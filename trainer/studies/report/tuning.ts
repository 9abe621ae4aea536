/** How much each variant may try: said, so that nobody's search is larger than it looks. */
import type { DistillOptions } from '../../distill/options.ts'
import { isStaged, planOf as stagesOf } from '../../distill/stages/plan.ts'
import { weightsOfSizes } from '../../distill/variants/dense.ts'
import { variantOf } from '../../distill/variants.ts'
import { createTask } from '../../tasks/registry.ts'
import type { Entry, Plan } from '../plan.ts'

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
  /** updates of a student until it has each number of weights, of the teacher with fewest and with most; a stage counts those before it */
  updates: { budget?: number; least: number; most: number }[]
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
        updates: updatesOf(own, plan),
      },
    ]
  })
}

function updatesOf(own: readonly Entry[], { jobs }: Plan): Tuning['updates'] {
  const counts = new Map<number | undefined, number[]>()
  for (const { made, task, budget, weights } of own) {
    const { job } = jobs.find(({ id }) => id === made)!
    if (job.kind !== 'distil') continue
    const count = countOf(job.options as unknown as DistillOptions, task, weights)
    counts.set(budget, [...(counts.get(budget) ?? []), count])
  }
  return [...counts].map(([budget, all]) => ({ budget, least: Math.min(...all), most: Math.max(...all) }))
}

function countOf(options: DistillOptions, task: string, weights: number | undefined): number {
  const trained = Math.floor(options.steps / options.policyDelay)
  if (!isStaged(options)) return trained + options.tuneUpdates
  const { observationNames, actionNames } = createTask(task).spec
  const [inputs, outputs] = [observationNames.length, actionNames.length]
  const rounds = stagesOf(
    weightsOfSizes([inputs, ...variantOf(options.variant).hidden(options, inputs, outputs), outputs]),
    options,
  )
  const last = rounds.findLastIndex(({ kind, to }) => kind === 'anneal' && (weights === undefined || to === weights))
  return trained + rounds.slice(0, last + 1).reduce((sum, { updates }) => sum + updates, 0)
}
