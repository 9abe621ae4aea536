/** The whole chain: teacher -> transitions -> sparse student -> emulated board, measured and driven there -> report. */
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { kindOf } from '../../firmware-bridge/host/ports.ts'
import { InputError } from '../../runtime-as/errors.ts'
import { MOST_TRANSITIONS } from '../../trainer/data/transitions.ts'
import { spreadObservations } from '../../trainer/distill/data.ts'
import { checkWanted, requireKept } from '../../trainer/distill/distill.ts'
import { type DistillOptions, distillOptions } from '../../trainer/distill/options.ts'
import { cutCount } from '../../trainer/distill/stages/plan.ts'
import { claimFolder } from '../../trainer/files/claim.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { createTask, prepareTask, taskOrigin } from '../../trainer/tasks/registry.ts'
import { openTeacher } from '../../trainer/teachers/import.ts'
import { boardPolicy } from '../../trainer/teachers/policy.ts'
import { requireFit, teacherFile as teacherFileOf } from '../../trainer/teachers/teacher.ts'
import { type BoardChoice, baudOption, portOption, stateOption } from '../board.ts'
import { BoardState } from '../board-state.ts'
import { cardOf, checkCard, checkOf, commandWord, studentFiles, writeModel } from '../card.ts'
import { reportOf } from '../demo/report.ts'
import { gather, measureOnBoard, measureReturns, train } from '../demo/steps.ts'
import { describeUnmet } from '../distill/describe.ts'
import { requireUsed } from '../distill/unused.ts'
import { hintAtNewerNode } from '../hint.ts'
import { shippedModels, teacherIn } from '../models.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { addRecipeOptions, wordsOf } from '../recipe-options.ts'
import type { Report } from '../report/report.ts'
import { reportTable } from '../report/table.ts'
import { printResult, warn } from '../terminal.ts'
import { type CommonOptions, episodesOption, integer, seedOption, threadsOption, verb } from '../verb.ts'

interface OwnOptions extends CommonOptions, OutputOptions, BoardChoice {
  teacher?: string
  name?: string
  transitions: number
  episodes: number
  inferences: number
  controlEpisodes: number
  ship?: string
}
type Options = OwnOptions & Partial<DistillOptions> & { seed: number; threads: number }

/** that are collected */
const TRANSITIONS = 20_000

export const demoVerb = addRecipeOptions(
  verb('demo <task>', {
    group: 'Start here:',
    description: 'teacher to board in one command: collects, distills, flashes, measures, reports',
    example: 'bpd demo pendulum --seed 2 --name second',
  })
    .option('--teacher <file>', 'teacher (default: models/<task>/teacher.safetensors)')
    .option(
      '--name <name>',
      'folder under runs/ (default: demo-<task>, which every demo without --name replaces)',
      folderName,
    )
    .addOption(forceOption())
    .addOption(portOption())
    .addOption(baudOption())
    .addOption(stateOption())
    .option('--transitions <n>', 'transitions to collect', integer(100, MOST_TRANSITIONS), TRANSITIONS)
    .option('--inferences <n>', 'inferences to measure on the board, of each policy', integer(1, 100000), 16)
    .option('--control-episodes <n>', 'episodes with the policy on the board', integer(1, 10000), 2)
    .option('--ship <folder>', 'also write the student and its card there, as in models/<task>')
    .addOption(episodesOption(100))
    .addOption(seedOption())
    .addOption(threadsOption()),
).action(run)

function folderName(text: string): string {
  if (!/^[\w-][\w.-]*$/.test(text))
    throw new InvalidArgumentError("Expected letters, digits, '.', '_' and '-', the first of them no '.'.")
  return text
}

