import { existsSync, rmSync } from 'node:fs'
import { Option } from 'commander'
import type { Board } from '../../firmware-bridge/host/client.ts'
import { committedImage, type ImageCard } from '../../firmware-bridge/host/images.ts'
import type { BoardInfo, Lock } from '../../firmware-bridge/host/info.ts'
import type { LoggedStep } from '../../firmware-bridge/host/log.ts'
import { kindOf, listPorts } from '../../firmware-bridge/host/ports.ts'
import { RefusedError, releasedBy } from '../../firmware-bridge/host/refusal.ts'
import type { SigningKey } from '../../firmware-bridge/host/signing.ts'
import type { Stats } from '../../firmware-bridge/host/stats.ts'
import { InputError } from '../../runtime-as/errors.ts'
import { claimFiles } from '../../trainer/files/claim.ts'
import { boardFiles, boardLines, keptLine, portName, stateOption, withBoard } from '../board.ts'
import { readKeyFile } from '../keys.ts'
import { counterWords } from '../report/counters.ts'
import { plainTable } from '../report/table.ts'
import { duration, grouped, hex, printable } from '../report/words.ts'
import { keyOption, writeSessionKey } from '../session-key.ts'
import { printResult } from '../terminal.ts'
import { type CommonOptions, verb } from '../verb.ts'

interface Options extends CommonOptions {
  port?: string
  state?: string
  key?: string
  pair?: string
  unpair: boolean
  log: boolean
  release: boolean
  lock?: string
}

interface Description {
  port: string
  board: BoardInfo & { counter: string }
  /** of the firmware, where it is one of the committed images */
  image?: ImageCard & { name: string }
  /** since the board started, and since this host connected */
  counters: Stats
  /** under --pair: the file with its key */
  keyFile?: string
  /** where the firmware knows signatures */
  signing?: Lock
  /** the last steps, oldest first, under --log */
  log?: (Omit<LoggedStep, 'action'> & { action: number[] })[]
}

export const boardsVerb = verb('boards', {
  group: 'On a board:',
  description: 'lists the serial ports of this machine and the emulated boards, or describes one board',
  example: 'bpd boards --port /dev/ttyACM0 --log',
})
  .option('--port <name>', 'asks the board there what it is and runs, and what it and this host counted', portName)
  .addOption(stateOption())
  .addOption(keyOption())
  .option(
    '--pair <file>',
    'gives the board a new key and writes it to this file: needs --port, and --key where it has one',
  )
  .addOption(new Option('--unpair', 'takes its key away: needs --port and --key').default(false).conflicts('pair'))
  .option('--log', "also the board's last steps, at most 256: needs --port", false)
  .option('--release', 'ends a failsafe that is latched, and the watch: needs --port', false)
  // one after the other: where the second is refused, the first would have been done without a word
  .addOption(
    new Option('--lock <key>', 'locks the board to this public key, for good: needs --port').conflicts([
      'pair',
      'unpair',
    ]),
  )
  .action(run)

async function run({ port, state, key, pair, unpair, log, release, lock, json }: Options): Promise<void> {
  if (port === undefined) {
    const needing = { log, release, state, key, pair, unpair, lock }
    for (const [option, given] of Object.entries(needing)) {
      if (given) throw new InputError(`--${option}: no board given, expected --port too`)
    }
    const ports = await listPorts()
    return printResult(json, { ports }, () => portTable(ports))
  }
  if (unpair && key === undefined) throw new InputError('--unpair: expected the key of the board, --key FILE')
  if (pair !== undefined) {
    if (existsSync(pair))
      throw new InputError(`${pair}: is there already, expected a new name: it may be the only key of a board`)
    claimFiles([pair], { inputs: boardFiles({ state, key }), force: false })
  }
  const lockKey = lock === undefined ? undefined : readKeyFile(lock)
  const said = await withBoard({ port, state, key }, async (board, progress) => {
    if (release) {
      await board.watch(0, { release })
      await board.hello()
    }
    if (pair !== undefined) await pairWith(board, pair)
    if (unpair) await board.pair(undefined)
    if (lockKey) await lockTo(board, lockKey)
    const said = await describe(board, port, log)
    progress.done(`asked ${port}`)
    return pair === undefined ? said : { ...said, keyFile: pair }
  })
  const changed = pair !== undefined || unpair || lockKey !== undefined
  printResult(json, said, () => [written(said), ...(changed ? keptLine(port, state) : [])].join('\n'))
}

