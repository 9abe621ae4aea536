import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { requireContract } from '../../trainer/contract.ts'
import { playEpisodes } from '../../trainer/data/episodes.ts'
import { readAs } from '../../trainer/files/open.ts'
import { type Outcome, outcomeStatistics } from '../../trainer/tasks/evaluate.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import type { TaskSpec } from '../../trainer/tasks/task.ts'
import { openTeacher, teacherKinds } from '../../trainer/teachers/import.ts'
import { actingBytes } from '../../trainer/teachers/policy.ts'
import { requireFit, teacherFile } from '../../trainer/teachers/teacher.ts'
import { checkCard } from '../card.ts'
import { percent } from '../report/words.ts'
import { printResult, withProgress } from '../terminal.ts'
import { type CommonOptions, episodesOption, seedOption, verb, workersOption } from '../verb.ts'

interface Options extends CommonOptions {
  episodes: number
  seed: number
  workers: number
}

export const evalVerb = verb('eval <task> <policy>', {
  group: 'Look at it:',
  description: 'measures the return of a .bpd policy or a teacher',
  example: 'bpd eval pendulum models/pendulum/student.bpd --episodes 100',
})
  .addOption(episodesOption(100))
  .addOption(seedOption())
  .addOption(workersOption())
  .action(run)

async function run(taskName: string, path: string, options: Options): Promise<void> {
  await prepareTask(taskName)
  const file = teacherFile(path)
  const { episodes, seed, workers, json } = options
  const { spec } = createTask(taskName)
  const policy = await policyOf(file, spec)
  checkCard(file)
  const outcomes = await withProgress(`evaluating ${file}`, async (progress) => {
    const show = (done: number) =>
      progress.update(`evaluating ${file}: ${done}/${episodes} episodes of ${taskName}`, done / episodes)
    const played = await playEpisodes({ taskName, policy }, { seed, purpose: 'report' }, episodes, workers, show)
    progress.done(`evaluated ${file} over ${episodes} episodes of ${taskName}`)
    return played
  })
  const result = outcomeStatistics(outcomes)
  const returns = outcomes.map((outcome) => outcome.return)
  const outside = outsideOf(outcomes)
  printResult(
    json,
    { task: spec.name, file, seed, return: result, returns, ...(outside && { outside }) },
    () =>
      `${file}: return ${result.mean.toFixed(1)} ± ${result.std.toFixed(1)} over ${episodes} episodes, ` +
      `median ${result.median.toFixed(1)}, ${percent(result.failureRate)} ended before the time limit` +
      (outside ? `\nobservations outside their bounds: ${outside.clamped} clamped, ${outside.refused} refused` : ''),
  )
}

/** Over all episodes; undefined where the policy bounds no observations. */
function outsideOf(outcomes: readonly Outcome[]): Outcome['outside'] {
  if (outcomes[0].outside === undefined) return undefined
  const sum = (key: 'clamped' | 'refused') => outcomes.reduce((total, { outside }) => total + (outside?.[key] ?? 0), 0)
  return { clamped: sum('clamped'), refused: sum('refused') }
}

/** What acts in a task: the bytes of a .bpd policy, or of a teacher (`actingBytes`), checked against the task. */
export async function policyOf(file: string, spec: TaskSpec): Promise<Uint8Array> {
  const { kind, bytes } = readAs(file, ['policy', ...teacherKinds])
  if (kind !== 'policy') {
    const teacher = await openTeacher(file)
    requireFit(teacher, spec, file)
    return actingBytes(teacher, spec)
  }
  requireContract(loadPolicy(bytes, file).contract, spec, file)
  return bytes
}
