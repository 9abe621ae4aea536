/** How figures and foreign text are written, in the terminal and in the report. */

/** 12345 -> "12,345" */
export const grouped = (n: number): string => n.toLocaleString('en-US')

/** Seconds in a unit that fits: 0.00123 -> "1.23 ms" */
export function duration(seconds: number): string {
  const [unit, scale] =
    seconds >= 1 ? ['s', 1] : seconds >= 1e-3 ? ['ms', 1e3] : seconds >= 1e-6 ? ['µs', 1e6] : ['ns', 1e9]
  return `${Number((seconds * Number(scale)).toPrecision(3))} ${unit}`
}

/** 125000000 -> "125 MHz" */
export function frequency(hertz: number): string {
  const [unit, scale] = hertz >= 1e9 ? ['GHz', 1e9] : hertz >= 1e6 ? ['MHz', 1e6] : ['Hz', 1]
  return `${Number((hertz / Number(scale)).toPrecision(4))} ${unit}`
}

/** Three digits and no more than two decimals: 1.23 %, 98.4 %, 0.06 %, under 0.01 % */
export function percent(share: number): string {
  const exact = 100 * share
  // adding zero makes -0 a 0
  const rounded = Number(Number(exact.toPrecision(3)).toFixed(2)) + 0
  return rounded === 0 && exact > 0 ? 'under 0.01 %' : `${rounded} %`
}

/** With its sign and, if there is one, its interval: "-2.5 ± 1.2" */
export const signed = ({ mean, half }: { mean: number; half?: number }): string =>
  `${mean < 0 ? '-' : '+'}${Math.abs(mean).toFixed(1)}${half === undefined ? '' : ` ± ${half.toFixed(1)}`}`

/** A CRC-32 as every page and verb writes it. */
export const hex = (crc: number): string => crc.toString(16).padStart(8, '0')

/** Text from a file or a board, without what could move a terminal's cursor or turn its text around. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')
