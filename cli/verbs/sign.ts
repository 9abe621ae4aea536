import { signPolicy } from '../../firmware-bridge/host/signing.ts'
import { ENVELOPE_BYTES } from '../../runtime-as/format/envelope.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { claimFiles } from '../../trainer/files/claim.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { readPolicy } from '../files.ts'
import { counterNow, counterOption, readSecretFile, signatureOf, signedBy } from '../keys.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { grouped } from '../report/words.ts'
import { printResult } from '../terminal.ts'
import { type CommonOptions, verb } from '../verb.ts'

interface Options extends CommonOptions, OutputOptions {
  key: string
  out: string
  counter?: number
}

export const signVerb = verb('sign <policy>', {
  group: 'On a board:',
  description: 'signs a .bpd policy, for boards that take no other',
  example: 'bpd sign models/pendulum/student.bpd --key runs/robot.key --out runs/signed.bpd',
})
  .requiredOption('--key <file>', 'the secret key, of "bpd key new"')
  .requiredOption('--out <file>', 'where the signed policy goes')
  .addOption(counterOption())
  .addOption(forceOption())
  .action(run)

async function run(file: string, { key: keyFile, out, counter = counterNow(), force, json }: Options): Promise<void> {
  const bytes = readPolicy(file)
  loadPolicy(bytes, file)
  const before = signatureOf(bytes, file)
  const key = readSecretFile(keyFile)
  const signed = signPolicy(bytes, key, counter, file)
  claimFiles([out], { inputs: [file, keyFile], force })
  await writeFile(out, signed)
  printResult(json, { policy: file, file: out, bytes: signed.length, keyId: key.id, counter, before }, () =>
    [
      `${out}: ${grouped(signed.length)} bytes, ${ENVELOPE_BYTES} of them the signature and what it names`,
      `signed   ${signedBy({ keyId: key.id, counter })}`,
      ...(before ? [`before   ${signedBy(before)}`] : []),
    ].join('\n'),
  )
}
