// SHA-512 (FIPS 180-4), of bytes that come in parts.
import { fill } from '../bytes'
import { roundConstant } from './round-constants'

/** a hash under way: the eight words of its state, the block that fills (then the words of its schedule), bytes so far u32 */
const BLOCK = 64
const LENGTH = 192
export const HASH_BYTES = 200
const BLOCK_BYTES = 128

/** hash: HASH_BYTES, 8-byte aligned */
export function beginHash(hash: usize): void {
  store<u64>(hash, 0x6a09e667f3bcc908)
  store<u64>(hash, 0xbb67ae8584caa73b, 8)
  store<u64>(hash, 0x3c6ef372fe94f82b, 16)
  store<u64>(hash, 0xa54ff53a5f1d36f1, 24)
  store<u64>(hash, 0x510e527fade682d1, 32)
  store<u64>(hash, 0x9b05688c2b3e6c1f, 40)
  store<u64>(hash, 0x1f83d9abfb41bd6b, 48)
  store<u64>(hash, 0x5be0cd19137e2179, 56)
  store<u32>(hash, 0, LENGTH)
}

export function hashBytes(hash: usize, from: usize, bytes: u32): void {
  let length = load<u32>(hash, LENGTH)
  for (const end = from + bytes; from < end; from++) {
    store<u8>(hash + BLOCK + (length & (BLOCK_BYTES - 1)), load<u8>(from))
    if ((++length & (BLOCK_BYTES - 1)) == 0) compress(hash)
  }
  store<u32>(hash, length, LENGTH)
}

/** out: 64 bytes, 8-byte aligned */
export function endHash(hash: usize, out: usize): void {
  const length = load<u32>(hash, LENGTH)
  let at = hash + BLOCK + (length & (BLOCK_BYTES - 1))
  store<u8>(at++, 0x80)
  // the length, in bits, takes the last 16 bytes of a block
  if (at > hash + BLOCK + (BLOCK_BYTES - 16)) {
    fill(at, hash + BLOCK + BLOCK_BYTES, 0)
    compress(hash)
    at = hash + BLOCK
  }
  fill(at, hash + BLOCK + BLOCK_BYTES, 0)
  store<u64>(hash, bswap<u64>((<u64>length) << 3), BLOCK + BLOCK_BYTES - 8)
  compress(hash)
  for (let k = 0; k < 64; k += 8) store<u64>(out + k, bswap<u64>(load<u64>(hash + k)))
}

/** Takes the full block into the state. */
function compress(hash: usize): void {
  const words = hash + BLOCK
  for (let k = 0; k < BLOCK_BYTES; k += 8) store<u64>(words + k, bswap<u64>(load<u64>(words + k)))
  let a = load<u64>(hash)
  let b = load<u64>(hash, 8)
  let c = load<u64>(hash, 16)
  let d = load<u64>(hash, 24)
  let e = load<u64>(hash, 32)
  let f = load<u64>(hash, 40)
  let g = load<u64>(hash, 48)
  let h = load<u64>(hash, 56)
  for (let round: u32 = 0; round < 80; round++) {
    // sixteen words are kept: each makes way for the one that is needed sixteen rounds later
    const at = words + ((round & 15) << 3)
    const word = load<u64>(at)
    const w1 = load<u64>(words + (((round + 1) & 15) << 3))
    const w9 = load<u64>(words + (((round + 9) & 15) << 3))
    const w14 = load<u64>(words + (((round + 14) & 15) << 3))
    const s0 = rotr<u64>(w1, 1) ^ rotr<u64>(w1, 8) ^ (w1 >> 7)
    const s1 = rotr<u64>(w14, 19) ^ rotr<u64>(w14, 61) ^ (w14 >> 6)
    store<u64>(at, word + s0 + w9 + s1)
    const sigma1 = rotr<u64>(e, 14) ^ rotr<u64>(e, 18) ^ rotr<u64>(e, 41)
    const t1 = h + sigma1 + (g ^ (e & (f ^ g))) + roundConstant(round) + word
    const sigma0 = rotr<u64>(a, 28) ^ rotr<u64>(a, 34) ^ rotr<u64>(a, 39)
    const t2 = sigma0 + ((a & b) | (c & (a | b)))
    h = g
    g = f
    f = e
    e = d + t1
    d = c
    c = b
    b = a
    a = t1 + t2
  }
  store<u64>(hash, load<u64>(hash) + a)
  store<u64>(hash, load<u64>(hash, 8) + b, 8)
  store<u64>(hash, load<u64>(hash, 16) + c, 16)
  store<u64>(hash, load<u64>(hash, 24) + d, 24)
  store<u64>(hash, load<u64>(hash, 32) + e, 32)
  store<u64>(hash, load<u64>(hash, 40) + f, 40)
  store<u64>(hash, load<u64>(hash, 48) + g, 48)
  store<u64>(hash, load<u64>(hash, 56) + h, 56)
}
