import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import {
  type BoardChoice,
  baudOption,
  boardLines,
  keptLine,
  portOption,
  showInstall,
  stateOption,
  withBoard,
} from '../board.ts'
import { readPolicy } from '../files.ts'
import { addSigningOptions, type GivenSigning, signerOf } from '../keys.ts'
import { keyOption } from '../session-key.ts'
import { printResult } from '../terminal.ts'
import { type CommonOptions, verb } from '../verb.ts'

type Options = CommonOptions & BoardChoice & GivenSigning

export const flashVerb = addSigningOptions(
  verb('flash <policy>', {
    group: 'On a board:',
    description: 'installs a .bpd policy; the board runs it only after its own self-test',
    example: 'bpd flash models/pendulum/student.bpd --port /dev/ttyACM0',
  })
    .addOption(portOption())
    .addOption(baudOption())
    .addOption(stateOption())
    .addOption(keyOption()),
).action(run)

async function run(file: string, { port, state, key, baud, json, ...signing }: Options): Promise<void> {
  const policy = readPolicy(file)
  loadPolicy(policy, file)
  const bytes = signerOf(signing)(policy, file)
  const board = await withBoard({ port, state, key, baud }, async (board, progress) => {
    await board.install(bytes, showInstall(progress, file), { name: file })
    progress.done(`installed ${file} on ${port}`)
    return board.info
  })
  printResult(json, { file, port, board }, () => [...boardLines(board), ...keptLine(port, state)].join('\n'))
}
