import { crc32 } from 'node:zlib'
import { Option } from 'commander'
import { kindOf } from '../../firmware-bridge/host/ports.ts'
import { type Line, qualify } from '../../firmware-bridge/host/qualify/qualify.ts'
import { InputError } from '../../runtime-as/errors.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { claimFiles } from '../../trainer/files/claim.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { type BoardChoice, baudOption, boardFiles, portOption, stateOption, withBoard } from '../board.ts'
import { readPolicy } from '../files.ts'
import { readKeyFile, signatureOf } from '../keys.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { type Qualification, qualifyPage, qualifyText } from '../report/qualify.ts'
import { keyOption, readSessionKey } from '../session-key.ts'
import { printResult } from '../terminal.ts'
import { type CommonOptions, integer, verb } from '../verb.ts'

interface Options extends CommonOptions, OutputOptions, BoardChoice {
  signedBy?: string
  observations: number
  html?: string
}

export const qualifyVerb = verb('qualify <policy>', {
  group: 'On a board:',
  description:
    'installs a policy and looks at all that can be looked at before motors are connected, a verdict a line; exit code 1 where a check fails',
  example: 'bpd qualify models/pendulum/student.bpd --port /dev/ttyACM0 --html runs/qualification.html',
})
  .addOption(portOption())
  .addOption(baudOption())
  .addOption(stateOption())
  .addOption(keyOption())
  .option(
    '--signed-by <key>',
    'the public key that has to have signed the policy, and that the board has to be locked to',
  )
  .addOption(
    new Option('--observations <n>', 'how many are compared, board and host, bit for bit')
      .argParser(integer(1, 10_000_000))
      .default(10_000),
  )
  .option('--html <file>', 'also writes the result as a page, to file with the release')
  .addOption(forceOption())
  .action(run)

async function run(
  file: string,
  { port, state, key, baud, signedBy, observations, html, force, json }: Options,
): Promise<void> {
  const bytes = readPolicy(file)
  const policy = loadPolicy(bytes, file)
  const kind = kindOf(port)
  const signer = signedBy === undefined ? undefined : readKeyFile(signedBy)
  const sessionKey = key === undefined ? undefined : readSessionKey(key)
  if (html) claimFiles([html], { inputs: [file, ...boardFiles({ state, key })], force })
  const result = await withBoard({ port, state, key, baud }, async (board, progress, line): Promise<Qualification> => {
    // else every check that moves something would fail, each for this one reason
    if (board.info.paired && key === undefined)
      throw new InputError(`${port}: the board has a key, expected --key FILE`)
    let doing = ''
    const onProgress = (share: number) => progress.update(`${doing}: ${Math.floor(100 * share)} %`, share)
    const given = { key: sessionKey, signedBy: signer, observations }
    const bench = { board, port: line, kind, policy, bytes, ...given, onProgress }
    const checks: Line[] = await qualify(bench, (name) => {
      doing = `looking at ${port}: ${name}`
      progress.update(doing)
    })
    progress.done(`looked at ${port}`)
    const { name, firmware } = board.info
    return {
      qualified: checks.every(({ verdict }) => verdict !== 'fail'),
      port,
      realTime: kind.realTime,
      date: new Date().toISOString(),
      policy: {
        file,
        bytes: bytes.length,
        crc: crc32(bytes),
        signature: signatureOf(bytes, file),
        task: policy.contract.task,
      },
      board: { name, firmware, counter: kind.counter },
      checks,
    }
  })
  if (html) await writeFile(html, qualifyPage(result))
  printResult(json, result, () => qualifyText(result))
  if (!result.qualified) process.exitCode = 1
}
