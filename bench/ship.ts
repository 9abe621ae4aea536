/** Puts the smallest student of a task into its folder in models/, with its card: chosen by picking episodes, reported on others. */
import { readFileSync } from 'node:fs'
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
import { type Case, CHOOSING, type Measured } from './smallest-cases.ts'

/** Share of the teacher's return that a shipped student keeps, on episodes that chose nothing else. */
const KEEPS = 0.98
/** Share on the picking episodes from which on that is looked at. */
const NEAR = 0.97

/** Of those that keep enough the fewest weights, of these the one that keeps most, in the fewest bytes that keep enough too. Nothing where none does. */
export async function shipSmallest(name: string, one: Case, teacher: string, runs: readonly Measured[]): Promise<void> {
  const near = runs.filter(({ picked }) => picked >= NEAR)
  for (const run of near.sort((a, b) => a.budget - b.budget || b.picked - a.picked)) {
    const stored = await smallestFile(run, one.task)
    if (stored) return await ship(name, { one, teacher, runs }, run, stored)
  }
}

interface Stored {
  file: string
  /** of the reported episodes */
  outcomes: readonly Outcome[]
}

/** The student in the fewest bytes that keep enough on the choosing episodes; undefined where it does not as it is. */
async function smallestFile(run: Measured, task: string): Promise<Stored | undefined> {
  const folder = dirname(run.file)
  const teacherMean = outcomeStatistics(run.choosing).mean
  const play = (file: string, place: string, seed: number) =>
    evaluated(join(folder, place), { task, file, seed, episodes: run.student.length, workers: 1, force: true })
  const keeps = async (file: string) =>
    outcomeStatistics(await play(file, `choose-${basename(file, '.bpd')}`, CHOOSING + run.seed)).mean >=
    KEEPS * teacherMean
  if (!(await keeps(run.file))) return undefined
  let stored: Stored = { file: run.file, outcomes: run.student }
  for (const values of ['f16', 'mixed', 'int8']) {
    const stem = `${basename(run.file, '.bpd')}-${values}`
    const file = join(folder, `${stem}.bpd`)
    const words = ['quantise', run.file, '--values', values, '--no-recipe', '--data', run.data, '--out', file]
    await once(join(folder, stem), words, [run.file], { force: true })
    if (await keeps(file)) stored = { file, outcomes: await play(file, `eval-${stem}`, run.seed) }
  }
  return stored
}

interface From {
  one: Case
  teacher: string
  runs: readonly Measured[]
}

async function ship(name: string, { one, teacher, runs }: From, best: Measured, { file, outcomes }: Stored) {
  const { task } = one
  const seeds = [...new Set(runs.map((run) => run.seed))]
  const { seed } = best
  const teachers = outcomeStatistics(best.teacher)
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
    command: `node bench/smallest.ts ${name} --seeds ${seeds.length} --ship`,
  }
  await writeModel(join('models', task), smallestFiles, bytes, cardOf(smallestFiles, bytes, { task }, facts))
}

const returnOf = (outcomes: readonly Outcome[]) => {
  const { mean, std, episodes } = outcomeStatistics(outcomes)
  return { mean, std, episodes }
}
