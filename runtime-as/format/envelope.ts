/** The envelope of a signed policy (SPEC.md): which key signed it and its counter, around the .bpd file as it is. Checked for its form here; the signature is not. */
import { InputError } from '../errors.ts'
import * as layout from '../kernel/assembly/envelope.ts'
import { MAX_FILE } from '../kernel/assembly/layout.ts'

/** What the envelope of a signed policy says, before anybody has verified it. */
export interface Envelope {
  /** names the public key that is to verify it: 16 hexadecimal digits */
  keyId: string
  /** 1..4294967294. A board that is locked to the key takes none that is lower than the last it confirmed */
  counter: number
  /** the .bpd file in it */
  policy: Uint8Array
  /** the bytes that the signature is of: all before it */
  signed: Uint8Array
  /** of Ed25519, 64 bytes */
  signature: Uint8Array
}

/** The highest counter. 2^32 - 1 has itself as CRC-32: where a board keeps it, it would look as erased flash does. */
export const MAX_COUNTER = 0xfffffffe

/** Bytes that an envelope adds to its .bpd file. */
export const ENVELOPE_BYTES = layout.ENVELOPE_HEADER + layout.SIGNATURE_BYTES

/**
 * Takes a signed policy out of its envelope. undefined: the bytes do not begin as an envelope does. Throws InputError where they do and are none. Nothing is verified:
 * that is `verifyPolicy` of bpd/board, or a board's.
 *
 * @param bytes of the whole file
 * @param name what messages call it
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { openEnvelope } from 'bpd'
 *
 * console.log(openEnvelope(readFileSync('student.bpd'))) // => undefined
 */
export function openEnvelope(bytes: Uint8Array, name = 'policy'): Envelope | undefined {
  if (!(bytes instanceof Uint8Array) || bytes.length < 4) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(layout.ENVELOPE_MAGIC, true) !== layout.ENVELOPE_MAGIC_VALUE) return undefined
  const fail = (field: string, expected: string): never => {
    throw new InputError(`${name}: envelope: ${field}: expected ${expected}`)
  }
  if (bytes.length < ENVELOPE_BYTES) fail('length', `at least ${ENVELOPE_BYTES} bytes`)
  if (view.getUint32(layout.ENVELOPE_KIND, true) !== layout.ENVELOPE_KIND_VALUE) fail('kind', '1, Ed25519')
  const fileBytes = view.getUint32(layout.ENVELOPE_FILE_BYTES, true)
  const counter = view.getUint32(layout.ENVELOPE_COUNTER, true)
  if (fileBytes > MAX_FILE || fileBytes !== bytes.length - ENVELOPE_BYTES)
    fail('length of the policy', `${bytes.length - ENVELOPE_BYTES}, all between envelope and signature (truncated?)`)
  if (counter < 1 || counter > MAX_COUNTER) fail('counter', `1..${MAX_COUNTER}`)
  if (view.getBigUint64(layout.ENVELOPE_ZERO, true) !== 0n) fail('reserved bytes', '0')
  const end = layout.ENVELOPE_HEADER + fileBytes
  return {
    keyId: hexOf(bytes.subarray(layout.ENVELOPE_KEY, layout.ENVELOPE_ZERO)),
    counter,
    policy: bytes.subarray(layout.ENVELOPE_HEADER, end),
    signed: bytes.subarray(0, end),
    signature: bytes.subarray(end),
  }
}

/** The .bpd file in `bytes`: in its envelope, or as it is. */
export const policyIn = (bytes: Uint8Array, name: string): Uint8Array => openEnvelope(bytes, name)?.policy ?? bytes

/** The bytes of an envelope that are to be signed. keyId: 8 bytes */
export function envelopeOf(policy: Uint8Array, counter: number, keyId: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(layout.ENVELOPE_HEADER + policy.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(layout.ENVELOPE_MAGIC, layout.ENVELOPE_MAGIC_VALUE, true)
  view.setUint32(layout.ENVELOPE_KIND, layout.ENVELOPE_KIND_VALUE, true)
  view.setUint32(layout.ENVELOPE_FILE_BYTES, policy.length, true)
  view.setUint32(layout.ENVELOPE_COUNTER, counter, true)
  bytes.set(keyId, layout.ENVELOPE_KEY)
  bytes.set(policy, layout.ENVELOPE_HEADER)
  return bytes
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
