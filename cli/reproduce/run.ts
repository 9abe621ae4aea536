/** One task of the table: per seed collect, distill each variant, and evaluate teacher and student on the same reported episodes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodePolicy } from '../../runtime-as/decode.ts'
import type { VariantName } from '../../trainer/distill/variants.ts'
import type { OutcomeStatistics } from '../../trainer/tasks/evaluate.ts'
import { once, type Result } from './jobs.ts'

export const reproduced = ['bpd', 'no-q', 'magnitude', 'dense'] as const satisfies VariantName[]
export type Reproduced = (typeof reproduced)[number]

export interface Plan {
  task: string
  teacherFile: string
  variants: readonly Reproduced[]
  seeds: number
  transitions: number
  episodes: number
  /** most weights of `bpd` and `no-q` */
  maxWeights: number
  threads: number
  /** passed to every `bpd distill` */
  recipe: readonly string[]
  folder: string
}

export interface Measured extends OutcomeStatistics {
  returns: number[]
}

/** One student. */
export interface Run {
  variant: Reproduced
  seed: number
  file: string
  teacher: Measured
  student: Measured
  /** share of the teacher's return on the picking episodes: what may choose between students */
  picked: number
  threshold: number
  weights: number
  studentWeights: number
  fileBytes: number
  liveUnits: number[]
  seconds: number
}

/** All runs of one seed. `onRun` is told of each as it is done. */
export async function runSeed(plan: Plan, seed: number, onRun: (run: Run) => void): Promise<Run[]> {
  const { task, teacherFile, variants, folder, transitions, recipe, threads } = plan
  const ofSeed = ['--seed', `${seed}`]
  const collected = join(folder, `collect-${seed}`)
  const data = join(collected, 'transitions.safetensors')
  const fromTeacher = [task, '--teacher', teacherFile]
  const size = ['--transitions', `${transitions}`, '--workers', `${threads}`]
  await once(collected, ['collect', ...fromTeacher, ...size, ...ofSeed, '--out', data], [teacherFile])
  const measure = async (file: string, place: string): Promise<Measured> => {
    const how = ['--episodes', `${plan.episodes}`, '--workers', `${threads}`, ...ofSeed]
    const result = await once(join(folder, place), ['eval', task, file, ...how], [file])
    return { ...(result.return as OutcomeStatistics), returns: result.returns as number[] }
  }
  const teacher = await measure(teacherFile, `teacher-${seed}`)

  const one = async (variant: Reproduced, budget: readonly string[]): Promise<Run> => {
    const place = `${variant}-${seed}`
    const out = join(folder, place)
    const own = ['--variant', variant, ...budget, ...ofSeed, '--threads', `${threads}`, '--resume']
    const words = ['distill', ...fromTeacher, '--data', data, '--out', out, ...own, ...recipe]
    const distilled = await once(out, words, [teacherFile, data])
    const file = join(out, 'student.bpd')
    const bytes = readFileSync(file)
    const { weights, layers } = decodePolicy(bytes, file)
    const run = {
      ...{ variant, seed, file, teacher, weights, fileBytes: bytes.length },
      student: await measure(file, `${place}-eval`),
      picked: pickedShare(distilled),
      threshold: Number(distilled.threshold),
      studentWeights: Number(distilled.studentWeights),
      liveUnits: layers.map((layer) => layer.liveUnits),
      seconds: Number(distilled.seconds),
    }
    onRun(run)
    return run
  }
  // the student that the others are compared with goes first: they get as many weights as it keeps
  const order = reproduced.filter((name) => variants.includes(name))
  const runs: Run[] = []
  for (const name of order) {
    const sparse = name === 'bpd' || name === 'no-q'
    const budget = `${runs[0]?.weights ?? plan.maxWeights}`
    runs.push(await one(name, sparse ? ['--max-weights', `${plan.maxWeights}`] : ['--budget', budget]))
  }
  return runs
}

function pickedShare({ threshold, sweep, teacherReturn }: Result): number {
  const points = sweep as { threshold: number; tunedReturn: number }[]
  return points.find((point) => point.threshold === threshold)!.tunedReturn / (teacherReturn as { mean: number }).mean
}
