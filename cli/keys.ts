/** Keys that the user named, and what the verbs that sign have in common. */
import { type Command, Option } from 'commander'
import { readKey, type SigningKey, signPolicy } from '../firmware-bridge/host/signing.ts'
import { InputError } from '../runtime-as/errors.ts'
import { MAX_COUNTER, openEnvelope } from '../runtime-as/format/envelope.ts'
import { readAs, requireOwn } from '../trainer/files/open.ts'
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
  requireOwn(path)
  return key
}

export const counterOption = () =>
  new Option(
    '--counter <n>',
    'of the signature: a locked board lets no lower one follow (default: seconds since 1970)',
  ).argParser(integer(1, MAX_COUNTER))

/** What the options become; a verb's own options extend it. */
export interface GivenSigning {
  signKey?: string
  counter?: number
}

/** For verbs that write or send policies. */
export const addSigningOptions = (verb: Command): Command =>
  verb
    .addOption(new Option('--sign-key <file>', 'signs the policy with this secret key, of "bpd key new"'))
    .addOption(counterOption())

/** Seconds since 1970: of two policies, the one signed later has the higher counter. They fit until 2106. */
export const counterNow = (): number => Math.floor(Date.now() / 1000)

/** Puts a policy into a signed envelope. name: in messages */
export type Signer = (policy: Uint8Array, name: string) => Uint8Array

/** What signs as the options ask, its key read before any work. Where nobody asked, policies stay as they are. */
export function signerOf({ signKey, counter }: GivenSigning): Signer {
  if (signKey === undefined) {
    if (counter !== undefined) throw new InputError('--counter: of a signature, expected --sign-key with it')
    return (policy) => policy
  }
  const key = readSecretFile(signKey)
  return (policy, name) => signPolicy(policy, key, counter ?? counterNow(), name)
}

/** The files that a verb reads for its signature. */
export const signingInputs = ({ signKey }: GivenSigning): string[] => (signKey === undefined ? [] : [signKey])

/** What the envelope of a policy says; null: it has none. In results, cards and pages. */
export type Signature = { keyId: string; counter: number } | null

export function signatureOf(bytes: Uint8Array, name: string): Signature {
  const envelope = openEnvelope(bytes, name)
  return envelope ? { keyId: envelope.keyId, counter: envelope.counter } : null
}

export const signedBy = ({ keyId, counter }: NonNullable<Signature>): string => `by key ${keyId}, counter ${counter}`

/** What is said of a policy's signature. key: what it was verified with, if it was */
export const signatureLine = (signature: NonNullable<Signature>, key?: string): string =>
  `${signedBy(signature)}, ${key === undefined ? 'not verified: --key does' : `verified with ${key}`}`
