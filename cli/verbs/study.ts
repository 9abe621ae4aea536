/** Studies: jobs that are done once, on this machine or on many, and what they come to. */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Argument, type Command, Help, type Option } from 'commander'
import { InputError } from '../../runtime-as/errors.ts'
import { readIfThere } from '../../trainer/files/access.ts'
import { claimFolder, makeFolder } from '../../trainer/files/claim.ts'
import { Field } from '../../trainer/files/field.ts'
import { PART, writeFile } from '../../trainer/files/replace.ts'
import { arithmeticHere } from '../../trainer/studies/arithmetic.ts'
import { checkUnchanged, keepStudy } from '../../trainer/studies/changed.ts'
import { type Plan, planOf } from '../../trainer/studies/plan.ts'
import { openQueue } from '../../trainer/studies/queue/boss.ts'
import { QueueExecutor } from '../../trainer/studies/queue/executor.ts'
import { queuedJobs } from '../../trainer/studies/queue/states.ts'
import { work } from '../../trainer/studies/queue/worker.ts'
import { policyOf, runsOf } from '../../trainer/studies/report/measure.ts'
import { type Report, reportOf } from '../../trainer/studies/report/report.ts'
import { runPlan } from '../../trainer/studies/run.ts'
import { Store } from '../../trainer/studies/store.ts'
import { onInterrupt } from '../interrupt.ts'
import { printRaw } from '../prints.ts'
import { printable } from '../report/words.ts'
import { partOf, studyNames, studyOf } from '../study/named.ts'
import { showStudy } from '../study/progress.ts'
import { isOver, statusOf, statusText } from '../study/status.ts'
import { STUDENTS } from '../study/students.ts'
import { plotsOf } from '../study/svg.ts'
import { markdown, terminalText } from '../study/table.ts'
import { printResult, say, withProgress } from '../terminal.ts'
import { type CommonOptions, integer, names, number, verb } from '../verb.ts'

interface Options extends CommonOptions {
  store: string
  jobs: number
  threads: number
  checkpointMinutes: number
  teachers?: string[]
  variants?: string[]
  seeds?: number
  out?: string
  students: boolean
  once: boolean
  queue?: string
}

type Name = Exclude<keyof Options, 'json'>

interface Action {
  act(what: string, options: Options): Promise<void>
  /** the options that it uses */
  takes: readonly Name[]
  /** those that its workers use in its place where there is a queue */
  byWorkers?: readonly Name[]
}

const part = ['teachers', 'variants', 'seeds'] as const
const labour = ['jobs', 'threads', 'checkpointMinutes'] as const

const actions = {
  run: { act: run, takes: ['store', ...labour, ...part, 'out', 'students', 'queue'], byWorkers: labour },
  status: { act: status, takes: ['store', ...part, 'queue', 'once'] },
  report: { act: report, takes: ['store', ...part, 'out', 'students'] },
  worker: { act: worker, takes: ['store', ...labour, 'queue'] },
  list: { act: listed, takes: [] },
} as const satisfies Record<string, Action>

const some = names((name) => name)

export const studyVerb = verb('study', {
  group: 'Study:',
  description: 'runs a study, says how far it is and what it came to; nothing is done twice',
  example: 'bpd study run answers --jobs 2',
})
  .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(actions)))
  .argument('[study]', 'a file, or a name that "bpd study list" says')
  .option('--store <folder>', 'where results, teachers and transitions lie, by their hashes', join('runs', 'studies'))
  .option('--jobs <n>', 'processes at a time', integer(1, 256), availableParallelism())
  .option('--threads <n>', 'threads of each process', integer(1, 64), 1)
  .option('--checkpoint-minutes <n>', 'minutes between checkpoints of a job', number(0), 5)
  .option('--teachers <list>', 'of the study only these', some)
  .option('--variants <list>', 'of the study only these', some)
  .option('--seeds <n>', 'seeds 1 … n, in place of as many as the study has', integer(1, 1000))
  .option('--out <folder>', 'where report.json, report.md and plots go (default: <store>/reports/<study>)')
  .option('--students', 'run, report: every student as a .bpd file too, in the folder `students` there', false)
  .option(
    '--queue <url>',
    'jobs by way of this PostgreSQL database (postgres://…), status: what its workers do; needs pg-boss',
  )
  .option('--once', 'status: once, not until all is done', false)
  .action((action: keyof typeof actions, what: string | undefined, options: Options, command: Command) => {
    requireUsed(action, options, command)
    return actions[action].act(needed(action, what), options)
  })

