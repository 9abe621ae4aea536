/** Numbers as words: one way of writing each kind, everywhere on the page. */

/** 66,560 */
export const grouped = (x: number): string => Math.round(x).toLocaleString('en-US')

/** Three digits and no more than two decimals: 1.23 %, 98.4 %, 0.06 %, under 0.01 % */
export function percent(share: number): string {
  const exact = 100 * share
  // adding zero makes -0 a 0
  const rounded = Number(Number(exact.toPrecision(3)).toFixed(2)) + 0
  return rounded === 0 && exact > 0 ? 'under 0.01 %' : `${rounded} %`
}

/** a CRC-32: 00c0ffee */
export const hex = (crc: number): string => (crc >>> 0).toString(16).padStart(8, '0')

/** -142.2, 3,605 */
export const decimal = (x: number): string =>
  x.toLocaleString('en-US', { maximumFractionDigits: Math.abs(x) < 1000 ? 1 : 0, minimumFractionDigits: 0 })

/** seconds: 89.9 µs, 37.7 ms, 1.2 s */
export function duration(seconds: number): string {
  const [value, unit] = seconds < 1e-3 ? [seconds * 1e6, 'µs'] : seconds < 1 ? [seconds * 1e3, 'ms'] : [seconds, 's']
  return `${Number(value.toPrecision(3))} ${unit}`
}

/** What went wrong, in a line. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 400)
