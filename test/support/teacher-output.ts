/** What a teacher's own numbers give for an observation: the last layer's output, scaled to its bounds where it is squashed by tanh. */
import { graphOf } from '../../trainer/teachers/graph/plain.ts'
import { graphRunner } from '../../trainer/teachers/graph/run.ts'
import type { Teacher } from '../../trainer/teachers/teacher.ts'

export function outputOf(teacher: Teacher, observation: readonly number[]): number[] {
  const { network, graph, squash, actionLow: low, actionHigh: high } = teacher
  const y = graphRunner(graph ?? graphOf(network))(observation)
  if (squash === 'clip' || !low || !high)
    return Array.from(y, (z, i) => Math.min(high?.[i] ?? z, Math.max(low?.[i] ?? z, z)))
  return Array.from(y, (z, i) => (low[i] + high[i]) / 2 + ((high[i] - low[i]) / 2) * z)
}
