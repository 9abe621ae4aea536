/** Why a policy does not do what it should: a log is replayed through it. */
import { InputError } from '../../runtime-as/errors.ts'
import { checkPolicy } from '../../trainer/check/check.ts'
import { hypotheses } from '../../trainer/check/hypotheses.ts'
import type { Log } from '../../trainer/check/log.ts'
import { type CheckedPolicy, openPolicy } from '../../trainer/check/policies.ts'
import { readLog } from '../../trainer/check/read-log.ts'
import { type DataSet, openData } from '../../trainer/data/data-set.ts'
import { roleNames } from '../../trainer/data/log.ts'
import { addDataOptions, columnsOf, type GivenData } from '../data-options.ts'
import { describeCheck } from '../report/check.ts'
import { printResult, warn, withProgress } from '../terminal.ts'
import { type CommonOptions, integer, number, seedOption, verb } from '../verb.ts'

interface Options extends CommonOptions, GivenData {
  teacher: string
  data: string
  period?: number
  rows: number
  seed: number
}

/** fewer say nothing */
const least = 100

export const checkVerb = addDataOptions(
  verb('check', {
    group: 'Look at it:',
    description:
      'replays a log through a policy: says whether it explains the logged actions, or which single mistake does; ' +
      'exit code 0 where it explains them, 1 where there is a mistake or nothing explains them',
    example: 'bpd check --teacher policy.onnx --data log.csv',
  })
    .requiredOption(
      '--teacher <file>',
      'the policy: a .bpd student, or a teacher of any format that "bpd import" reads',
    )
    .requiredOption('--data <file>', 'the log: a data set of any format')
    .option('--period <seconds>', 'between two actions of the policy (default: what its file says)', number(1e-6, 3600))
    .option('--rows <n>', 'rows to fit on, and as many to judge on', integer(100, 20_000), 600)
    .addOption(seedOption()),
  // actions are compared, and what they were worth is not looked at
  roleNames.filter((role) => role !== 'rewards'),
).action(run)

async function run({ teacher, data, period, rows, seed, json, ...given }: Options): Promise<void> {
  const policy = await openPolicy(teacher)
  for (const warning of policy.warnings) warn(`${teacher}: ${warning}`)
  const set = await openData(data, columnsOf(given))
  try {
    requireSizes(policy, set, { teacher, data })
    const log = named(readLog(set), policy)
    requireChange(log, data)
    requireFinite(policy, log, { teacher, data })
    const diagnosis = await withProgress(`checking ${teacher} against ${data}`, async (progress) => {
      const options = {
        bounds: policy.bounds,
        normaliser: policy.normaliser,
        period: period ?? policy.period,
        rows,
        seed,
        onProgress: (name: string, done: number) =>
          progress.update(`checking ${teacher}: ${name}, ${done} of ${hypotheses.length}`, done / hypotheses.length),
      }
      const found = await checkPolicy(policy.act, log, options)
      progress.done(`checked ${teacher} against ${data}`)
      return found
    })
    const { actionNames, observationNames } = log
    const result = { teacher, data, format: set.format, count: set.count, observationNames, actionNames, ...diagnosis }
    printResult(json, result, () => describeCheck(result))
    if (diagnosis.verdict === 'mistake' || diagnosis.verdict === 'unexplained') process.exitCode = 1
  } finally {
    set.close()
  }
}

/** Actions that never change tell nothing of the policy: any would do, times 0. */
function requireChange({ actions, actionNames }: Log, data: string): void {
  const width = actionNames.length
  if (actions.some((u, i) => u !== actions[i % width])) return
  const values = shortly(actionNames, actions)
  throw new InputError(`${data}: actions are the same in every row (${values}), expected some that change`)
}

function requireSizes(policy: CheckedPolicy, set: DataSet, { teacher, data }: { teacher: string; data: string }): void {
  for (const [what, has, takes] of [
    ['observations', set.observationNames.length, policy.observations],
    ['actions', set.actionNames.length, policy.actions],
  ] as const)
    if (has !== takes)
      throw new InputError(
        `${data}: ${has} ${what}, expected ${takes}, as ${teacher} has (--${what} names the columns)`,
      )
  if (set.count < least) throw new InputError(`${data}: ${set.count} rows, expected ${least} or more`)
}

/** Of an action that is no number nothing can be fitted. */
function requireFinite({ act, observations }: CheckedPolicy, log: Log, names: { teacher: string; data: string }): void {
  const { actionNames, observationNames } = log
  const actions = new Float32Array(log.actions.length)
  act(log.observations, actions.length / actionNames.length, actions)
  const bad = actions.findIndex((y) => !Number.isFinite(y))
  if (bad < 0) return
  const row = Math.floor(bad / actionNames.length) * observations
  const given = log.observations.subarray(row, row + observations)
  throw new InputError(
    `${names.teacher}: action ${actionNames[bad % actionNames.length]} is ${actions[bad]} where ${names.data} has ${shortly(observationNames, given)}, expected finite`,
  )
}

/** The first three of many numbers, with their names. */
const shortly = (names: readonly string[], values: ArrayLike<number>): string =>
  [...names.slice(0, 3).map((name, i) => `${name} ${values[i]}`), ...(names.length > 3 ? ['…'] : [])].join(', ')

/** The policy's names beside those of the log, where they differ. */
function named<T extends { observationNames: readonly string[]; actionNames: readonly string[] }>(
  log: T,
  { observationNames, actionNames }: CheckedPolicy,
): T {
  const both = (logged: readonly string[], own?: readonly string[]) =>
    logged.map((name, i) => (own === undefined || own[i] === name ? name : `${own[i]} (${name})`))
  return {
    ...log,
    observationNames: both(log.observationNames, observationNames),
    actionNames: both(log.actionNames, actionNames),
  }
}
