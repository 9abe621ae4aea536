import { Option } from 'commander'
import type { Board } from '../../firmware-bridge/host/client.ts'
import { type Control, drive } from '../../firmware-bridge/host/control.ts'
import type { RunningPolicy } from '../../firmware-bridge/host/info.ts'
import { jitterOf } from '../../firmware-bridge/host/log.ts'
import { ensureRuns, type Spread } from '../../firmware-bridge/host/measure.ts'
import type { PortKind } from '../../firmware-bridge/host/port.ts'
import { kindOf } from '../../firmware-bridge/host/ports.ts'
import { driveRealTime, type RealTimeControl } from '../../firmware-bridge/host/realtime.ts'
import { InputError } from '../../runtime-as/errors.ts'
import { contractHash } from '../../runtime-as/format/contract.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { loadPolicy, type Policy } from '../../runtime-as/kernel/policy.ts'
import { requireContract } from '../../trainer/contract.ts'
import { claimFiles } from '../../trainer/files/claim.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { statistics } from '../../trainer/tasks/evaluate.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import type { TaskSpec } from '../../trainer/tasks/task.ts'
import { contractOf } from '../../trainer/teachers/teacher.ts'
import { type BoardChoice, baudOption, boardFiles, portOption, showInstall, stateOption, withBoard } from '../board.ts'
import { readPolicy } from '../files.ts'
import { signatureOf } from '../keys.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { plantOf } from '../plant.ts'
import { histogram } from '../report/histogram.ts'
import { type LoopResult, loopPage, loopText, tidy } from '../report/loop.ts'
import { keyOption } from '../session-key.ts'
import { printResult } from '../terminal.ts'
import { type CommonOptions, episodesOption, integer, number, seedOption, verb } from '../verb.ts'

interface Options extends CommonOptions, OutputOptions, BoardChoice {
  episodes: number
  seed: number
  hz?: number
  lockstep: boolean
  watch: number
  hold: boolean
  latch: boolean
  html?: string
}

export const loopVerb = verb('loop <task> [policy]', {
  group: 'On a board:',
  description:
    'drives a task through the policy on a board, in real time or in lock-step; with a file, checks every action bit for bit',
  example: 'bpd loop pendulum models/pendulum/student.bpd --port qemu-stm32f405 --hz 50',
})
  .addOption(portOption())
  .addOption(baudOption())
  .addOption(stateOption())
  .addOption(keyOption())
  .addOption(episodesOption(3))
  .addOption(seedOption())
  .addOption(
    new Option('--hz <n>', 'in real time at this rate (default on a serial port: the contract’s)').argParser(
      number(0.01, 1000),
    ),
  )
  .addOption(
    new Option('--lockstep', 'the plant waits for each action (default on emulators)').default(false).conflicts('hz'),
  )
  .addOption(
    new Option('--watch <periods>', 'failsafe on the board after so many periods without an observation, 0: none')
      .argParser(integer(0, 255))
      .default(0),
  )
  .option('--hold', 'the failsafe of --watch holds the last action', false)
  .option('--latch', 'the failsafe of --watch stands until "bpd boards --release"', false)
  .option('--html <file>', 'also writes the result as a page, with a plot')
  .addOption(forceOption())
  .action(run)

