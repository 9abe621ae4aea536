/** Writes the best student of a task, chosen by its picking episodes and never by the reported ones, into its model folder. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { writeFile } from '../../runtime-as/replace.ts'
import { makeFolder } from '../files.ts'
import { versions } from '../versions.ts'
import { root } from './presets.ts'
import type { Plan, Run } from './run.ts'

export async function ship(plan: Plan, runs: readonly Run[], size: number): Promise<void> {
  const ours = runs.filter(({ variant }) => variant === 'bpd' || variant === 'no-q')
  if (ours.length === 0) return
  const best = ours.reduce((a, b) => (b.picked > a.picked ? b : a))
  const folder = join(root, 'models', plan.task)
  makeFolder(folder)
  const bytes = readFileSync(best.file)
  const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')
  const { mean, std, episodes } = best.student
  const { weights, liveUnits, threshold, seed, variant } = best
  const card = {
    ...{ task: plan.task, file: 'student.bpd', sha256: sha256(bytes), variant, weights, bytes: bytes.length },
    ...{ keptOfTeacher: weights / size, keptOfStudent: weights / best.studentWeights, liveUnits, threshold },
    return: { mean, std, episodes },
    median: best.student.median,
    failureRate: best.student.failureRate,
    teacher: {
      file: relative(root, plan.teacherFile),
      sha256: sha256(readFileSync(plan.teacherFile)),
      return: best.teacher.mean,
    },
    seed,
    check: `bpd eval ${plan.task} models/${plan.task}/student.bpd --seed ${seed} --episodes ${episodes}`,
    command: ['bpd reproduce', plan.task, '--seeds', plan.seeds, '--ship', '--', ...plan.recipe].join(' '),
    licence: 'MIT, as the rest of this repository',
    versions: versions(),
  }
  await writeFile(join(folder, 'student.bpd'), bytes)
  await writeFile(join(folder, 'student.json'), `${JSON.stringify(card, null, 2)}\n`)
}
