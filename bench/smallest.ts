/**
 * The smallest students at full return: a teacher's students cut in stages on their own states (docs/smallest.md), for several seeds, every student on
 * 100 episodes that neither training nor picking saw. Prints JSON; with --write it takes its rows in `bench/results/smallest.json` too.
 *
 *   node bench/smallest.ts [CASE…] [--seeds 3] [--jobs 1] [--runs runs/smallest] [--write] [--ship]
 *
 * What is done is kept under the run folder, and a second call goes on from there. --ship puts the student of fewest weights that keeps 98 % on the picking episodes into models/, as smallest.bpd with its card.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { intervalOf } from '../cli/ablate/interval.ts'
import { decodePolicy } from '../runtime-as/format/decode.ts'
import type { SweepPoint } from '../trainer/distill/points.ts'
import { writeFile } from '../trainer/files/replace.ts'
import { median, type Outcome, outcomeStatistics, type ReturnStatistics } from '../trainer/tasks/evaluate.ts'
import { failureRate } from '../trainer/tasks/failed.ts'
import { teacherFile } from '../trainer/teachers/teacher.ts'
import { evaluated } from './jobs/evaluated.ts'
import { once } from './jobs/once.ts'
import { inPool } from './jobs/pool.ts'
import { shipSmallest } from './ship.ts'
import { type Case, CHOOSING, cases, type Measured } from './smallest-cases.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '3' },
    jobs: { type: 'string', default: '1' },
    runs: { type: 'string', default: join('runs', 'smallest') },
    write: { type: 'boolean', default: false },
    ship: { type: 'boolean', default: false },
  },
})
const unknown = positionals.find((name) => !Object.hasOwn(cases, name))
if (unknown) throw new Error(`${unknown}: expected one of ${Object.keys(cases).join(', ')}`)
const EPISODES = 100

/** Every student of one seed. */
async function measure(name: string, one: Case, teacher: string, seed: number): Promise<Measured[]> {
  const { task, keep, transitions, recipe } = one
  const folder = join(values.runs, name)
  const [collected, out] = [join(folder, `data-${seed}`), join(folder, `distil-${seed}`)]
  const data = join(collected, 'transitions.safetensors')
  const how = { force: false }
  const seeded = ['--seed', `${seed}`]
  const from = [task, '--teacher', teacher]
  const collect = ['collect', ...from, '--transitions', `${transitions}`, '--workers', '1', ...seeded]
  await once(collected, [...collect, '--out', data], [], how)
  const play = (file: string, place: string, on = seed) =>
    evaluated(join(folder, place), { task, file, seed: on, episodes: EPISODES, workers: 1, force: false })
  const ofTeacher = await play(teacher, `teacher-${seed}`)
  const choosing = await play(teacher, `teacher-choosing-${seed}`, CHOOSING + seed)
  const words = ['distill', ...from, '--data', data, '--out', out, '--keep', keep.join(','), ...recipe.split(' ')]
  const all = [...words, ...seeded, '--threads', '1']
  const distilled = await once(out, [...all, '--every', '--resume'], [data], how)
  // a teacher that falls now and then is another one in every fifty episodes: held against all that is not reported
  const asPicking = distilled.teacherReturn as ReturnStatistics
  const played = outcomeStatistics(choosing)
  const teacherMean =
    (asPicking.mean * asPicking.episodes + played.mean * played.episodes) / (asPicking.episodes + played.episodes)
  const students: Measured[] = []
  for (const [i, point] of (distilled.sweep as Required<SweepPoint>[]).entries()) {
    const file = join(out, `point-${i + 1}.bpd`)
    const bytes = readFileSync(file)
    students.push({
      seed,
      budget: point.budget,
      weights: decodePolicy(bytes, file).weights,
      bytes: bytes.length,
      environmentSteps: point.environmentSteps,
      seconds: Number(distilled.seconds),
      teacher: ofTeacher,
      choosing,
      student: await play(file, `eval-${seed}-${point.budget}`),
      picked: point.tunedReturn / teacherMean,
      file,
      data,
    })
  }
  return students
}

/** One row of the table: all seeds of a case at one budget. */
function rowOf(name: string, { task, recipe }: Case, budget: number, runs: readonly Measured[]) {
  const own = runs.filter((run) => run.budget === budget)
  const mean = (of: (run: Measured) => number) => own.reduce((sum, run) => sum + of(run), 0) / own.length
  const meanOf = (outcomes: readonly Outcome[]) => outcomeStatistics(outcomes).mean
  const retained = own.map(({ student, teacher }) => meanOf(student) / meanOf(teacher))
  return {
    case: name,
    task,
    teacherReturn: mean((run) => meanOf(run.teacher)),
    budget,
    weights: mean((run) => run.weights),
    bytes: mean((run) => run.bytes),
    return: mean((run) => meanOf(run.student)),
    median: median(own.flatMap((run) => run.student.map((outcome) => outcome.return))),
    retained: intervalOf(retained),
    perSeed: retained,
    fellRate: mean((run) => outcomeStatistics(run.student).fellRate),
    failureRate: mean((run) => failureRate(run.student, run.teacher)),
    environmentSteps: mean(({ environmentSteps: steps }) => (steps ? steps.ownStates + steps.search : 0)),
    seconds: mean((run) => run.seconds),
    seeds: own.map((run) => run.seed),
    episodes: EPISODES,
    recipe,
  }
}

const names = positionals.length ? positionals : Object.keys(cases)
const rows: ReturnType<typeof rowOf>[] = []
for (const name of names) {
  const one = cases[name]
  const teacher = teacherFile(one.teacher)
  const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => () => measure(name, one, teacher, i + 1))
  const runs = (await inPool(Number(values.jobs), seeds)).flat()
  if (values.ship) await shipSmallest(name, one, teacher, runs)
  rows.push(...one.keep.map((budget) => rowOf(name, one, budget, runs)))
}
console.log(JSON.stringify(rows, null, 2))
if (values.write) {
  const file = fileURLToPath(new URL('results/smallest.json', import.meta.url))
  const before: { case: string }[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  const order = Object.keys(cases)
  const all = [...before.filter((row) => !rows.some((mine) => mine.case === row.case)), ...rows]
  all.sort((a, b) => order.indexOf(a.case) - order.indexOf(b.case))
  await writeFile(file, `${JSON.stringify(all, null, 2)}\n`)
}
