/** Writes the best student of a task, chosen by its picking episodes and never by the reported ones, into its model folder. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isVariational } from '../../trainer/distill/variants.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { loadTeacher } from '../../trainer/teachers/teacher.ts'
import { makeFolder } from '../files.ts'
import { versions } from '../versions.ts'
import { teacherIn } from './presets.ts'
import { type Measured, type Plan, type Run, recipeWords } from './run.ts'

export async function ship(plan: Plan, runs: readonly Run[], size: number, models: string): Promise<void> {
  const best = bestOf(runs)
  if (!best) return
  const { task, teacherFile } = plan
  const bytes = readFileSync(best.file)
  const { metadata } = loadTeacher(teacherFile)
  const { weights, liveUnits, threshold, seed, variant, student, teacher } = best
  const card = {
    ...{ task, file: 'student.bpd', sha256: sha256(bytes), variant, weights, bytes: bytes.length },
    // of the (400, 300) network that the paper counts against, and of the student before pruning
    ...{ keptOfTeacher: weights / size, keptOfStudent: weights / best.studentWeights, liveUnits, threshold },
    weightBudget: plan.budgets[0],
    return: returnOf(student),
    ...{ median: student.median, failureRate: student.failureRate, retained: student.mean / teacher.mean },
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
    check: `bpd eval ${task} models/${task}/student.bpd --seed ${seed} --episodes ${student.episodes}`,
    command: commandOf(plan, models),
    licence: 'MIT, as the rest of this repository',
    versions: versions(),
  }
  const folder = join(models, task)
  makeFolder(folder)
  await writeFile(join(folder, 'student.bpd'), bytes)
  await writeFile(join(folder, 'student.json'), `${JSON.stringify(card, null, 2)}\n`)
}

/** On the picking episodes: of those that retain 98 % the one with the fewest weights; where none does, the one that retains the most. */
function bestOf(runs: readonly Run[]): Run | undefined {
  const ours = runs.filter(({ variant }) => isVariational(variant))
  const good = ours.filter(({ picked }) => picked >= 0.98)
  if (good.length) return good.reduce((a, b) => (b.weights < a.weights ? b : a))
  return ours.reduce<Run | undefined>((a, b) => (a && a.picked >= b.picked ? a : b), undefined)
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

const returnOf = ({ mean, std, episodes }: Measured) => ({ mean, std, episodes })

/** All that the student depends on; a teacher from elsewhere by its name, which the card's source and sha256 belong to. */
const commandOf = (plan: Plan, models: string): string => {
  const { task, teacherFile, variants, seeds, transitions, episodes } = plan
  const teacher = teacherFile === teacherIn(models, task) ? [] : ['--teacher', `${task}=${basename(teacherFile)}`]
  return [
    ...['bpd reproduce', task, ...teacher, '--variants', variants.join(','), '--seeds', seeds],
    ...['--transitions', transitions, ...recipeWords(plan), '--episodes', episodes, '--ship'],
  ].join(' ')
}
