/** BLAKE2s of RFC 7693 with a key and a digest of 32 bytes, as `hashlib.blake2s(message, key=key)`: the readable form of the device's. */

const BLOCK = 64
const IV = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]
/** words of the block in the order of each round */
const SIGMA = [
  '0123456789abcdef',
  'ea489fd61c02b753',
  'b8c052fdae367194',
  '7931dcbe265a40f8',
  '905724afe1bc683d',
  '2c6a0b834d75fe19',
  'c51fed4a0763928b',
  'db7ec13950f4862a',
  '6fe9b308c2d714a5',
  'a2847615fb9e3cd0',
].map((round) => [...round].map((nibble) => Number.parseInt(nibble, 16)))

const rotate = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits))

/** G of RFC 7693 */
function mix(v: Uint32Array, [a, b, c, d]: number[], x: number, y: number): void {
  v[a] += v[b] + x
  v[d] = rotate(v[d] ^ v[a], 16)
  v[c] += v[d]
  v[b] = rotate(v[b] ^ v[c], 12)
  v[a] += v[b] + y
  v[d] = rotate(v[d] ^ v[a], 8)
  v[c] += v[d]
  v[b] = rotate(v[b] ^ v[c], 7)
}

/** columns, then diagonals */
const QUARTERS = [0, 1].flatMap((turn) =>
  [0, 1, 2, 3].map((i) => [i, 4 + ((i + turn) & 3), 8 + ((i + 2 * turn) & 3), 12 + ((i + 3 * turn) & 3)]),
)

function compress(h: Uint32Array, block: DataView, counted: number, last: boolean): void {
  const v = Uint32Array.of(...h, ...IV)
  v[12] ^= counted
  if (last) v[14] = ~v[14]
  for (const order of SIGMA) {
    for (const [i, quarter] of QUARTERS.entries()) {
      const [x, y] = [order[2 * i], order[2 * i + 1]].map((word) => block.getUint32(4 * word, true))
      mix(v, quarter, x, y)
    }
  }
  for (let i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8]
}

/** The digest of a message under a key, 32 bytes. key: 32 bytes; message: any length below 4 GB */
export function blake2s(key: Uint8Array, message: Uint8Array): Uint8Array {
  const length = BLOCK + message.length
  const padded = new Uint8Array(BLOCK * Math.ceil(length / BLOCK))
  padded.set(key)
  padded.set(message, BLOCK)
  const h = Uint32Array.from(IV)
  h[0] ^= 0x01012020
  for (let at = 0; at < padded.length; at += BLOCK) {
    const end = Math.min(at + BLOCK, length)
    compress(h, new DataView(padded.buffer, at, BLOCK), end, end === length)
  }
  const digest = new DataView(new ArrayBuffer(32))
  for (const [i, word] of h.entries()) digest.setUint32(4 * i, word, true)
  return new Uint8Array(digest.buffer)
}
