/** What the board's client takes from Node's crypto, by the browser's. */

/** end: above 0, at most 2^32 */
export function randomInt(end: number): number {
  return Math.floor((crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32) * end)
}
