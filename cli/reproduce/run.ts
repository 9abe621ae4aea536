/** One task of the table: per seed collect, distill each variant, and evaluate teacher and student on the same reported episodes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { distillOptions, recipeOf } from '../../trainer/distill/options.ts'
import { type Cut, type SweepPoint, tunedScore } from '../../trainer/distill/points.ts'
import { type VariantName, variantOf } from '../../trainer/distill/variants.ts'
import { shares } from '../../trainer/studies/paper.ts'
import { type Outcome, type OutcomeStatistics, outcomeStatistics } from '../../trainer/tasks/evaluate.ts'
import { evaluated } from '../jobs/evaluated.ts'
import { once } from '../jobs/once.ts'

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
  threads: number
  /** what is not the task's recipe, for every `bpd distill` */
  given: { steps?: number; tuneUpdates?: number }
  folder: string
  /** what another recipe has finished there may go */
  force: boolean
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
  file: string
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

/** What a variant's students may weigh, one each. */
export const budgetsOf = ({ budgets }: Plan, variant: Reproduced): readonly number[] =>
  manySizes(variant) ? budgets : budgets.slice(0, 1)

/** What is not the task's recipe, as options of `bpd distill`. */
export const recipeWords = ({ given: { steps, tuneUpdates } }: Plan): string[] =>
  Object.entries({ '--steps': steps, '--tune-updates': tuneUpdates }).flatMap(([flag, value]) =>
    value === undefined ? [] : [flag, `${value}`],
  )

/** All runs of one seed. `onRun` is told of each as it is done. */
export async function runSeed(plan: Plan, seed: number, onRun: (run: Run) => void): Promise<Run[]> {
  const { task, teacherFile, variants, folder, transitions, sigmas, threads, force } = plan
  const ofSeed = ['--seed', `${seed}`]
  const collected = join(folder, `collect-${seed}`)
  const data = join(collected, 'transitions.safetensors')
  const fromTeacher = [task, '--teacher', teacherFile]
  const size = ['--transitions', `${transitions}`, '--workers', `${threads}`]
  const noise = sigmas ? ['--sigmas', sigmas.join(',')] : []
  await once(collected, ['collect', ...fromTeacher, ...size, ...noise, ...ofSeed, '--out', data], [teacherFile], {
    force,
  })
  const measure = async (file: string, place: string): Promise<Measured> => {
    const how = { task, file, seed, episodes: plan.episodes, workers: threads, force }
    const outcomes = await evaluated(join(folder, place), how)
    return { ...outcomeStatistics(outcomes), outcomes }
  }
  const teacher = await measure(teacherFile, `teacher-${seed}`)

  /** The students of one distillation, one for each budget. */
  const distilled = async (variant: Reproduced, aim: readonly string[], budgets: readonly number[]): Promise<Run[]> => {
    const place = `${variant}-${seed}`
    const out = join(folder, place)
    const own = ['--variant', variant, ...aim, ...ofSeed, '--threads', `${threads}`, '--every', '--resume']
    const words = ['distill', ...fromTeacher, '--data', data, '--out', out, ...own, ...recipeWords(plan)]
    // a task's recipe that changes makes another job of the same command
    const unlessGiven = recipeOf(distillOptions(task, { seed, threads }))
    const result = await once(out, words, [teacherFile, data], { unlessGiven, force })
    const points = result.sweep as SweepPoint[]
    const runs: Run[] = []
    for (const [i, weightBudget] of budgets.entries()) {
      const file = join(out, `point-${i + 1}.bpd`)
      const bytes = readFileSync(file)
      const { weights, layers } = decodePolicy(bytes, file)
      const { threshold, budget } = points[i]
      const run = {
        variant,
        share: shares[i],
        weightBudget,
        seed,
        file,
        teacher,
        weights,
        threshold,
        budget,
        fileBytes: bytes.length,
        student: await measure(file, `${place}-eval-${i + 1}`),
        picked: tunedScore(points[i]) / (result.teacherReturn as { mean: number }).mean,
        studentWeights: Number(result.studentWeights),
        liveUnits: layers.map((layer) => layer.liveUnits),
        seconds: Number(result.seconds),
      }
      onRun(run)
      runs.push(run)
    }
    return runs
  }
  const runs: Run[] = []
  for (const variant of reproduced.filter((name) => variants.includes(name))) {
    const budgets = budgetsOf(plan, variant)
    // the baselines clone only, like `no-q`: what the value term does is the difference between the first two rows
    const aim = manySizes(variant)
      ? ['--keep', budgets.join(','), '--max-weights', `${budgets[0]}`]
      : ['--budget', `${budgets[0]}`, '--value-weight', '0']
    runs.push(...(await distilled(variant, aim, budgets)))
  }
  return runs
}
