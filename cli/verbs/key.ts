import { existsSync } from 'node:fs'
import { Argument } from 'commander'
import { newKey, type SigningKey } from '../../firmware-bridge/host/signing.ts'
import { InputError } from '../../runtime-as/errors.ts'
import { claimFiles } from '../../trainer/files/claim.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { PUBLIC, readKeyFile, SECRET } from '../keys.ts'
import { printResult } from '../terminal.ts'
import { type CommonOptions, verb } from '../verb.ts'

type Action = keyof typeof actions

const actions = { new: make, show }

export const keyVerb = verb('key', {
  group: 'On a board:',
  description: 'makes a key to sign policies with (NAME.key, secret, and NAME.pub), or shows one',
  example: 'bpd key new runs/robot',
})
  .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(actions)))
  .argument('<name>', 'new: where the two files go, without an ending; show: a file')
  .action((action: Action, name: string, options: CommonOptions) => actions[action](name, options))

/** Nobody but the user reads the secret, and nothing writes over one: a board that is locked to a key that is lost takes no other policy. */
async function make(name: string, { json }: CommonOptions): Promise<void> {
  if (name.endsWith(SECRET) || name.endsWith(PUBLIC))
    throw new InputError(`${name}: expected a name without an ending: ${SECRET} and ${PUBLIC} are put to it`)
  const [secretFile, publicFile] = [name + SECRET, name + PUBLIC]
  for (const file of [secretFile, publicFile])
    if (existsSync(file))
      throw new InputError(`${file}: is there already, and no key is written over: expected another name`)
  claimFiles([secretFile, publicFile], { force: false })
  const key = newKey()
  await writeFile(secretFile, key.secretPem!, 0o600)
  await writeFile(publicFile, key.publicPem)
  printResult(json, { ...facts(key), secretFile, publicFile }, () =>
    [
      `key      ${key.id}`,
      `secret   ${secretFile}: keep it where no board and no stranger is; without it a locked board takes no other policy`,
      `public   ${publicFile}: for "bpd boards --lock" and "bpd inspect --key"`,
    ].join('\n'),
  )
}

function show(file: string, { json }: CommonOptions): void {
  const key = readKeyFile(file)
  const secret = key.secretPem !== undefined
  printResult(json, { file, ...facts(key), secret }, () =>
    [`key      ${key.id}`, `public   ${facts(key).publicKey}`, `secret   ${secret ? 'in this file' : 'not here'}`].join(
      '\n',
    ),
  )
}

const facts = ({ id, publicKey }: SigningKey) => ({ id, publicKey: Buffer.from(publicKey).toString('hex') })
