/** Each variant against the baseline, on all that the two have in common: what a third lacks takes nothing away. */
import { type Estimate, estimate, estimateOfTwo } from '../statistics/bootstrap.ts'
import { interquartileMean, meanOfTasks, pairedDifferences, probabilityOfImprovement } from '../statistics/scores.ts'
import { SEEDS_TO_RANK, type Study } from '../study.ts'
import type { Measured } from './measure.ts'

/** One variant and the baseline at one number of weights, with every teacher for which they have seeds enough in common. */
export interface Comparison {
  variant: string
  budget?: number
  teachers: string[]
  /** in common, of the teacher that has fewest */
  seeds: number
  interquartile: Estimate
  baseline: Estimate
  /** that a run of the variant scores higher than one of the baseline with the same teacher */
  probability: Estimate
  /** interquartile mean of the differences with the same teacher and seed: on the same data and episodes. Leaves out what is large, either way */
  paired: Estimate
  /** mean of the teachers' mean differences: leaves nothing out */
  pairedMean: Estimate
  /** mean difference, and in how many seeds it is above 0 */
  byTeacher: { teacher: string; seeds: number; paired: Estimate; ahead: number }[]
}

/** None where there are fewer than SEEDS_TO_RANK seeds. */
export function comparisonsAt(
  study: Study,
  runs: readonly Measured[],
  budget: number | undefined,
  { scoreOf, baseline }: { scoreOf: (run: Measured) => number; baseline: string },
): Comparison[] {
  const scoresOf = (variant: string, teacher: string) => {
    const own = runs.filter((run) => run.variant === variant && run.teacher === teacher && run.budget === budget)
    return new Map(own.map((run) => [run.seed, scoreOf(run)]))
  }
  return study.variants.flatMap(({ name: variant }) => {
    if (variant === baseline) return []
    const [teachers, ours, theirs]: [string[], number[][], number[][]] = [[], [], []]
    for (const { name } of study.teachers) {
      const [mine, other] = [scoresOf(variant, name), scoresOf(baseline, name)]
      const seeds = [...mine.keys()].filter((seed) => other.has(seed)).sort((a, b) => a - b)
      if (seeds.length < SEEDS_TO_RANK) continue
      teachers.push(name)
      ours.push(seeds.map((seed) => mine.get(seed)!))
      theirs.push(seeds.map((seed) => other.get(seed)!))
    }
    if (!teachers.length) return []
    const differences = pairedDifferences(ours, theirs)
    return [
      {
        variant,
        budget,
        teachers,
        seeds: Math.min(...ours.map((task) => task.length)),
        interquartile: estimate(ours, interquartileMean),
        baseline: estimate(theirs, interquartileMean),
        probability: estimateOfTwo(ours, theirs, probabilityOfImprovement),
        paired: estimate(differences, interquartileMean),
        pairedMean: estimate(differences, meanOfTasks),
        byTeacher: teachers.map((teacher, i) => ({
          teacher,
          seeds: differences[i].length,
          paired: estimate([differences[i]], meanOfTasks),
          ahead: differences[i].filter((x) => x > 0).length,
        })),
      },
    ]
  })
}
