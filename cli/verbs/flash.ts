import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { boardLines, portOption, showInstall, withBoard } from '../board.ts'
import { readPolicy } from '../files.ts'
import { printResult } from '../terminal.ts'
import { type CommonOptions, verb } from '../verb.ts'

interface Options extends CommonOptions {
  port: string
}

export const flashVerb = verb('flash <policy>', {
  group: 'On a board:',
  description: 'installs a .bpd policy; the board runs it only after its own self-test',
  example: 'bpd flash models/pendulum/student.bpd --port /dev/ttyACM0',
})
  .addOption(portOption())
  .action(run)

async function run(file: string, { port, json }: Options): Promise<void> {
  const bytes = readPolicy(file)
  loadPolicy(bytes, file)
  const board = await withBoard(port, async (board, progress) => {
    await board.install(bytes, showInstall(progress, file))
    progress.done(`installed ${file} on ${port}`)
    return board.info
  })
  printResult(json, { file, port, board }, () => boardLines(board).join('\n'))
}