async function run(taskName: string, file: string | undefined, options: Options): Promise<void> {
  const { port, state, key, baud, episodes, seed, json } = options
  const kind = kindOf(port)
  if (options.hold && options.watch === 0) throw new InputError('--hold: no failsafe to hold in, expected --watch too')
  if (options.latch && options.watch === 0) throw new InputError('--latch: no failsafe to latch, expected --watch too')
  await prepareTask(taskName)
  const task = createTask(taskName)
  const bytes = file === undefined ? undefined : readPolicy(file)
  const host = bytes && loadPolicy(bytes, file)
  if (host) requireContract(host.contract, task.spec, file ?? '')
  if (options.html)
    claimFiles([options.html], {
      inputs: [...(file ? [file] : []), ...boardFiles({ state, key })],
      force: options.force,
    })
  const result = await withBoard({ port, state, key, baud }, async (board, progress): Promise<LoopResult> => {
    if (bytes) await ensureRuns(board, bytes, showInstall(progress, file ?? ''))
    else acceptRunning(board, task.spec, port, kind)
    const hz = options.hz ?? (options.lockstep || !kind.realTime ? undefined : 1 / task.spec.period)
    const doing = `driving ${taskName} through ${port}${hz === undefined ? ' in lock-step' : ` at ${tidy(hz)} Hz`}`
    progress.update(doing)
    const onEpisode = (done: number, last: number) =>
      progress.update(`${doing}: episode ${done}/${episodes}, return ${last.toFixed(1)}`, done / episodes)
    if (options.watch > 0) await board.watch(options.watch, { hold: options.hold, latch: options.latch })
    const plant = plantOf(task, seed)
    const failsafe = host?.contract.action.failsafe
    const control: Control | RealTimeControl =
      hz === undefined
        ? await drive(board, plant, { episodes, host, onEpisode })
        : await driveRealTime(board, plant, { episodes, hz, host, failsafe, onEpisode })
    if (options.watch > 0) await board.watch(0)
    const log = await board.log()
    const seen = { logged: log.length, boardJitterMs: jitterOf(log, 1 / (hz ?? 1 / task.spec.period)) }
    progress.done(`drove ${taskName} through ${port}`)
    const { clockHz, name } = board.info
    const facts = { name, clockHz, counter: kind.counter }
    return {
      ...summary(control, host, kind, clockHz, hz),
      ...seen,
      port,
      date: new Date().toISOString(),
      counters: await board.stats(),
      board: facts,
      policy: await policyOf(board, bytes),
    }
  })
  if (options.html) await writeFile(options.html, await loopPage(task.spec.name, task.spec.period, file, result))
  printResult(json, { task: task.spec.name, file: file ?? null, ...result }, () => loopText(taskName, result))
}

/** The policy that the board runs, which is the file's if there is one. */
async function policyOf(board: Board, file: Uint8Array | undefined): Promise<LoopResult['policy']> {
  const { policy, signatures } = await board.hello()
  const { bytes, crc } = policy as RunningPolicy
  if (file) return { weights: decodePolicy(file).weights, bytes, crc, signature: signatureOf(file, 'policy') }
  return { bytes, crc, signature: (signatures && (await board.signing()).policy) ?? null }
}

/** Without a file the board's own policy acts, if it was made for this task. */
function acceptRunning(board: Board, spec: TaskSpec, port: string, { flashBytes, forgets }: PortKind): void {
  const { policy } = board.info
  const keepable = flashBytes === undefined ? ', or flash one first' : ', or the --state in which "bpd flash" kept one'
  const advice = forgets === undefined ? keepable : ''
  if (policy === undefined) throw new InputError(`${port}: the board runs no policy: give a .bpd file${advice}`)
  const fitting = (['tanh', 'clip'] as const)
    .map((squash) => contractOf(spec, squash, {}))
    .find((contract) => contractHash(contract) === policy.contractHash)
  if (fitting === undefined)
    throw new InputError(
      `${port}: the board's policy has another contract than task ${spec.name}, or bounds of its observations: give its .bpd file`,
    )
  board.expect(fitting)
}

function summary(
  control: Control | RealTimeControl,
  host: Policy | undefined,
  kind: PortKind,
  clockHz: number,
  hz: number | undefined,
) {
  const { returns, steps, comparedActions, cycles, roundTrip, roundTrips } = control
  return {
    return: statistics(returns),
    returns: [...returns],
    steps,
    comparedActions,
    cycles,
    roundTripMs: roundTrip,
    /** without the inference; absent where its counter tells no time of this line's */
    ...(kind.realTime && { linkMs: linkOf(control, clockHz) }),
    histogram: { unit: 'ms' as const, ...histogram(roundTrips, roundTrip.p99) },
    ...('misses' in control && {
      realTime: {
        hz: hz as number,
        misses: control.misses,
        failsafes: control.failsafes,
        intervalMs: control.interval,
        jitterMs: control.jitter,
      },
    }),
    /** null: there was nothing to compare with */
    bitExact: host === undefined ? null : (true as const),
  }
}

/** The median inference taken off every figure. */
function linkOf({ roundTrip, cycles }: Control | RealTimeControl, clockHz: number): Spread {
  const inference = (1000 * cycles.median) / clockHz
  const { min, median, p99, max, jitter, count } = roundTrip
  return { min: min - inference, median: median - inference, p99: p99 - inference, max: max - inference, jitter, count }
}
