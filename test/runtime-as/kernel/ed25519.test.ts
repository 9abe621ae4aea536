import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newKey } from '../../../firmware-bridge/host/signing.ts'
import { DeviceVerifier, RFC_8032, wycheproof } from '../../support/signatures.ts'

const device = new DeviceVerifier()
const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

/** p = 2^255 - 19 and the order of the base point, little endian */
const P = hex(`ed${'ff'.repeat(30)}7f`)
const L = hex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')

function hostVerifies(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const spki = Buffer.concat([hex('302a300506032b6570032100'), key])
  return verify(null, message, createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature)
}

function plus(a: Uint8Array, b: Uint8Array): Uint8Array {
  let carry = 0
  return a.map((byte, i) => {
    carry = byte + b[i] + (carry >> 8)
    return carry & 255
  })
}

describe('the device verifies Ed25519', () => {
  it.each(RFC_8032)('as RFC 8032 has it: message $message', ({ secret, key, message, signature }) => {
    expect(device.verify(hex(key), hex(message), hex(signature))).toBe(true)
    // the vector is one: this secret makes that key and that signature
    const pkcs8 = Buffer.from(`302e020100300506032b657004220420${secret}`, 'hex')
    const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    expect(sign(null, hex(message), privateKey).toString('hex')).toBe(signature)
    const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
    expect(spki.subarray(-32).toString('hex')).toBe(key)
  })

  it('as Wycheproof has it: every valid and every invalid one; none under a key of small order; of what it leaves open, as the host', () => {
    let judged = 0
    for (const { id, comment, key, message, signature, result } of wycheproof()) {
      // a signature of another length does not reach it: an envelope has room for 64 bytes
      if (signature.length !== 128) continue
      const said = device.verify(hex(key), hex(message), hex(signature))
      const smallOrder = /^(canonical Ed25519 torsion point|identity public key)/.test(comment)
      const left = !smallOrder && hostVerifies(hex(key), hex(message), hex(signature))
      expect(said, `${id} ${comment}`).toBe(result === 'acceptable' ? left : result === 'valid')
      judged++
    }
    expect(judged).toBe(198)
  })

  it('over messages of every length about the blocks of SHA-512, at any alignment; not with one bit of anything changed', () => {
    const key = newKey()
    const secret = createPrivateKey(key.secretPem!)
    for (const length of [0, 1, 47, 48, 63, 64, 65, 175, 176, 191, 192, 193, 1000]) {
      const message = createHash('shake256', { outputLength: length }).update(`${length}`).digest()
      const signature = sign(null, message, secret)
      expect(device.verify(key.publicKey, message, signature), `${length} bytes`).toBe(true)
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (message, at) => {
        const signature = sign(null, message, secret)
        const all = Uint8Array.of(...key.publicKey, ...signature, ...message)
        const bit = at % (8 * all.length)
        all[bit >> 3] ^= 1 << (bit & 7)
        expect(device.verify(all.subarray(0, 32), all.subarray(96), all.subarray(32, 96))).toBe(false)
      }),
      { numRuns: 40 },
    )
  })

  it('refuses a scalar that is not below the order: no signature can be made into another', () => {
    const { key, message, signature } = RFC_8032[1]
    const bytes = hex(signature)
    const other = Uint8Array.of(...bytes.subarray(0, 32), ...plus(bytes.subarray(32), L))
    expect(device.verify(hex(key), hex(message), other)).toBe(false)
  })

  it('refuses keys that are no points, or not written as the one number below p that they are', () => {
    const { message, signature } = RFC_8032[0]
    for (let y = 0; y < 19; y++) {
      const small = new Uint8Array(32).fill(y, 0, 1)
      for (const sign of [0, 0x80]) {
        const key = plus(P, small)
        key[31] |= sign
        expect(device.verify(key, hex(message), hex(signature)), `p + ${y}`).toBe(false)
      }
    }
  })

  it('names a key by its SHA-512', () => {
    const { publicKey, id } = newKey()
    const digest = createHash('sha512').update(publicKey).digest()
    expect(Buffer.from(device.nameKey(publicKey)).equals(digest)).toBe(true)
    expect(id).toBe(digest.toString('hex', 0, 8))
  })
})
