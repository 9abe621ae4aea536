// Signatures of Ed25519 (RFC 8032, 5.1.7), verified only: there are no secrets here.
import { fill, same } from '../bytes'
import { FIELD_BYTES, below, isZero, reduceOnce, set, useField } from './field'
import { POINT_BYTES, POINT_SCRATCH, addPoints, base, decodeNegated, encode, neutral, usePoints } from './point'
import { beginHash, endHash, hashBytes } from './sha512'

/** in the work memory, from its start */
const POINTS = FIELD_BYTES
const ORDER = POINTS + POINT_SCRATCH
const DIGEST = ORDER + 32
const SCALAR = DIGEST + 64
const SUM = SCALAR + 32
const BASE = SUM + POINT_BYTES
const KEY = BASE + POINT_BYTES
const BOTH = KEY + POINT_BYTES
/** the hash is done before points are worked with */
const HASH = SUM
/** bytes of work memory that `verify` needs */
export const VERIFY_BYTES = BOTH + POINT_BYTES
/** bits of a number below the order of the base point, 2^252 and some */
const BITS = 253

/**
 * Whether `signature` (64 bytes) is that of `key` (32 bytes) under `bytes` bytes from `message` on: 8 S B = 8 R + 8 k A without the 8s, as most
 * do, and with S below the order, so that no signature can be altered into another. work: VERIFY_BYTES, 8-byte aligned; signature and key 4-byte aligned
 */
export function verify(signature: usize, key: usize, message: usize, bytes: u32, work: usize): bool {
  const order = work + ORDER
  const scalar = work + SCALAR
  const s = signature + 32
  useField(work)
  usePoints(work + POINTS)
  set(order, 0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000)
  if (!below(s, order)) return false
  hashBytes3(work + HASH, signature, key, message, bytes, work + DIGEST)
  modulo(scalar, work + DIGEST, order)
  if (!isKey(key, work)) return false
  base(work + BASE)
  addPoints(work + BOTH, work + BASE, work + KEY)
  const sum = work + SUM
  neutral(sum)
  for (let bit = BITS - 1; bit >= 0; bit--) {
    addPoints(sum, sum, sum)
    const which = bitOf(s, bit) | (bitOf(scalar, bit) << 1)
    if (which) addPoints(sum, sum, work + BASE + (which - 1) * POINT_BYTES)
  }
  // R is what comes first in the signature
  encode(work + DIGEST, sum)
  return same(work + DIGEST, signature, 32)
}

/** Whether signatures can be verified under these 32 bytes (4-byte aligned): a point, written as the one number that it is, and not of small order. work: as of `verify` */
export function isKey(key: usize, work: usize): bool {
  useField(work)
  usePoints(work + POINTS)
  return decodeNegated(work + KEY, key) && !isSmall(work + KEY, work + SUM)
}

/** Whether eight times the point is nothing: under such a key anybody can sign. out: POINT_BYTES of work memory */
function isSmall(point: usize, out: usize): bool {
  addPoints(out, point, point)
  addPoints(out, out, out)
  addPoints(out, out, out)
  return isZero(out)
}

/** SHA-512 of R, the key and the message. */
function hashBytes3(hash: usize, r: usize, key: usize, message: usize, bytes: u32, out: usize): void {
  beginHash(hash)
  hashBytes(hash, r, 32)
  hashBytes(hash, key, 32)
  hashBytes(hash, message, bytes)
  endHash(hash, out)
}

function bitOf(number: usize, bit: u32): u32 {
  return (load<u32>(number + ((bit >> 5) << 2)) >> (bit & 31)) & 1
}

/** What a number of 64 bytes leaves when divided, bit by bit. out, modulus: 32 bytes; modulus below 2^255 */
function modulo(out: usize, digest: usize, modulus: usize): void {
  fill(out, out + 32, 0)
  for (let bit = 511; bit >= 0; bit--) {
    let carry = bitOf(digest, bit)
    for (let k = 0; k < 32; k += 4) {
      const word = load<u32>(out + k)
      store<u32>(out + k, (word << 1) | carry)
      carry = word >> 31
    }
    reduceOnce(out, modulus)
  }
}

/** The 8 bytes that name a key: the first of its SHA-512. out: 64 bytes, work: VERIFY_BYTES, both 8-byte aligned */
export function nameKey(out: usize, key: usize, work: usize): void {
  beginHash(work)
  hashBytes(work, key, 32)
  endHash(work, out)
}