/** Throws InputError for an option that would do nothing. */
function requireUsed(action: keyof typeof actions, { queue }: Options, command: Command): void {
  const { takes, byWorkers = [] }: Action = actions[action]
  const given = command.options.filter((option) => {
    const source = command.getOptionValueSource(option.attributeName())
    return option.attributeName() !== 'json' && source !== undefined && source !== 'default'
  })
  const among = (names: readonly string[]) => (option: Option) => names.includes(option.attributeName())
  const idle = given.find((option) => !among(takes)(option))
  if (idle) throw new InputError(`${idle.long}: study ${action} does nothing with it: expected none`)
  const theirs = queue === undefined ? undefined : given.find(among(byWorkers))
  if (theirs)
    throw new InputError(`${theirs.long}: with --queue it is for bpd study worker: expected none with study ${action}`)
}

function needed(action: string, what: string | undefined): string {
  const alone = action === 'list' || action === 'worker'
  if (alone && what !== undefined)
    throw new InputError(`study ${action} ${printable(what)}: expected no study behind ${action}`)
  if (!alone && what === undefined)
    throw new InputError(`study ${action}: expected one of ${studyNames().join(', ')}, or a file`)
  return what ?? ''
}

async function planned(what: string, options: Options): Promise<{ plan: Plan; store: Store }> {
  const plan = await planOf(partOf(studyOf(what), options), { whole: options.variants === undefined })
  return { plan, store: new Store(options.store) }
}

async function run(what: string, options: Options): Promise<void> {
  const { plan, store } = await planned(what, options)
  await store.open()
  requireOwnReport(plan, store, options)
  // one at a time: two would do the same jobs
  claimFolder(store.folder, [], { force: true })
  checkUnchanged(plan, store)
  await keepStudy(plan, store)
  const interrupt = new AbortController()
  onInterrupt(() => interrupt.abort())
  const { jobs, threads, checkpointMinutes: minutes, queue } = options
  const executor = queue === undefined ? undefined : await behindQueue(queue, plan, store)
  await withProgress(`study ${plan.study.name}`, async (progress) => {
    const running = { jobs: executor ? plan.jobs.length : jobs, threads, minutes, signal: interrupt.signal }
    await runPlan(
      plan,
      store,
      { ...running, onEvent: showStudy(plan, store, progress, executor ? undefined : jobs) },
      executor,
    )
    progress.done(`study ${plan.study.name}: ${plan.jobs.length} jobs are done`)
  })
  await tell(plan, store, options)
}

async function behindQueue(url: string, plan: Plan, store: Store): Promise<QueueExecutor> {
  const boss = await openQueue(url, arithmeticHere(), away, `bpd study ${process.pid}`)
  return new QueueExecutor(boss, store, plan)
}

/** A connection that is lost comes again by itself. */
const away = (error: Error) => say(`queue: ${printable(error.message)}`)

async function worker(
  _: string,
  { queue, store: folder, jobs, threads, checkpointMinutes: minutes, json }: Options,
): Promise<void> {
  if (queue === undefined) throw new InputError('study worker: expected --queue postgres://…')
  const store = new Store(folder)
  await store.open()
  store.sweep()
  const interrupt = new AbortController()
  onInterrupt(() => interrupt.abort())
  const arithmetic = arithmeticHere()
  const boss = await openQueue(queue, arithmetic, away, `bpd worker ${process.pid}`)
  let done = 0
  const { signal } = interrupt
  await work(boss, store, {
    jobs,
    threads,
    minutes,
    arithmetic,
    signal,
    onEvent(what, label, message) {
      if (what === 'done') done++
      say(`${what}: ${printable(label)}${message === undefined ? '' : `: ${printable(message)}`}`)
    },
  })
  printResult(json, { done }, () => `${done} jobs were done here`)
}

async function report(what: string, options: Options): Promise<void> {
  const { plan, store } = await planned(what, options)
  store.look()
  checkUnchanged(plan, store)
  requireOwnReport(plan, store, options)
  await tell(plan, store, options)
}

const reportFolder = ({ study }: Plan, store: Store, out?: string): string =>
  out ?? join(store.folder, 'reports', study.name)

