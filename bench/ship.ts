/** Puts the smallest student of a task into its folder in models/, with its card: chosen by picking episodes, reported on others. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { cardOf, checkOf, smallestFiles, writeModel } from '../cli/card.ts'
import { decodePolicy } from '../runtime-as/format/decode.ts'
import { valuesOf } from '../runtime-as/format/network.ts'
import { sha256OfFile } from '../trainer/files/sha256.ts'
import { type Outcome, outcomeStatistics } from '../trainer/tasks/evaluate.ts'
import { failureRate } from '../trainer/tasks/failed.ts'
import { openTeacher } from '../trainer/teachers/import.ts'
import { teacherFile } from '../trainer/teachers/teacher.ts'
import { evaluated } from './jobs/evaluated.ts'
import { once } from './jobs/once.ts'
import type { Case, Measured } from './smallest-cases.ts'

/** Share of the teacher's return that a shipped student keeps. */
const KEEPS = 0.98
/** Added to the seed of the episodes that the type of the weights is chosen on. */
const CHOOSING = 1000

/** Of those that keep enough the fewest weights, of these the one that keeps most; in fewer bytes where they keep enough too. Nothing where none does. */
export async function shipSmallest(name: string, one: Case, teacher: string, runs: readonly Measured[]): Promise<void> {
  const { task } = one
  const seeds = [...new Set(runs.map((run) => run.seed))]
  // a public one lies wherever the user has it
  const ours = existsSync(one.teacher)
  const good = runs.filter(({ picked }) => picked >= KEEPS)
  if (good.length === 0) return
  const fewest = Math.min(...good.map(({ budget }) => budget))
  const best = good.filter(({ budget }) => budget === fewest).reduce((a, b) => (b.picked > a.picked ? b : a))
  const { seed } = best
  const teachers = outcomeStatistics(best.teacher)
  const folder = dirname(best.file)
  const play = (of: string, place: string, from: number) =>
    evaluated(join(folder, place), {
      task,
      file: of,
      seed: from,
      episodes: best.student.length,
      workers: 1,
      force: true,
    })
  let [file, outcomes] = [best.file, best.student]
  for (const values of ['f16', 'mixed', 'int8']) {
    const stem = `${basename(best.file, '.bpd')}-${values}`
    const out = join(folder, `${stem}.bpd`)
    const words = ['quantise', best.file, '--values', values, '--no-recipe', '--data', best.data, '--out', out]
    await once(join(folder, stem), words, [best.file], { force: true })
    // what chooses is not what is reported
    const { mean } = outcomeStatistics(await play(out, `choose-${stem}`, CHOOSING + seed))
    if (mean < KEEPS * teachers.mean) continue
    file = out
    outcomes = await play(out, `eval-${stem}`, seed)
  }
  const bytes = readFileSync(file)
  const { weights, layers, network } = decodePolicy(bytes, file)
  const { metadata } = await openTeacher(teacherFile(teacher))
  const student = outcomeStatistics(outcomes)
  const facts = {
    variant: 'obd',
    weights,
    bytes: bytes.length,
    values: valuesOf(network),
    liveUnits: layers.map(({ liveUnits }) => liveUnits),
    weightBudget: best.budget,
    made: 'on-policy',
    environmentSteps: best.environmentSteps,
    return: returnOf(outcomes),
    median: student.median,
    fellRate: student.fellRate,
    failureRate: failureRate(outcomes, best.teacher),
    retained: student.mean / teachers.mean,
    teacher: {
      file: basename(teacherFile(teacher)),
      sha256: sha256OfFile(teacherFile(teacher)),
      source: metadata.source ?? 'bpd teach',
      licence: metadata.licence ?? 'MIT, as the rest of this repository',
      algorithm: metadata.algorithm ?? 'unknown',
      return: returnOf(best.teacher),
    },
    seed,
    seeds,
    check: checkOf(task, seed, outcomes.length, task, smallestFiles),
    recipe: one.recipe,
    command: `node bench/smallest.ts ${name}${ours ? '' : ' --teachers FOLDER'} --seeds ${seeds.length} --ship`,
  }
  await writeModel(join('models', task), smallestFiles, bytes, cardOf(smallestFiles, bytes, { task }, facts))
}

const returnOf = (outcomes: readonly Outcome[]) => {
  const { mean, std, episodes } = outcomeStatistics(outcomes)
  return { mean, std, episodes }
}
