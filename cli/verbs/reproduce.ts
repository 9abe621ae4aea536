/** From teacher to the paper's table. What is done is kept under the run folder, and a second call goes on from there. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { InputError } from '../../runtime-as/errors.ts'
import { MOST_TRANSITIONS } from '../../trainer/data/transitions.ts'
import { claimFolder } from '../../trainer/files/claim.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { sha256OfFile } from '../../trainer/files/sha256.ts'
import { paperNetworkSize, reproductionOf, shares, weightBudget } from '../../trainer/studies/paper.ts'
import { planOf as studyPlanOf } from '../../trainer/studies/plan.ts'
import { runPlan } from '../../trainer/studies/run.ts'
import { Store } from '../../trainer/studies/store.ts'
import { createTask, paperTasks, prepareTask } from '../../trainer/tasks/registry.ts'
import { openTeacher } from '../../trainer/teachers/import.ts'
import { requireFit, teacherFile as teacherFileOf } from '../../trainer/teachers/teacher.ts'
import { checkCard } from '../card.ts'
import { onInterrupt } from '../interrupt.ts'
import { shippedModels, teacherIn } from '../models.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import type { Parser } from '../parser.ts'
import { plainTable } from '../report/table.ts'
import { readRows, requireNoLess } from '../reproduce/earlier.ts'
import {
  type Plan,
  type Reproduced,
  type Run,
  reproduced,
  reproductionRuns,
  reproductionStudy,
} from '../reproduce/run.ts'
import { claimShipped, ship } from '../reproduce/ship.ts'
import { cells, inOrder, markdown, type Row, rowsOf } from '../reproduce/table.ts'
import { showStudy } from '../study/progress.ts'
import { printResult, withProgress } from '../terminal.ts'
import { type CommonOptions, episodesOption, integer, names, repeated, verb } from '../verb.ts'

interface Options extends CommonOptions, OutputOptions {
  teacher?: Record<string, string>
  variants: Reproduced[]
  seeds: number
  transitions?: number
  steps?: number
  tuneUpdates?: number
  episodes: number
  jobs: number
  threads: number
  runs: string
  results: string
  models: string
  ship: boolean
}

const variant = (text: string): Reproduced => {
  if (!reproduced.includes(text as Reproduced))
    throw new InvalidArgumentError(`Expected names out of ${reproduced.join(', ')}.`)
  return text as Reproduced
}

const teacherOf: Parser<Record<string, string>> = (text, before) => {
  const [, task, file] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (!task || !paperTasks().includes(task))
    throw new InvalidArgumentError(`Expected task=file with a task out of ${paperTasks().join(', ')}.`)
  return { ...before, [task]: file }
}
teacherOf.takes = 'many'

export const reproduceVerb = verb('reproduce [task...]', {
  group: 'Study:',
  description: "from teacher to the paper's table; a second call continues and does nothing twice",
  example: 'bpd reproduce hopper --variants no-q,magnitude,dense --seeds 3 --jobs 2',
})
  .option('--teacher <task=file>', 'teacher (default: <models>/<task>/teacher.safetensors); repeatable', teacherOf)
  .option('--variants <list>', 'rows of the table', names(variant), [...reproduced])
  .option('--seeds <n>', 'seeds 1 … n', integer(1, 1000), 3)
  .option('--transitions <n>', 'transitions per seed (default: what the task says)', integer(100, MOST_TRANSITIONS))
  .option('--steps <n>', 'critic steps T of every distillation (default: what the task says)', integer(2))
  .option('--tune-updates <n>', 'updates with the mask frozen, for each cut (default: what the task says)', integer(1))
  .option('--jobs <n>', 'processes at a time', integer(1, 256), 1)
  .option('--threads <n>', 'threads of each process', integer(1, 64), 1)
  .option('--runs <folder>', 'where results lie, by the hash of their job', 'runs/reproduce')
  .option('--results <folder>', 'where reproduce.json and reproduce.md go', join('bench', 'results'))
  .addOption(
    new Option('--models <folder>', 'where teachers are looked for and --ship writes').default(
      shippedModels,
      "this package's",
    ),
  )
  .option('--ship', 'also write the best student of each task, and its card, into <models>/<task>/', false)
  .addOption(forceOption())
  .addOption(episodesOption(100))
  .action(run)

async function run(given: string[], options: Options): Promise<void> {
  const tasks = given.length ? given : paperTasks()
  const stray = Object.keys(options.teacher ?? {}).find((task) => !tasks.includes(task))
  if (stray !== undefined) throw new InputError(`--teacher ${stray}=…: expected a task out of ${tasks.join(', ')}`)
  const twice = repeated(given)
  if (twice !== undefined) throw new InputError(`task ${twice}: given twice, expected each once`)
  // everything that can be refused is refused before the first hour of work
  const plans: { plan: Plan; size: number }[] = []
  for (const task of tasks) plans.push(await planOf(task, options))
  const table = join(options.results, 'reproduce.json')
  const anew = ({ task, variant, teacherSha256 }: Row) =>
    options.variants.includes(variant) &&
    plans.some(({ plan }) => plan.task === task && plan.teacherSha256 === teacherSha256)
  const earlier = readRows(table)
  for (const row of options.force ? [] : earlier.filter(anew))
    requireNoLess(row, plans.find(({ plan }) => plan.task === row.task)!.plan, table)
  // rows of other tasks and teachers stay, so that the table may be there
  claimFolder(options.results, ['reproduce.json', 'reproduce.md'], { force: true })
  for (const { plan } of plans) if (options.ship) claimShipped(plan, options.models, options.force)
  claimFolder(options.runs, [], { force: true })
  const store = new Store(options.runs)
  await store.open()
  const interrupt = new AbortController()
  onInterrupt(() => interrupt.abort())
  const others = earlier.filter((row) => !anew(row))
  const rows: Row[] = []
  for (const { plan, size } of plans) {
    const { paper } = reproductionOf(plan.task)
    const runs = await distillAll(plan, store, options, interrupt.signal)
    rows.push(...rowsOf(plan, runs, size, paper))
    if (options.ship) await ship(plan, runs, size, options.models)
    // after each task: a table with what there is
    const all = inOrder([...others, ...rows])
    await writeFile(table, `${JSON.stringify(all, null, 2)}\n`)
    await writeFile(join(options.results, 'reproduce.md'), markdown(all))
  }
  const { head, body } = cells(rows)
  printResult(options.json, { table, rows }, () => `${plainTable(head, body)}\n${table}`)
}

async function planOf(task: string, options: Options): Promise<{ plan: Plan; size: number }> {
  const own = reproductionOf(task)
  await prepareTask(task)
  const { spec } = createTask(task)
  const teacherFile = teacherFileOf(options.teacher?.[task] ?? teacherIn(options.models, task))
  if (!existsSync(teacherFile))
    throw new InputError(`${teacherFile}: no such teacher, give one with --teacher ${task}=<file>`)
  const teacher = await openTeacher(teacherFile)
  requireFit(teacher, spec, teacherFile)
  checkCard(teacherFile)
  const teacherSha256 = sha256OfFile(teacherFile)
  const teacherAlgorithm = (teacher.metadata.algorithm ?? 'unknown').toUpperCase()
  const { variants, seeds, episodes, steps, tuneUpdates } = options
  const given = { steps, tuneUpdates }
  const transitions = options.transitions ?? own.transitions
  const budgets = shares.map((share) => weightBudget(task, spec, share))
  const { sigmas } = own
  const plan = {
    task,
    teacherFile,
    teacherSha256,
    teacherAlgorithm,
    variants,
    seeds,
    transitions,
    sigmas,
    episodes,
    budgets,
    given,
  }
  return { plan, size: paperNetworkSize(spec) }
}

const distillAll = (plan: Plan, store: Store, { jobs, threads }: Options, signal: AbortSignal): Promise<Run[]> =>
  withProgress(`reproducing ${plan.task}`, async (progress) => {
    const study = await studyPlanOf(reproductionStudy(plan))
    await runPlan(study, store, { jobs, threads, signal, onEvent: showStudy(study, store, progress, jobs) })
    const runs = reproductionRuns(study, store)
    progress.done(`reproduced ${plan.task}: ${runs.length} students`)
    return runs
  })
