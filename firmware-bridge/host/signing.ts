/** Signed policies: keys of Ed25519, signing and verifying, by Node's own crypto. Boards verify by runtime-as/kernel/assembly/ed25519. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { InputError } from '../../runtime-as/errors.ts'
import { openPolicy } from '../../runtime-as/format/decode.ts'
import { type Envelope, envelopeOf, MAX_COUNTER, openEnvelope } from '../../runtime-as/format/envelope.ts'

/** A key of Ed25519. One that has its secret signs; both verify. */
export interface SigningKey {
  /** what envelopes and boards call it: the first 8 bytes of its public key's SHA-512, in hexadecimal */
  id: string
  /** the public key, 32 bytes */
  publicKey: Uint8Array
  /** the public key as PEM (SubjectPublicKeyInfo) */
  publicPem: string
  /** the secret as PEM (PKCS #8); absent: only the public key is known */
  secretPem?: string
}

/** bytes of PEM that a key takes at most; more is no key */
const MOST = 4096
/** one block of PEM and nothing beside it */
const ONE_BLOCK = /^\s*-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----\s*$/

/**
 * A new key, of the system's own randomness. Whoever has its secret signs for every board that is locked to it.
 *
 * @example
 * import { newKey } from 'bpd/board'
 *
 * console.log(newKey().publicKey.length) // => 32
 */
export function newKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  return described(privateKey)
}

/**
 * A key as PEM, secret or public, as `bpd key new` and openssl write it. Throws InputError for anything else.
 *
 * @param pem text of the file
 * @param name what messages call it
 *
 * @example
 * import { newKey, readKey } from 'bpd/board'
 *
 * const key = newKey()
 * console.log(readKey(key.publicPem).id === key.id) // => true
 */
export function readKey(pem: string, name = 'key'): SigningKey {
  const refuse = (): never => {
    throw new InputError(`${name}: no key of Ed25519, expected one as PEM, alone in its file and without a password`)
  }
  // a second key behind the first would be dropped without a word
  if (pem.length > MOST || !ONE_BLOCK.test(pem)) refuse()
  try {
    const key = pem.includes('PRIVATE KEY') ? createPrivateKey(pem) : createPublicKey(pem)
    return key.asymmetricKeyType === 'ed25519' ? described(key) : refuse()
  } catch {
    return refuse()
  }
}

function described(key: KeyObject): SigningKey {
  const open = key.type === 'private' ? createPublicKey(key) : key
  const spki = { type: 'spki' } as const
  // the key is what comes last
  const publicKey = new Uint8Array(open.export({ ...spki, format: 'der' }).subarray(-32))
  return {
    id: nameOf(publicKey).toString('hex'),
    publicKey,
    publicPem: open.export({ ...spki, format: 'pem' }).toString(),
    ...(key.type === 'private' && { secretPem: key.export({ type: 'pkcs8', format: 'pem' }).toString() }),
  }
}

const nameOf = (publicKey: Uint8Array): Buffer => createHash('sha512').update(publicKey).digest().subarray(0, 8)

/**
 * A policy in a signed envelope. One that is in an envelope already gets another. Throws InputError for a file that is no policy, a key without its secret, or a counter
 * outside 1..4294967294.
 *
 * @param bytes of a .bpd file
 * @param key with its secret
 * @param counter must not be lower than that of any policy that a locked board has confirmed; seconds since 1970 do
 * @param name what messages call the file
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { newKey, signPolicy, verifyPolicy } from 'bpd/board'
 *
 * const key = newKey()
 * const signed = signPolicy(readFileSync('student.bpd'), key, 1)
 * console.log(verifyPolicy(signed, key).counter) // => 1
 */
export function signPolicy(bytes: Uint8Array, key: SigningKey, counter: number, name = 'policy'): Uint8Array {
  if (key.secretPem === undefined)
    throw new InputError(`key ${key.id}: only the public key, expected its secret to sign with`)
  if (!Number.isInteger(counter) || counter < 1 || counter > MAX_COUNTER)
    throw new InputError(`counter: ${counter}, expected 1..${MAX_COUNTER}`)
  openPolicy(bytes, name)
  const signed = envelopeOf(openEnvelope(bytes, name)?.policy ?? bytes, counter, nameOf(key.publicKey))
  // no Buffer, whose slices would share its bytes
  return new Uint8Array(Buffer.concat([signed, sign(null, signed, createPrivateKey(key.secretPem))]))
}

/**
 * What the envelope of a signed policy says, verified. Throws InputError where it is not signed, by another key, or not what was signed.
 *
 * @param bytes of the whole file
 * @param key public or with its secret
 * @param name what messages call the file
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { newKey, verifyPolicy } from 'bpd/board'
 *
 * try {
 *   verifyPolicy(readFileSync('student.bpd'), newKey())
 * } catch (error) {
 *   console.log(String(error).includes('policy: not signed')) // => true
 * }
 */
export function verifyPolicy(bytes: Uint8Array, key: SigningKey, name = 'policy'): Envelope {
  const envelope = openEnvelope(bytes, name)
  if (!envelope) throw new InputError(`${name}: not signed, expected a policy signed by key ${key.id}`)
  const { keyId, signed, signature } = envelope
  if (keyId !== key.id) throw new InputError(`${name}: signed by key ${keyId}, expected ${key.id}`)
  if (!verify(null, signed, createPublicKey(key.publicPem), signature))
    throw new InputError(`${name}: its signature is not that of key ${keyId} (altered?)`)
  return envelope
}
