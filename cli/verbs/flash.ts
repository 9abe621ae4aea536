import type { Command } from 'commander'
import type { BoardInfo } from '../../firmware-bridge/info.ts'
import { loadPolicy } from '../../runtime-as/policy.ts'
import { memoryLine, portOption, showInstall, withBoard } from '../board.ts'
import { readInput } from '../files.ts'
import { frequency, grouped, printable } from '../report/words.ts'
import { printResult } from '../terminal.ts'
import { addVerb, type CommonOptions } from '../verb.ts'

interface Options extends CommonOptions {
  port: string
}

export function addFlash(program: Command): void {
  addVerb(
    program,
    'flash <policy>',
    'installs a .bpd policy; the board runs it only after its own self-test',
    'bpd flash models/pendulum/student.bpd --port /dev/ttyACM0',
  )
    .addOption(portOption())
    .action(run)
}

async function run(file: string, { port, json }: Options): Promise<void> {
  const bytes = readInput(file)
  loadPolicy(bytes, file)
  const board = await withBoard(port, async (board, progress) => {
    await board.install(bytes, showInstall(progress, file))
    progress.done(`installed ${file} on ${port}`)
    return board.info
  })
  printResult(json, { file, port, board }, () => describe(board))
}

/** What a board says of itself, a line each. */
function describe(board: BoardInfo): string {
  const { policy } = board
  const { clockHz, protocol, format } = board
  return [
    `board    ${printable(board.name)}, counter at ${frequency(clockHz)}, protocol ${protocol}, .bpd version ${format}`,
    memoryLine(board),
    policy === undefined
      ? 'policy   none'
      : `policy   slot ${'AB'[policy.slot]}, installation ${policy.generation}, ${grouped(policy.bytes)} B, ` +
        `CRC-32 ${policy.crc.toString(16).padStart(8, '0')}, ${policy.goldens} golden vectors reproduced`,
  ].join('\n')
}