async function run(taskName: string, options: Options): Promise<void> {
  const {
    json,
    teacher: file,
    name,
    port,
    baud,
    state,
    transitions: wanted,
    episodes,
    inferences,
    controlEpisodes,
    ship,
    force,
    ...given
  } = options
  await prepareTask(taskName)
  const task = createTask(taskName)
  const teacherFile = teacherFileOf(file ?? teacherIn(shippedModels, task.spec.name))
  if (!file && !existsSync(teacherFile))
    throw new InputError(`task ${taskName}: no teacher in models/: give one with --teacher`)
  const teacher = await openTeacher(teacherFile)
  requireFit(teacher, task.spec, teacherFile)
  checkCard(teacherFile)
  const folder = join('runs', name ?? `demo-${task.spec.name}`)
  const recipe = distillOptions(taskName, given)
  const [observationSize, actionSize] = [task.spec.observationNames.length, task.spec.actionNames.length]
  const data = { observationSize, actionSize, hasRewards: true }
  checkWanted({ contract: task.spec, data, teacher, options: recipe, simulator: { taskName, workers: recipe.threads } })
  requireUsed(given, recipe)
  if (given.keep) requireKept(recipe, observationSize, actionSize, '--keep')
  const points = Array.from({ length: cutCount(recipe) }, (_, i) => `point-${i + 1}.bpd`)
  const results = ['transitions.safetensors', 'student.bpd', ...points, 'report.json', 'report.html']
  claimFolder(folder, results, { inputs: [teacherFile], force: force || name === undefined })
  if (ship) claimFolder(ship, Object.values(studentFiles), { inputs: [teacherFile], force })
  // what cannot be kept is said before the training
  if (state !== undefined) new BoardState(state, port)
  hintAtNewerNode()
  const clock = stopwatch()

  const transitions = await gather(task, teacher, wanted, recipe.seed, join(folder, 'transitions.safetensors'))
  const collected = clock.lap()
  const student = await train(taskName, teacher, transitions, recipe)
  const studentFile = join(folder, 'student.bpd')
  await writeFile(studentFile, student.bytes)
  // the sweep, to switch through on the page
  for (const [i, point] of points.entries()) await writeFile(join(folder, point), student.points[i])
  const returns = await measureReturns(task, teacher, student.bytes, { seed: recipe.seed, episodes })
  const distilled = clock.lap()
  const dense = boardPolicy(teacher, task.spec, spreadObservations(transitions, 8))
  const onBoard = await measureOnBoard(
    { port, state, baud },
    { teacher: dense.bytes, student: student.bytes, inferences },
    { task, seed: recipe.seed, episodes: controlEpisodes },
  )
  const boarded = clock.lap()

  const report = reportOf({
    task: task.spec,
    teacher: { file: relative('.', teacherFile), teacher, standIn: dense.standIn },
    student: { file: studentFile, ...student },
    recipe,
    returns,
    onBoard,
    counter: kindOf(port).counter,
    seconds: { collect: collected, distill: distilled, board: boarded, total: clock.total() },
  })
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  // loaded here because the plots' library takes longer to load than most verbs to run
  const { reportHtml } = await import('../report/html.ts')
  await writeFile(join(folder, 'report.html'), reportHtml(report))
  if (!student.distilled.met)
    warn(`${studentFile}: ${describeUnmet({ ...report.student, ...student.distilled }, recipe).says}`)
  const asked = [
    ...(file ? ['--teacher', file] : []),
    ...(wanted === TRANSITIONS ? [] : ['--transitions', `${wanted}`]),
    ...wordsOf(given),
  ]
  if (ship) await shipStudent(ship, student.bytes, report, { taskName, asked })
  const next = `see it: npx bpd view ${folder}`
  printResult(json, report, () => `${reportTable(report)}\n${join(folder, 'report.html')}\n${next}`)
}

/** A model folder's student: the file, and a card that says what it is and how to make it again. */
async function shipStudent(
  folder: string,
  bytes: Uint8Array,
  { task, seed, student }: Report,
  { taskName, asked }: { taskName: string; asked: readonly string[] },
): Promise<void> {
  const { file: _, crc: __, ...facts } = student
  const check = checkOf(task, seed, student.return.episodes, taskName)
  const command = ['bpd demo', ...[taskName, ...asked].map(commandWord), `--seed ${seed}`].join(' ')
  const card = cardOf(
    studentFiles,
    bytes,
    { task, origin: taskOrigin(taskName) },
    {
      made: 'offline',
      ...facts,
      seed,
      check,
      command,
    },
  )
  await writeModel(folder, studentFiles, bytes, card)
}

function stopwatch() {
  const started = performance.now()
  let lapped = started
  const since = (from: number) => Math.round(performance.now() - from) / 1000
  return {
    lap(): number {
      const lap = since(lapped)
      lapped = performance.now()
      return lap
    },
    total: () => since(started),
  }
}
