// BLAKE2s of RFC 7693 with a key of 32 bytes and a digest of 32, over pieces of a message. A hash in work: offsets into BLAKE_BYTES of memory.
const DIGEST = 0
const COUNTED = 32
/** bytes in BLOCK */
const FILLED = 36
const BLOCK = 40
const ROWS = 104
export const BLAKE_BYTES = 168

function initial(at: usize): void {
  store<u32>(at, 0x6a09e667)
  store<u32>(at, 0xbb67ae85, 4)
  store<u32>(at, 0x3c6ef372, 8)
  store<u32>(at, 0xa54ff53a, 12)
  store<u32>(at, 0x510e527f, 16)
  store<u32>(at, 0x9b05688c, 20)
  store<u32>(at, 0x1f83d9ab, 24)
  store<u32>(at, 0x5be0cd19, 28)
}

/** G of RFC 7693 over four words of the rows; x, y: offsets of two words of the block */
/* @inline */
function mix(hash: usize, a: usize, b: usize, c: usize, d: usize, x: u32, y: u32): void {
  let va = load<u32>(hash + ROWS + a) + load<u32>(hash + BLOCK + x)
  let vb = load<u32>(hash + ROWS + b)
  va += vb
  let vd = rotr<u32>(load<u32>(hash + ROWS + d) ^ va, 16)
  let vc = load<u32>(hash + ROWS + c) + vd
  vb = rotr<u32>(vb ^ vc, 12)
  va += vb + load<u32>(hash + BLOCK + y)
  vd = rotr<u32>(vd ^ va, 8)
  vc += vd
  store<u32>(hash + ROWS + a, va)
  store<u32>(hash + ROWS + b, rotr<u32>(vb ^ vc, 7))
  store<u32>(hash + ROWS + c, vc)
  store<u32>(hash + ROWS + d, vd)
}

/** columns, diagonals: eight words of the block each, a nibble each, the first lowest */
function round(hash: usize, columns: u32, diagonals: u32): void {
  mix(hash, 0, 16, 32, 48, (columns & 15) << 2, (columns >>> 2) & 60)
  mix(hash, 4, 20, 36, 52, (columns >>> 6) & 60, (columns >>> 10) & 60)
  mix(hash, 8, 24, 40, 56, (columns >>> 14) & 60, (columns >>> 18) & 60)
  mix(hash, 12, 28, 44, 60, (columns >>> 22) & 60, (columns >>> 26) & 60)
  mix(hash, 0, 20, 40, 60, (diagonals & 15) << 2, (diagonals >>> 2) & 60)
  mix(hash, 4, 24, 44, 48, (diagonals >>> 6) & 60, (diagonals >>> 10) & 60)
  mix(hash, 8, 28, 32, 52, (diagonals >>> 14) & 60, (diagonals >>> 18) & 60)
  mix(hash, 12, 16, 36, 56, (diagonals >>> 22) & 60, (diagonals >>> 26) & 60)
}

/** last: all ones for the last block of a message, else 0 */
function compress(hash: usize, last: u32): void {
  const counted = load<u32>(hash, COUNTED) + load<u32>(hash, FILLED)
  store<u32>(hash, counted, COUNTED)
  store<u32>(hash, 0, FILLED)
  for (let k: usize = 0; k < 32; k += 4) store<u32>(hash + ROWS + k, load<u32>(hash + DIGEST + k))
  initial(hash + ROWS + 32)
  store<u32>(hash, load<u32>(hash, ROWS + 48) ^ counted, ROWS + 48)
  store<u32>(hash, load<u32>(hash, ROWS + 56) ^ last, ROWS + 56)
  round(hash, 0x76543210, 0xfedcba98)
  round(hash, 0x6df984ae, 0x357b20c1)
  round(hash, 0xdf250c8b, 0x491763ea)
  round(hash, 0xebcd1397, 0x8f04a562)
  round(hash, 0xfa427509, 0xd386cb1e)
  round(hash, 0x38b0a6c2, 0x91ef57d4)
  round(hash, 0xa4def15c, 0xb8293670)
  round(hash, 0x931ce7bd, 0xa2684f05)
  round(hash, 0x803b9ef6, 0x5a417d2c)
  round(hash, 0x5167482a, 0x0dc3e9bf)
  for (let k: usize = 0; k < 32; k += 4) {
    const word = load<u32>(hash + DIGEST + k) ^ load<u32>(hash + ROWS + k) ^ load<u32>(hash + ROWS + 32 + k)
    store<u32>(hash + DIGEST + k, word)
  }
}

function emptyBlock(hash: usize, from: usize): void {
  for (; from < 64; from++) store<u8>(hash + BLOCK + from, 0)
}

/** Begins a hash; its key's block is compressed, so that what DIGEST holds then can be kept for many messages. key: 32 bytes */
export function blakeKey(hash: usize, key: usize): void {
  initial(hash)
  store<u32>(hash, 0x6a09e667 ^ 0x01012020)
  store<u32>(hash, 0, COUNTED)
  store<u32>(hash, 64, FILLED)
  for (let k: usize = 0; k < 32; k++) store<u8>(hash + BLOCK + k, load<u8>(key + k))
  emptyBlock(hash, 32)
  compress(hash, 0)
}

/** Begins a hash under a key whose digest was kept after `blakeKey`. kept: 32 bytes, 4-byte aligned */
export function blakeResume(hash: usize, kept: usize): void {
  for (let k: usize = 0; k < 32; k += 4) store<u32>(hash + DIGEST + k, load<u32>(kept + k))
  store<u32>(hash, 64, COUNTED)
  store<u32>(hash, 0, FILLED)
}

/** Adds bytes to the message, which has one or more in all. */
export function blakeAdd(hash: usize, from: usize, bytes: u32): void {
  let filled = load<u32>(hash, FILLED)
  for (const end = from + bytes; from < end; from++) {
    if (filled == 64) {
      store<u32>(hash, filled, FILLED)
      compress(hash, 0)
      filled = 0
    }
    store<u8>(hash + BLOCK + filled++, load<u8>(from))
  }
  store<u32>(hash, filled, FILLED)
}

/** Ends the message: the digest, 32 bytes, is where the hash begins. */
export function blakeEnd(hash: usize): void {
  emptyBlock(hash, load<u32>(hash, FILLED))
  compress(hash, ~0)
}