/** A report of the same study is made anew; throws InputError where something else lies there. */
function requireOwnReport(plan: Plan, store: Store, { out }: Options): void {
  const folder = reportFolder(plan, store, out)
  const file = join(folder, 'report.json')
  const before = readIfThere(file)
  const own = before && Field.parse(file, '', Buffer.from(before).toString()).at('study').value === plan.study.name
  const other = ['report.json', 'report.md'].map((name) => join(folder, name)).find((path) => existsSync(path))
  if (!own && other) throw new InputError(`${other}: is no report of study ${plan.study.name}: expected another folder`)
}

/** Writes the report's files and prints it. */
async function tell(plan: Plan, store: Store, { out, students, json }: Options): Promise<void> {
  const result: Report = reportOf(plan, store)
  if (!result.rows.length)
    throw new InputError(`study ${plan.study.name}: nothing of it is done in ${store.folder} yet`)
  const folder = reportFolder(plan, store, out)
  const plots = plotsOf(result)
  const policies = students ? studentsOf(plan, store) : new Map<string, Uint8Array>()
  const earlier = students ? studentsIn(folder) : []
  claimFolder(folder, ['report.json', 'report.md', ...plots.keys(), ...policies.keys(), ...earlier], { force: true })
  if (students) makeFolder(join(folder, STUDENTS))
  for (const name of earlier) if (!policies.has(name)) rmSync(join(folder, name), { force: true })
  for (const [name, bytes] of policies) await writeFile(join(folder, name), bytes)
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(result, null, 2)}\n`)
  await writeFile(join(folder, 'report.md'), markdown(result, [...plots.keys()]))
  for (const [name, svg] of plots) await writeFile(join(folder, name), svg)
  printResult(json, result, () => `${terminalText(result)}\n${join(folder, 'report.md')}`)
}

/** Names of what an earlier report wrote there, or had begun to write. */
function studentsIn(folder: string): string[] {
  const place = join(folder, STUDENTS)
  const names = existsSync(place) ? readdirSync(place).map((name) => name.split(PART, 1)[0]) : []
  return names.filter((name) => /^\d+-.+-seed-\d+\.bpd$/.test(name)).map((name) => join(STUDENTS, name))
}

/** By the name of its file, numbered by its place in the plan. */
function studentsOf(plan: Plan, store: Store): Map<string, Uint8Array> {
  const all = runsOf(plan, store).flatMap(({ entry, teacher, variant, weightBudget, seed, made }) => {
    if (!('policy' in made)) return []
    const what = [
      plan.entries.indexOf(entry) + 1,
      teacher,
      variant,
      ...(weightBudget === undefined ? [] : [weightBudget]),
      `seed-${seed}`,
    ]
    // a teacher's name is the user's own
    return [[join(STUDENTS, `${what.join('-').replace(/[^\w.-]+/g, '_')}.bpd`), policyOf(made)] as const]
  })
  return new Map(all)
}

async function status(what: string, options: Options): Promise<void> {
  const { plan, store } = await planned(what, options)
  // a queue's workers have stores of their own
  if (options.queue === undefined) store.look()
  else await store.open()
  checkUnchanged(plan, store)
  const live = process.stdout.isTTY && !options.json && !options.once
  const { queue } = options
  const boss =
    queue === undefined ? undefined : await openQueue(queue, arithmeticHere(), away, `bpd status ${process.pid}`)
  const ids = plan.jobs.map(({ id }) => id)
  try {
    for (;;) {
      const now = statusOf(plan, store, boss && (await queuedJobs(boss, ids)))
      if (live) printRaw('\x1b[H\x1b[J')
      printResult(options.json, now, () => statusText(now))
      if (!live || isOver(now)) return
      await sleep(2000)
    }
  } finally {
    await boss?.stop({ graceful: false })
  }
}

async function listed(_: string, { json }: Options): Promise<void> {
  const studies = studyNames().map((name) => {
    const { question, teachers, variants, seeds } = studyOf(name)
    return { name, question, teachers: teachers.length, variants: variants.map((one) => one.name), seeds }
  })
  const indent = 16
  const asked = (question = '') =>
    new Help()
      .boxWrap(question, (process.stdout.columns || Infinity) - indent)
      .replaceAll('\n', `\n${' '.repeat(indent)}`)
  printResult(json, { studies }, () =>
    studies.map(({ name, question }) => `${name.padEnd(indent)}${asked(question)}`).join('\n'),
  )
}
