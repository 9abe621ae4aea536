/** Numbers and names as C has them. */

/** 9 digits give back every float. */
export function float(value: number): string {
  const text = String(Number(value.toPrecision(9)))
  const sign = Object.is(value, -0) ? '-' : ''
  return `${sign}${/[.e]/.test(text) ? text : `${text}.0`}f`
}

/** Names come from a file: nothing in them may end a comment, break its line or be another alphabet's. */
export const comment = (text: string): string => text.replace(/[^ -~]|\*\/|\/\*|\\/g, '?')

/** Headers that a program wants from elsewhere, as a pattern: NAME.h of ours must not stand in their way. */
export const TAKEN_HEADERS =
  'arduino|assert|complex|ctype|errno|fenv|float|inttypes|iso646|limits|locale|math|setjmp|signal|stdalign|stdarg|stdatomic|stdbool|stddef|' +
  'stdint|stdio|stdlib|stdnoreturn|string|tgmath|threads|time|uchar|unistd|wchar|wctype|wire|spi|servo'

/** A C identifier in lower case, made of a file's name. */
export const identifier = (name: string): string =>
  `_${name.toLowerCase()}`.replace(/[^a-z0-9_]/g, '_').replace(/^_(?=[a-z])/, '')

/** What a number is about without its unit, as the end of a macro; where two would be the same, all get their number behind them. */
export function macroNames(names: string[]): string[] {
  const short = names.map((name) =>
    name
      .replace(/\[[^\]]*\]/g, '')
      .toUpperCase()
      .replace(/[^A-Z0-9]+/g, '_')
      .replace(/^_+|_+$/g, ''),
  )
  const different = new Set(short).size === short.length && !short.includes('')
  return different ? short : short.map((name, i) => `${name}_${i}`)
}

/** Items in lines of at most 110 characters. */
export function lines(items: string[], indent = '  '): string {
  const rows: string[] = []
  for (const item of items) {
    const last = rows.at(-1)
    if (last === undefined || last.length + item.length > 108) rows.push(`${indent}${item},`)
    else rows[rows.length - 1] = `${last} ${item},`
  }
  return rows.join('\n')
}

/** What the parts of a policy's C are called by: every name in it begins with `lower`, every macro with `upper`. */
export interface Prefix {
  lower: string
  upper: string
}

export const prefixOf = (name: string): Prefix => ({ lower: name, upper: name.toUpperCase() })

/** Types of C that hold what a table holds, and how it is read out of flash. */
export type TableType = 'float' | 'uint8_t' | 'uint16_t' | 'int8_t' | 'int32_t'

/** A table that stays in flash. */
export function table({ lower, upper }: Prefix, type: TableType, name: string, values: ArrayLike<number>): string {
  const text = Array.from(values, (value) => (type === 'float' ? float(value) : whole(value)))
  return `static const ${type} ${lower}_${name}[${values.length}] ${upper}_FLASH = {\n${lines(text)}\n};\n`
}

/** -2147483648 is no number of C: it is a minus before one that does not fit. */
const whole = (value: number): string => (value === -(2 ** 31) ? '(-2147483647 - 1)' : String(value))

/** The narrowest type for numbers from 0 on. */
export const unsignedFor = (most: number): 'uint8_t' | 'uint16_t' => (most < 256 ? 'uint8_t' : 'uint16_t')

/** The macro that reads one of a type out of flash. */
export const reader = ({ upper }: Prefix, type: TableType): string =>
  `${upper}_${{ float: 'FLOAT', uint8_t: 'U8', uint16_t: 'U16', int8_t: 'I8', int32_t: 'I32' }[type]}`
