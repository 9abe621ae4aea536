/** What the board's client takes from Node's crypto, by the browser's. */

/** end: above 0, at most 2^32 */
export function randomInt(end: number): number {
  return Math.floor((crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32) * end)
}

/** Whether two arrays of one length are the same, in a time that does not tell where they differ. */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) throw new RangeError(`${b.length} bytes, expected ${a.length}`)
  let differ = 0
  for (let i = 0; i < a.length; i++) differ |= a[i] ^ b[i]
  return differ === 0
}
