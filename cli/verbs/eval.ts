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
import { describePaired, pairedWith } from '../paired.ts'
import { percent } from '../report/words.ts'
import { printResult, withProgress } from '../terminal.ts'
import { type CommonOptions, episodesOption, seedOption, verb, workersOption } from '../verb.ts'

interface Options extends CommonOptions {
  teacher?: string
  episodes: number
  seed: number
  workers: number
}

export const evalVerb = verb('eval <task> <policy>', {
  group: 'Look at it:',
  description: 'measures the return of a .bpd policy or a teacher; with --teacher also what is lost against one',
  example: 'bpd eval pendulum models/pendulum/student.bpd --episodes 100',
})
  .option(
    '--teacher <file>',
    'plays the same episodes, and then says which failed, and the difference: any form of teacher, or .bpd',
  )
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
  const teacherPath = options.teacher === undefined ? undefined : teacherFile(options.teacher)
  const teacher = teacherPath === undefined ? undefined : await policyOf(teacherPath, spec)
  if (teacherPath !== undefined) checkCard(teacherPath)
  const play = (name: string, bytes: Uint8Array) =>
    withProgress(`evaluating ${name}`, async (progress) => {
      const show = (done: number) =>
        progress.update(`evaluating ${name}: ${done}/${episodes} episodes of ${taskName}`, done / episodes)
      const setting = { taskName, policy: bytes }
      const played = await playEpisodes(setting, { seed, purpose: 'report' }, episodes, workers, show)
      progress.done(`evaluated ${name} over ${episodes} episodes of ${taskName}`)
      return played
    })
  const outcomes = await play(file, policy)
  const beside =
    teacherPath !== undefined && teacher ? { name: teacherPath, played: await play(teacherPath, teacher) } : undefined
  const paired = beside && pairedWith(outcomes, beside.played)
  const outside = outsideOf(outcomes)
  const result = {
    task: spec.name,
    file,
    seed,
    ...told(outcomes),
    ...(outside && { outside }),
    ...(beside && { teacher: { file: beside.name, ...told(beside.played) } }),
    ...paired,
  }
  const lines = [
    describe(file, outcomes),
    ...(outside ? [`observations outside their bounds: ${outside.clamped} clamped, ${outside.refused} refused`] : []),
    ...(beside && paired
      ? [describe(beside.name, beside.played), `against it ${describePaired(paired)}, over the same episodes`]
      : []),
  ]
  printResult(json, result, () => lines.join('\n'))
}

/** fell: of each episode, beside its return */
const told = (outcomes: readonly Outcome[]) => ({
  return: outcomeStatistics(outcomes),
  returns: outcomes.map((outcome) => outcome.return),
  fell: outcomes.map((outcome) => outcome.fell),
})

function describe(file: string, outcomes: readonly Outcome[]): string {
  const { mean, std, episodes, median, fellRate } = outcomeStatistics(outcomes)
  return (
    `${file}: return ${mean.toFixed(1)} ± ${std.toFixed(1)} (standard deviation) over ${episodes} episodes, ` +
    `median ${median.toFixed(1)}, ${percent(fellRate)} fell (ended before the time limit)`
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
