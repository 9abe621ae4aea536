/** Writes the best student of a task, chosen by its picking episodes and never by the reported ones, into its model folder. */
import { basename, join } from 'node:path'
import { distillDefaults } from '../../trainer/distill/options.ts'
import { pick } from '../../trainer/distill/pick.ts'
import { claimFolder } from '../../trainer/files/claim.ts'
import { failureRate } from '../../trainer/tasks/failed.ts'
import { loadTeacher } from '../../trainer/teachers/teacher.ts'
import { cardOf, checkOf, readCard, studentFiles, writeModel } from '../card.ts'
import { teacherIn } from '../models.ts'
import { type Measured, manySizes, type Plan, type Run, recipeWords } from './run.ts'

/** Before the work. The student that is there may be replaced where this same command has shipped it: it goes on, or is given again. */
export function claimShipped(plan: Plan, models: string, force: boolean): void {
  const folder = join(models, plan.task)
  const command = readCard(join(folder, studentFiles.card))?.at('command').value
  const own = command === commandOf(plan, models)
  claimFolder(folder, Object.values(studentFiles), { inputs: [plan.teacherFile], force: force || own })
}

export async function ship(plan: Plan, runs: readonly Run[], size: number, models: string): Promise<void> {
  const best = bestOf(runs)
  if (!best) return
  const { task, teacherFile } = plan
  const bytes = best.policy
  const { metadata } = loadTeacher(teacherFile)
  const { weights, liveUnits, threshold, seed, variant, student, teacher } = best
  const facts = {
    variant,
    made: 'offline',
    weights,
    bytes: bytes.length,
    // of the (400, 300) network that the paper counts against, and of the student before pruning
    keptOfPaperNetwork: weights / size,
    keptOfStudent: weights / best.studentWeights,
    liveUnits,
    threshold,
    weightBudget: plan.budgets[0],
    return: returnOf(student),
    median: student.median,
    fellRate: student.fellRate,
    failureRate: failureRate(student.outcomes, teacher.outcomes),
    retained: student.mean / teacher.mean,
    teacher: {
      file: basename(teacherFile),
      sha256: plan.teacherSha256,
      source: metadata.source ?? 'unknown',
      licence: metadata.licence ?? 'unknown',
      algorithm: metadata.algorithm ?? 'unknown',
      return: returnOf(teacher),
    },
    seed,
    // those that it was picked from
    seeds: [...new Set(runs.map((run) => run.seed))],
    check: checkOf(task, seed, student.episodes),
    command: commandOf(plan, models),
  }
  await writeModel(join(models, task), studentFiles, bytes, cardOf(studentFiles, bytes, { task }, facts))
}

/** By the rule that picks within a run too, on the picking episodes, each student's return as a share of its teacher's. */
export function bestOf(runs: readonly Run[]): Run | undefined {
  const ours = runs.filter(({ variant }) => manySizes(variant))
  if (!ours.length) return undefined
  const shares = ours.map((run) => ({ run, weights: run.weights, bytes: run.fileBytes, tunedReturn: run.picked }))
  return pick(shares, 1, { tolerance: distillDefaults.tolerance }).picked.run
}

const returnOf = ({ mean, std, episodes }: Measured) => ({ mean, std, episodes })

/** All that the student depends on; a teacher from elsewhere by its name, which the card's source and sha256 belong to. */
const commandOf = (plan: Plan, models: string): string => {
  const { task, teacherFile, variants, seeds, transitions, episodes } = plan
  const teacher = teacherFile === teacherIn(models, task) ? [] : ['--teacher', `${task}=${basename(teacherFile)}`]
  return [
    'bpd reproduce',
    task,
    ...teacher,
    '--variants',
    variants.join(','),
    '--seeds',
    seeds,
    '--transitions',
    transitions,
    ...recipeWords(plan),
    '--episodes',
    episodes,
    '--ship',
  ].join(' ')
}
