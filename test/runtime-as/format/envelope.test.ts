import { spawnSync } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newKey, readKey, signPolicy, verifyPolicy } from '../../../firmware-bridge/host/signing.ts'
import { InputError } from '../../../runtime-as/errors.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { ENVELOPE_BYTES, openEnvelope } from '../../../runtime-as/format/envelope.ts'
import { newKernel } from '../../../runtime-as/kernel/kernel.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { policyFile } from '../../support/policies.ts'

const key = newKey()
const policy = policyFile([3, 12, 1], 1)
const signed = signPolicy(policy, key, 7)

const altered = (at: number, value: number, bytes = signed) => {
  const copy = new Uint8Array(bytes)
  copy[at] = value
  return copy
}

describe('a signed policy', () => {
  it('is the .bpd file as it is, between 32 bytes and a signature that any Ed25519 verifies', () => {
    expect(signed.length).toBe(policy.length + ENVELOPE_BYTES)
    expect(Buffer.from(signed.subarray(32, -64)).equals(policy)).toBe(true)
    expect(verify(null, signed.subarray(0, -64), createPublicKey(key.publicPem), signed.subarray(-64))).toBe(true)
    expect(verifyPolicy(signed, key)).toMatchObject({ keyId: key.id, counter: 7 })
  })

  it('is read as the policy in it: what it says of key and counter goes with it', () => {
    const { stepInto } = loadPolicy(signed)
    const [a, b] = [new Float32Array(1), new Float32Array(1)]
    stepInto([0.1, 0.2, 0.3], a)
    loadPolicy(policy).stepInto([0.1, 0.2, 0.3], b)
    expect(a).toEqual(b)
    expect(decodePolicy(signed)).toMatchObject({ signature: { keyId: key.id, counter: 7 }, fileBytes: signed.length })
    expect(decodePolicy(policy).signature).toBeUndefined()
  })

  it('is refused by a reader that knows no envelopes by its first bytes', () => {
    const kernel = newKernel(signed.length)
    new Uint8Array(kernel.memory.buffer).set(signed)
    expect(kernel.validate(0, signed.length)).toBe(3)
  })

  it('signed again has one envelope, not two', () => {
    const other = newKey()
    const again = signPolicy(signed, other, 8)
    expect(again.length).toBe(signed.length)
    expect(verifyPolicy(again, other).counter).toBe(8)
  })

  it('is refused with one line that says why: wrong key, no signature, altered, truncated, and every field of the envelope', () => {
    const other = newKey()
    expect(() => verifyPolicy(signed, other, 'a.bpd')).toThrow(`a.bpd: signed by key ${key.id}, expected ${other.id}`)
    expect(() => verifyPolicy(policy, key)).toThrow('not signed, expected a policy signed by key')
    expect(() => verifyPolicy(altered(12, 8), key)).toThrow('its signature is not that of key')
    expect(() => loadPolicy(altered(40, 0xff))).toThrow('policy: first bytes')
    for (const [at, field] of Object.entries({ 4: 'kind', 8: 'length of the policy', 25: 'reserved bytes' }))
      expect(() => openEnvelope(altered(Number(at), 0xee))).toThrow(`envelope: ${field}: expected`)
    for (const counter of [[0], [255, 255, 255, 255]]) {
      const bytes = signed.slice()
      bytes.set(counter, 12)
      expect(() => openEnvelope(bytes)).toThrow('envelope: counter: expected 1..4294967294')
    }
    for (const length of [4, 95, 96, signed.length - 1]) {
      expect(() => decodePolicy(signed.subarray(0, length))).toThrow(InputError)
    }
  })

  it('with any bit altered, or cut anywhere, is refused: 600 tries', () => {
    fc.assert(
      fc.property(fc.nat(8 * signed.length - 1), (bit) => {
        const wrong = altered(bit >> 3, signed[bit >> 3] ^ (1 << (bit & 7)))
        expect(() => verifyPolicy(wrong, key)).toThrow(InputError)
      }),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(fc.nat(signed.length - 1), (length) => {
        expect(() => verifyPolicy(signed.subarray(0, length), key)).toThrow(InputError)
      }),
      { numRuns: 300 },
    )
  })

  it('of any bytes opens, is none, or is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, begins) => {
        if (begins) bytes.set([0x62, 0x70, 0x64, 0x73].slice(0, bytes.length))
        try {
          openEnvelope(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(InputError)
        }
      }),
    )
  })

  it('has a counter from 1 to 4294967294, and needs a secret and a policy', () => {
    for (const counter of [0, -1, 1.5, Number.NaN, 2 ** 32 - 1, 2 ** 32])
      expect(() => signPolicy(policy, key, counter)).toThrow('counter')
    expect(openEnvelope(signPolicy(policy, key, 0xfffffffe))?.counter).toBe(0xfffffffe)
    expect(() => signPolicy(policy, readKey(key.publicPem), 1)).toThrow('only the public key')
    expect(() => signPolicy(Uint8Array.of(1, 2, 3), key, 1)).toThrow(InputError)
  })
})

describe('a key', () => {
  it('is PEM as openssl reads and writes it', (context) => {
    const run = (args: string[], input: string) => spawnSync('openssl', args, { input, encoding: 'utf8' })
    const open = run(['pkey', '-pubout'], key.secretPem!)
    if (open.error) return context.skip('no openssl here')
    expect(open.stdout).toBe(key.publicPem)
    const theirs = readKey(run(['genpkey', '-algorithm', 'ed25519'], '').stdout)
    expect(verifyPolicy(signPolicy(policy, theirs, 1), theirs).counter).toBe(1)
  })

  it('of another kind, cut, or no key at all, is refused in one line', () => {
    const rsa = spawnSync('openssl', ['genpkey', '-algorithm', 'RSA'], { encoding: 'utf8' }).stdout ?? ''
    const two = key.secretPem! + newKey().secretPem!
    for (const pem of ['', 'x', key.secretPem!.slice(0, 60), rsa, 'x'.repeat(5000), signed.toString(), two])
      expect(() => readKey(pem, 'k.pem')).toThrow('k.pem: no key of Ed25519, expected one as PEM, alone in its file')
  })

  it('may have empty lines and Windows line ends around it', () => {
    const pem = `\r\n${key.secretPem!.replaceAll('\n', '\r\n')}\r\n`
    expect(readKey(pem).id).toBe(key.id)
  })
})
