/** Variants of the method against each other: same teacher, same data, several seeds, every run a process of its own. */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { InputError } from '../../runtime-as/errors.ts'
import { MOST_TRANSITIONS } from '../../trainer/data/transitions.ts'
import { variantNames, variantOf } from '../../trainer/distill/variants.ts'
import { claimFolder } from '../../trainer/files/claim.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { planOf } from '../../trainer/studies/plan.ts'
import { runsOf } from '../../trainer/studies/report/measure.ts'
import { runPlan } from '../../trainer/studies/run.ts'
import { Store } from '../../trainer/studies/store.ts'
import type { Contender } from '../../trainer/studies/study.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import { openTeacher } from '../../trainer/teachers/import.ts'
import { requireFit, teacherFile as teacherFileOf, teacherWeights } from '../../trainer/teachers/teacher.ts'
import { intervalOf } from '../ablate/interval.ts'
import { ablationTable, type Run, rowOf } from '../ablate/rows.ts'
import { checkCard } from '../card.ts'
import { onInterrupt } from '../interrupt.ts'
import { shippedModels, teacherIn } from '../models.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { recipeOfWords } from '../recipe-options.ts'
import { showStudy } from '../study/progress.ts'
import { printResult, withProgress } from '../terminal.ts'
import { type CommonOptions, episodesOption, integer, names, verb } from '../verb.ts'

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

/** What is compared: the variants of the method, and small dense networks that learn online, without a teacher. */
const contenders: Readonly<Record<string, Omit<Contender, 'name'>>> = {
  ...Object.fromEntries(variantNames.map((variant) => [variant, { variant }])),
  'td3-small': { online: 'td3' },
  'sac-small': { online: 'sac' },
}
const known = Object.keys(contenders)

/** It aims at a number of weights; the others find their own, which may be the budget of these. */
const needsBudget = (name: string): boolean => {
  const { variant } = contenders[name]
  return variant === undefined || variantOf(variant).cutKind === 'budget'
}

const variant = (text: string): string => {
  if (!known.includes(text)) throw new InvalidArgumentError(`Expected names out of ${known.join(', ')}.`)
  return text
}

export const ablateVerb = verb('ablate <task> [recipe...]', {
  group: 'Study:',
  description:
    'compares variants of the method over seeds, nothing twice; what follows "--" goes to every "bpd distill"',
  example: 'bpd ablate pendulum --variants bpd,no-q,magnitude,dense --seeds 5 -- --steps 8000',
})
  .option('--teacher <file>', 'teacher (default: models/<task>/teacher.safetensors)')
  .option('--variants <list>', 'variants to compare', names(variant), [...known])
  .option('--seeds <n>', 'seeds 1 … n', integer(1, 1000), 3)
  .option('--transitions <n>', 'transitions to collect, per seed', integer(100, MOST_TRANSITIONS), 20000)
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
  const { variants, seeds, jobs, json } = options
  await prepareTask(task)
  const { spec } = createTask(task)
  const teacherFile = teacherFileOf(options.teacher ?? teacherIn(shippedModels, spec.name))
  if (!existsSync(teacherFile)) throw new InputError(`${teacherFile}: no such teacher, give one with --teacher`)
  const teacher = await openTeacher(teacherFile)
  requireFit(teacher, spec, teacherFile)
  checkCard(teacherFile)
  // goes first: those that need a budget get as many weights as it keeps
  const first = variants.find((name) => !needsBudget(name))
  if (!options.budget && !first)
    throw new InputError(`--variants ${variants.join(',')}: each needs a number of weights, expected --budget too`)
  if (options.budget && !variants.some(needsBudget))
    throw new InputError(`--budget: ${variants.join(' and ')} find their own number of weights, expected none`)
  const folder = options.out ?? join('runs', `ablate-${spec.name}`)
  const named = recipe.find((word) => /^--variant(=|$)/.test(word))
  if (named) throw new InputError(`-- ${named}: expected variants in --variants alone`)
  const contenderRecipe = recipeOfWords(recipe)
  // what is done is kept, and the table made of it anew
  const own = existsSync(join(folder, 'store.json'))
  claimFolder(folder, ['ablate.json', 'ablate.html'], { inputs: [teacherFile], force: own || options.force })
  const plan = await planOf({
    name: 'ablate',
    teachers: [{ name: spec.name, task, file: teacherFile }],
    variants: variants.map((name) => ({ name, ...contenders[name] })),
    match: options.budget ?? first,
    seeds,
    episodes: options.episodes,
    transitions: options.transitions,
    recipe: contenderRecipe,
  })
  const store = new Store(folder)
  await store.open()
  const interrupt = new AbortController()
  onInterrupt(() => interrupt.abort())
  await withProgress(`comparing ${variants.join(', ')} over ${seeds} seeds`, async (progress) => {
    await runPlan(plan, store, { jobs, signal: interrupt.signal, onEvent: showStudy(plan, store, progress, jobs) })
    progress.done(`compared ${variants.join(', ')} over ${seeds} seeds`)
  })
  const weightsOfTeacher = teacherWeights(teacher)
  const runs = runsOf(plan, store).map((run): Run & { teacherReturn: number } => ({
    variant: run.variant,
    seed: run.seed,
    return: run.return,
    fellRate: run.fellRate,
    failureRate: run.failureRate,
    weights: run.weights,
    keptOfTeacher: run.weights / weightsOfTeacher,
    keptOfStudent: run.weights / run.studentWeights,
    bytes: run.bytes,
    seconds: run.seconds,
    teacherReturn: run.teacherReturn,
  }))
  const teacherReturns = new Map(runs.map((run) => [run.seed, run.teacherReturn]))
  const rows = variants.map((name) => rowOf(name, runs, teacherReturns))
  const teacherReturn = intervalOf([...teacherReturns.values()])
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
