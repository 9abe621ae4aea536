import type { Command } from 'commander'
import type { Board } from '../../firmware-bridge/client.ts'
import { type Control, drive } from '../../firmware-bridge/control.ts'
import { ensureRuns } from '../../firmware-bridge/measure.ts'
import { contractHash } from '../../runtime-as/contract.ts'
import { InputError } from '../../runtime-as/errors.ts'
import { loadPolicy, type Policy } from '../../runtime-as/policy.ts'
import { statistics } from '../../trainer/tasks/evaluate.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import type { TaskSpec } from '../../trainer/tasks/task.ts'
import { contractOf } from '../../trainer/teachers/teacher.ts'
import { counterOf, portOption, showInstall, timeOf, withBoard } from '../board.ts'
import { readInput } from '../files.ts'
import { plantOf } from '../plant.ts'
import { grouped, printable } from '../report/words.ts'
import { printResult } from '../terminal.ts'
import { addVerb, type CommonOptions, episodesOption, seedOption } from '../verb.ts'
import { requireContract } from './eval.ts'

interface Options extends CommonOptions {
  port: string
  episodes: number
  seed: number
}

export function addLoop(program: Command): void {
  addVerb(
    program,
    'loop <task> [policy]',
    'drives a task through the policy on a board, in lock-step; with a file, checks every action bit for bit',
    'bpd loop pendulum models/pendulum/student.bpd --episodes 3',
  )
    .addOption(portOption())
    .addOption(episodesOption(3))
    .addOption(seedOption())
    .action(run)
}

async function run(taskName: string, file: string | undefined, options: Options): Promise<void> {
  const { port, episodes, seed, json } = options
  await prepareTask(taskName)
  const task = createTask(taskName)
  const bytes = file === undefined ? undefined : readInput(file)
  const host = bytes && loadPolicy(bytes, file)
  if (host) requireContract(host.contract, task.spec, file ?? '')
  const result = await withBoard(port, async (board, progress) => {
    if (bytes) await ensureRuns(board, bytes, showInstall(progress, file ?? ''))
    else acceptRunning(board, task.spec, port)
    progress.update(`driving ${taskName} through ${port}`)
    const control = await drive(board, plantOf(task, seed), {
      ...{ episodes, host },
      onEpisode: (done, last) =>
        progress.update(`driving ${taskName} through ${port}: episode ${done}/${episodes}, return ${last.toFixed(1)}`),
    })
    progress.done(`drove ${taskName} through ${port}`)
    const { clockHz, name } = board.info
    return { ...summary(control, host), board: { name, clockHz, counter: counterOf(port) } }
  })
  printResult(json, { task: taskName, port, file: file ?? null, ...result }, () => {
    const { return: r, cycles, roundTripMs, steps, bitExact, board } = result
    const time = timeOf(port, cycles.median, board.clockHz)
    return [
      `${taskName} on ${printable(board.name)}: return ${r.mean.toFixed(1)} ± ${r.std.toFixed(1)} over ${episodes} episodes, ${grouped(steps)} steps`,
      bitExact
        ? `every action equals the host's, bit for bit (${grouped(result.comparedActions)} compared)`
        : 'actions not compared: no policy file given',
      `inference ${grouped(cycles.median)} cycles [${grouped(cycles.min)}–${grouped(cycles.max)}]${time && ` = ${time}`}; cycles are ${board.counter}`,
      `round trip ${roundTripMs.median.toFixed(2)} ms [${roundTripMs.min.toFixed(2)}–${roundTripMs.max.toFixed(2)}]: line and host included`,
    ].join('\n')
  })
}

/** Without a file the board's own policy acts, if it was made for this task. */
function acceptRunning(board: Board, spec: TaskSpec, port: string): void {
  const { policy } = board.info
  if (policy === undefined)
    throw new InputError(`${port}: the board runs no policy: give a .bpd file, or flash one first`)
  const fitting = (['tanh', 'clip'] as const).map((squash) => contractHash(contractOf(spec, squash, {})))
  if (!fitting.includes(policy.contractHash))
    throw new InputError(`${port}: the board's policy has another contract than task ${spec.name}`)
  board.contract = policy.contractHash
}

function summary({ returns, steps, comparedActions, cycles, roundTrip }: Control, host: Policy | undefined) {
  return {
    return: statistics(returns),
    returns: [...returns],
    ...{ steps, comparedActions, cycles, roundTripMs: roundTrip },
    /** null: there was nothing to compare with */
    bitExact: host === undefined ? null : true,
  }
}