/** The key is on disk before the board has it: one that the board alone knew would lock its owner out. */
async function pairWith(board: Board, file: string): Promise<void> {
  const key = await writeSessionKey(file)
  try {
    await board.pair(key)
  } catch (error) {
    // where the board may have it, the file stays
    if (error instanceof RefusedError || error instanceof InputError) rmSync(file)
    throw error
  }
}

/** Refused by the board too; said here before anything is sent, with what to do. */
async function lockTo(board: Board, { id, publicKey }: SigningKey): Promise<void> {
  const { name, signatures, policy } = board.info
  if (!signatures)
    throw new InputError(`--lock: the firmware of ${name} knows no signatures, expected one that does (docs/boards.md)`)
  const signing = await board.signing()
  if (signing.lock) throw new InputError(`--lock: ${name} is locked to key ${signing.lock.keyId} already, and for good`)
  if (policy && signing.policy?.keyId !== id) {
    const by = signing.policy ? `signed by key ${signing.policy.keyId}` : 'not signed'
    throw new InputError(
      `--lock: the policy of ${name} is ${by}, expected ${id}: flash a signed one first ("bpd flash --sign-key")`,
    )
  }
  await board.lock(publicKey)
}

async function describe(board: Board, port: string, withLog: boolean): Promise<Description> {
  const { info } = board
  const steps = withLog ? await board.log() : undefined
  const signing = info.signatures && (await board.signing())
  return {
    port,
    board: { ...info, counter: kindOf(port).counter },
    image: committedImage(info.firmware),
    counters: await board.stats(),
    ...(info.signatures && { signing }),
    log: steps?.map((step) => ({ ...step, action: [...step.action] })),
  }
}

function written({ port, board, counters, keyFile, signing, log }: Description): string {
  const { policy } = board
  return [
    ...boardLines(board),
    ...(keyFile === undefined
      ? []
      : [`paired   its key is in ${keyFile}: keep a copy, without it only erasing the board's flash helps`]),
    ...(signing?.lock ? [`lock     key ${signing.lock.keyId}, no counter below ${signing.lock.counter}`] : []),
    ...(signing?.policy ? [`policy   signed by key ${signing.policy.keyId}, counter ${signing.policy.counter}`] : []),
    ...(policy === undefined
      ? []
      : [
          `contract ${hex(policy.contractHash)}: ${policy.observations} observations, ${policy.actions} actions, ` +
            `every ${duration(policy.period)}; ${policy.confirmed ? 'confirmed' : 'on trial'}`,
        ]),
    `flash    2 slots, erased by ${grouped(board.eraseBytes)} B, programmed by ${grouped(board.programBytes)} B`,
    `started  ${duration(board.uptime / 1000)} ago`,
    ...(board.fault === undefined ? [] : [`fault    ${board.fault}`]),
    ...(board.failsafe === undefined ? [] : [`failsafe ${failsafeWords(board.failsafe, port)}`]),
    counted('counted by the board', counters.board),
    counted('counted by this host', counters.host),
    ...(log === undefined ? [] : [logTable(log, board.counter)]),
  ].join('\n')
}

const failsafeWords = (failsafe: NonNullable<BoardInfo['failsafe']>, port: string): string =>
  failsafe === 'latched' ? `latched ${releasedBy(port)}` : 'stands until observations come in time'

const counted = (who: string, counters: object): string =>
  plainTable(
    [who, ''],
    Object.entries(counters).map(([name, count]) => [counterWords[name], grouped(count)]),
  )

function logTable(log: NonNullable<Description['log']>, counter: string): string {
  const rows = log.map(({ number, milliseconds, requestCrc, action, cycles }) => [
    grouped(number),
    grouped(milliseconds),
    hex(requestCrc),
    grouped(cycles),
    action.map((value) => value.toPrecision(6)).join(' '),
  ])
  const table = plainTable(['step', 'ms since start', 'observation', 'cycles', 'action'], rows)
  return `${table}\nobservation: CRC-32 of its request; cycles: ${counter}`
}

const portTable = (ports: Awaited<ReturnType<typeof listPorts>>): string =>
  plainTable(
    ['port', 'kind', 'VID:PID', 'serial number', 'manufacturer', 'needs'],
    ports.map(({ name, kind, vendorId, productId, serialNumber, manufacturer, missing }) =>
      [
        name,
        kind,
        vendorId === undefined ? '' : `${vendorId}:${productId ?? '?'}`,
        serialNumber ?? '',
        manufacturer ?? '',
        missing ?? '',
      ].map(printable),
    ),
  )
