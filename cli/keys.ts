/** Keys that the user named, and what the verbs that sign have in common. */
import { Option } from 'commander'
import { readKey, type SigningKey, signPolicy } from '../firmware-bridge/host/signing.ts'
import { InputError } from '../runtime-as/errors.ts'
import { openEnvelope } from '../runtime-as/format/envelope.ts'
import { readAs } from '../trainer/files/open.ts'
import { integer } from './verb.ts'

export const SECRET = '.key'
export const PUBLIC = '.pub'

/** The key in a file, secret or public. */
export const readKeyFile = (path: string): SigningKey =>
  readKey(Buffer.from(readAs(path, ['key']).bytes).toString('latin1'), path)

/** The same, where it is to sign. */
export function readSecretFile(path: string): SigningKey {
  const key = readKeyFile(path)
  if (key.secretPem === undefined)
    throw new InputError(`${path}: a public key, expected the secret one ("bpd key new" ends its name in ${SECRET})`)
  return key
}

export const signKeyOption = () =>
  new Option('--sign-key <file>', 'signs the policy with this secret key, its counter the seconds since 1970')

export const counterOption = () =>
  new Option('--counter <n>', 'what a locked board lets no lower one follow').argParser(integer(1, 0xffffffff))

/** Seconds since 1970: of two policies, the one signed later has the higher counter. They fit until 2106. */
export const counterNow = (): number => Math.floor(Date.now() / 1000)

/** The policy as it is, or signed where a key is named. path: of the key; name: of the policy, in messages */
export const signedIf = (bytes: Uint8Array, path: string | undefined, name: string): Uint8Array =>
  path === undefined ? bytes : signPolicy(bytes, readSecretFile(path), counterNow(), name)

/** What is said of a policy's signature. key: what it was verified with, if it was */
export function signatureLine({ keyId, counter }: { keyId: string; counter: number }, key?: string): string {
  return `by key ${keyId}, counter ${counter}, ${key === undefined ? 'not verified: --key does' : `verified with ${key}`}`
}

/** What the envelope says, for results in JSON. */
export function signatureOf(bytes: Uint8Array, name: string): { keyId: string; counter: number } | undefined {
  const envelope = openEnvelope(bytes, name)
  return envelope && { keyId: envelope.keyId, counter: envelope.counter }
}
