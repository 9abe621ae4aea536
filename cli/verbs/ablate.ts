/** Variants of the method against each other: same teacher, same data, several seeds, every run a process of its own. */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { InputError } from '../../runtime-as/errors.ts'
import { claimFolder } from '../../trainer/files/claim.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { type Outcome, outcomeStatistics } from '../../trainer/tasks/evaluate.ts'
import { failureRate } from '../../trainer/tasks/failed.ts'
import { createTask, prepareTask, taskOrigin } from '../../trainer/tasks/registry.ts'
import { openTeacher } from '../../trainer/teachers/import.ts'
import { requireFit, teacherFile as teacherFileOf, teacherWeights } from '../../trainer/teachers/teacher.ts'
import { contenders } from '../ablate/contenders.ts'
import { intervalOf } from '../ablate/interval.ts'
import { ablationTable, type Run, rowOf } from '../ablate/rows.ts'
import { checkCard } from '../card.ts'
import { evaluated } from '../jobs/evaluated.ts'
import { once } from '../jobs/once.ts'
import { inPool } from '../jobs/pool.ts'
import { shippedModels, teacherIn } from '../models.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { printResult, withProgress } from '../terminal.ts'
import { type CommonOptions, episodesOption, integer, list, verb } from '../verb.ts'

interface Options extends CommonOptions, OutputOptions {
  teacher?: string
  variants: string[]
  seeds: number
  transitions: number
  episodes: number
  budget?: number
  jobs: number
  out?: string
}

const names = Object.keys(contenders)

const variant = (text: string): string => {
  if (!names.includes(text)) throw new InvalidArgumentError(`Expected names out of ${names.join(', ')}.`)
  return text
}

export const ablateVerb = verb('ablate <task> [recipe...]', {
  group: 'Study:',
  description:
    'compares variants of the method over seeds, nothing twice; what follows "--" goes to every "bpd distill"',
  example: 'bpd ablate pendulum --variants bpd,no-q,magnitude,dense --seeds 5 -- --steps 8000',
})
  .option('--teacher <file>', 'teacher (default: models/<task>/teacher.safetensors)')
  .option('--variants <list>', 'variants to compare', list(variant), [...names])
  .option('--seeds <n>', 'seeds 1 … n', integer(1, 1000), 3)
  .option('--transitions <n>', 'transitions to collect, per seed', integer(100), 20000)
  .option(
    '--budget <n>',
    'weights of the variants that have a budget (default: what the first other variant keeps with the same seed)',
    integer(1),
  )
  .option('--jobs <n>', 'processes at a time', integer(1, 256), availableParallelism())
  .option('--out <folder>', 'where everything goes (default: runs/ablate-<task>)')
  .addOption(forceOption())
  .addOption(episodesOption(100))
  .action(run)

async function run(task: string, recipe: string[], options: Options): Promise<void> {
  const { variants, seeds, jobs, json, force } = options
  await prepareTask(task)
  const { spec } = createTask(task)
  const teacherFile = teacherFileOf(options.teacher ?? teacherIn(shippedModels, spec.name))
  if (!existsSync(teacherFile)) throw new InputError(`${teacherFile}: no such teacher, give one with --teacher`)
  const teacher = await openTeacher(teacherFile)
  requireFit(teacher, spec, teacherFile)
  checkCard(teacherFile)
  // jobs are done again where one of them has changed
  const taskFiles = Object.keys(taskOrigin(task)?.files ?? {})
  // goes first: those that need a budget get as many weights as it keeps
  const first = variants.find((name) => !contenders[name].needsBudget)
  if (!options.budget && !first)
    throw new InputError(`--variants ${variants.join(',')}: each needs a number of weights, expected --budget too`)
  const folder = options.out ?? join('runs', `ablate-${spec.name}`)
  // what is done is kept, and the table made of it anew
  claimFolder(folder, ['ablate.json', 'ablate.html'], { inputs: [teacherFile], force: true })

  const weightsOfTeacher = teacherWeights(teacher)
  const seedNumbers = Array.from({ length: seeds }, (_, i) => i + 1)
  const teacherReturns = new Map<number, number>()
  const evaluateFile = (place: string, file: string, seed: number): Promise<Outcome[]> =>
    evaluated(join(folder, place), { task, file, seed, episodes: options.episodes, taskFiles, force })
  let done = 0
  const rows = await withProgress(`comparing ${variants.join(', ')} over ${seeds} seeds`, async (progress) => {
    const one = async (
      name: string,
      seed: number,
      data: string,
      teachers: readonly Outcome[],
      budget?: number,
    ): Promise<Run> => {
      const out = join(folder, `${name}-${seed}`)
      const { transitions } = options
      const work = { task, taskFiles, spec, teacherFile, data, out, seed, budget, transitions, recipe, force }
      const made = await contenders[name].make(work)
      const outcomes = await evaluateFile(`${name}-${seed}-eval`, made.file, seed)
      const { mean: value, fellRate } = outcomeStatistics(outcomes)
      const all = variants.length * seeds
      progress.update(`${++done}/${all} runs; last: ${name}, seed ${seed}, return ${value.toFixed(1)}`, done / all)
      return {
        variant: name,
        seed,
        return: value,
        fellRate,
        failureRate: failureRate(outcomes, teachers),
        weights: made.weights,
        keptOfTeacher: made.weights / weightsOfTeacher,
        keptOfStudent: made.weights / made.studentWeights,
        bytes: made.bytes,
        seconds: made.seconds,
      }
    }
    const perSeed = seedNumbers.map((seed) => async () => {
      const place = join(folder, `collect-${seed}`)
      const data = join(place, 'transitions.safetensors')
      const count = ['--transitions', `${options.transitions}`, '--seed', `${seed}`]
      await once(
        place,
        ['collect', task, '--teacher', teacherFile, ...count, '--out', data],
        [teacherFile, ...taskFiles],
        { force },
      )
      const teachers = await evaluateFile(`teacher-${seed}`, teacherFile, seed)
      teacherReturns.set(seed, outcomeStatistics(teachers).mean)
      const runs = first ? [await one(first, seed, data, teachers)] : []
      // a student may end with none: nothing can aim at that
      const budget = options.budget ?? (runs[0] && Math.max(1, runs[0].weights))
      for (const name of variants) if (name !== first) runs.push(await one(name, seed, data, teachers, budget))
      return runs
    })
    const runs = (await inPool(jobs, perSeed)).flat()
    progress.done(`compared ${variants.join(', ')} over ${seeds} seeds`)
    return variants.map((name) => rowOf(name, runs, teacherReturns))
  })
  const teacherReturn = intervalOf(seedNumbers.map((seed) => teacherReturns.get(seed)!))
  const about = { file: teacherFile, weights: weightsOfTeacher, return: teacherReturn }
  const result = { task: spec.name, teacher: about, seeds, recipe, rows }
  await writeFile(join(folder, 'ablate.json'), `${JSON.stringify(result, null, 2)}\n`)
  const facts = {
    task: spec.name,
    policy: `the students of ${teacherFile} in ${folder}`,
    board: 'none: returns are of this computer',
    date: new Date().toISOString(),
  }
  const { ablationHtml } = await import('../ablate/html.ts')
  await writeFile(join(folder, 'ablate.html'), ablationHtml(facts, rows, teacherReturn))
  printResult(json, result, () => `${ablationTable(rows, teacherReturn)}\n${join(folder, 'ablate.html')}`)
}
