/**
 * The smallest students at full return: a teacher's students cut in stages on their own states (docs/smallest.md), for several seeds, every
 * student on 100 episodes that neither training nor picking saw. Prints JSON; with --write it takes its rows in `bench/results/smallest.json` too.
 *
 *   node bench/smallest.ts [CASE…] [--seeds 3] [--first-seed 1] [--jobs 1] [--teachers FOLDER] [--runs runs/smallest] [--write]
 *
 * What is done is kept under the run folder, and a second call goes on from there. Without --teachers only our own teachers are taken.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { intervalOf } from '../cli/ablate/interval.ts'
import { once } from '../cli/jobs/once.ts'
import { inPool } from '../cli/jobs/pool.ts'
import { decodePolicy } from '../runtime-as/format/decode.ts'
import { writeFile } from '../trainer/files/replace.ts'
import { median } from '../trainer/tasks/evaluate.ts'

interface Case {
  task: string
  /** in models/ or in the folder of public ones */
  teacher: string
  keep: readonly number[]
  transitions: number
  /** options of `bpd distill` beside */
  recipe: string
}

const common = '--variant obd --steps 50000 --actor-rate 0.001 --stage-share 0.8 --swap 0.2 --own-states 30000'
const short = `${common} --tune-updates 80000`
const long = `${common} --tune-updates 120000 --rounds 9 --round-updates 25000 --stage-updates 10000`

const cases: Record<string, Case> = {
  hopper: {
    task: 'hopper',
    teacher: 'models/hopper',
    keep: [425, 212],
    transitions: 100_000,
    recipe: `${short} --search 1500`,
  },
  halfcheetah: {
    task: 'halfcheetah',
    teacher: 'models/halfcheetah',
    keep: [1428, 714],
    transitions: 200_000,
    recipe: long,
  },
  'halfcheetah-tqc': {
    task: 'halfcheetah',
    teacher: 'tqc-HalfCheetah-v3.safetensors',
    keep: [1428, 714],
    transitions: 200_000,
    recipe: long,
  },
  'walker2d-trpo': {
    task: 'walker2d',
    teacher: 'trpo-Walker2d-v3.safetensors',
    keep: [543, 271],
    transitions: 200_000,
    recipe: short,
  },
  'ant-trpo': {
    task: 'ant',
    teacher: 'trpo-Ant27-v3.safetensors',
    keep: [803, 401],
    transitions: 200_000,
    recipe: short,
  },
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '3' },
    'first-seed': { type: 'string', default: '1' },
    jobs: { type: 'string', default: '1' },
    teachers: { type: 'string' },
    runs: { type: 'string', default: join('runs', 'smallest') },
    episodes: { type: 'string', default: '100' },
    write: { type: 'boolean', default: false },
  },
})
const unknown = positionals.find((name) => !Object.hasOwn(cases, name))
if (unknown) throw new Error(`${unknown}: expected one of ${Object.keys(cases).join(', ')}`)

interface Returns {
  mean: number
  std: number
  median: number
  fellRate: number
  returns: number[]
}

interface Measured {
  seed: number
  budget: number
  weights: number
  bytes: number
  environmentSteps: { ownStates: number; search: number }
  seconds: number
  teacher: Returns
  student: Returns
}

/** Every student of one seed. */
async function measure(
  name: string,
  { task, keep, transitions, recipe }: Case,
  teacher: string,
  seed: number,
): Promise<Measured[]> {
  const folder = join(values.runs, name)
  const out = join(folder, `distil-${seed}`)
  const data = join(folder, `data-${seed}`, 'transitions.safetensors')
  const ofSeed = ['--seed', `${seed}`]
  const how = { force: false }
  const collect = [
    'collect',
    task,
    '--teacher',
    teacher,
    '--transitions',
    `${transitions}`,
    '--workers',
    '1',
    ...ofSeed,
  ]
  await once(join(folder, `data-${seed}`), [...collect, '--out', data], [], how)
  const evaluate = async (file: string, place: string): Promise<Returns> => {
    const words = ['eval', task, file, '--episodes', values.episodes, '--workers', '1', ...ofSeed]
    const result = await once(join(folder, place), words, [], how)
    return { ...(result.return as Omit<Returns, 'returns'>), returns: result.returns as number[] }
  }
  const ofTeacher = await evaluate(teacher, `teacher-${seed}`)
  const words = [
    'distill',
    task,
    '--teacher',
    teacher,
    '--data',
    data,
    '--out',
    out,
    '--keep',
    keep.join(','),
    ...recipe.split(' '),
  ]
  const distilled = await once(out, [...words, ...ofSeed, '--threads', '1', '--every', '--resume'], [data], how)
  const students: Measured[] = []
  for (const [i, point] of (
    distilled.sweep as { budget: number; environmentSteps: Measured['environmentSteps'] }[]
  ).entries()) {
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
      student: await evaluate(file, `eval-${seed}-${point.budget}`),
    })
  }
  return students
}

const table: Record<string, unknown>[] = []
const names = positionals.length ? positionals : Object.keys(cases)
for (const name of names) {
  const one = cases[name]
  const teacher = existsSync(one.teacher) ? one.teacher : values.teachers && join(values.teachers, one.teacher)
  if (!teacher || !existsSync(teacher)) {
    console.error(`${name}: skipped: no ${one.teacher}`)
    continue
  }
  const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => Number(values['first-seed']) + i)
  const runs = (
    await inPool(
      Number(values.jobs),
      seeds.map((seed) => () => measure(name, one, teacher, seed)),
    )
  ).flat()
  for (const budget of one.keep) {
    const own = runs.filter((run) => run.budget === budget)
    const retained = own.map(({ student, teacher: its }) => student.mean / its.mean)
    const mean = (of: (run: Measured) => number) => own.reduce((sum, run) => sum + of(run), 0) / own.length
    table.push({
      case: name,
      task: one.task,
      teacherReturn: mean((run) => run.teacher.mean),
      budget,
      weights: mean((run) => run.weights),
      bytes: mean((run) => run.bytes),
      return: mean((run) => run.student.mean),
      median: median(own.flatMap((run) => run.student.returns)),
      retained: intervalOf(retained),
      worstSeed: Math.min(...retained),
      fell: mean((run) => run.student.fellRate),
      environmentSteps: mean((run) => run.environmentSteps.ownStates),
      seconds: mean((run) => run.seconds),
      seeds,
      episodes: Number(values.episodes),
      recipe: one.recipe,
      perSeed: own.map(({ seed, weights, student }, i) => ({
        seed,
        weights,
        retained: retained[i],
        fell: student.fellRate,
      })),
    })
  }
}
console.log(JSON.stringify(table, null, 2))
if (values.write) {
  const file = new URL('results/smallest.json', import.meta.url)
  const before: { case: string }[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  const order = Object.keys(cases)
  const all = [...before.filter((row) => !names.includes(row.case)), ...table]
  all.sort((a, b) => order.indexOf(`${a.case}`) - order.indexOf(`${b.case}`))
  await writeFile(fileURLToPath(file), `${JSON.stringify(all, null, 2)}\n`)
}
