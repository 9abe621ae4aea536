/** The contract of a file, written from SPEC.md alone: its msgpack, what it may hold, and its hash. */
import { crc32 } from 'node:zlib'
import { need, Refused } from './independent.ts'

/** Maps as entries, so that nothing is lost. */
export type Value = null | boolean | number | string | Value[] | Map<string, Value>

/** Whether the page allows these bytes as a contract. Agreement with the core is not looked at, but for the hash, which comes back. */
export function hashOfContract(bytes: Uint8Array): number | undefined {
  try {
    const { value, at } = read(bytes, 0)
    need(at === bytes.length)
    return crc32(Buffer.from(textOf(listOf(value)), 'utf8'))
  } catch (error) {
    if (error instanceof Refused) return undefined
    throw error
  }
}

type Part = { value: Value; at: number }

function read(bytes: Uint8Array, at: number, level = 0): Part {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  // provenance is within the contract
  need(at < bytes.length && level <= 17)
  const tag = bytes[at++]
  const unsigned = (size: number) => {
    need(at + size <= bytes.length)
    at += size
    return Number([...bytes.subarray(at - size, at)].reduce((sum, byte) => sum * 256n + BigInt(byte), 0n))
  }
  const list = (count: number): Part => {
    const items: Value[] = []
    for (let i = 0; i < count; i++) {
      const item = read(bytes, at, level + 1)
      at = item.at
      items.push(item.value)
    }
    return { value: items, at }
  }
  const map = (count: number): Part => {
    const entries = new Map<string, Value>()
    for (let i = 0; i < count; i++) {
      const key = read(bytes, at, level)
      need(typeof key.value === 'string' && !entries.has(key.value) && key.value !== '__proto__')
      const item = read(bytes, key.at, level + 1)
      at = item.at
      entries.set(key.value as string, item.value)
    }
    return { value: entries, at }
  }
  const text = (length: number): Part => {
    need(at + length <= bytes.length)
    const part = Buffer.from(bytes.subarray(at, at + length))
    const value = part.toString('utf8')
    // what is not UTF-8 does not come back
    need(Buffer.from(value, 'utf8').equals(part))
    return { value, at: at + length }
  }
  const number = (size: number, get: (at: number) => number | bigint): Part => {
    need(at + size <= bytes.length)
    const value = get(at)
    need(typeof value === 'bigint' ? value < 2n ** 53n && value > -(2n ** 53n) : Number.isFinite(value))
    return { value: Number(value), at: at + size }
  }
  if (tag < 0x80) return { value: tag, at }
  if (tag >= 0xe0) return { value: tag - 256, at }
  if (tag < 0x90) return map(tag - 0x80)
  if (tag < 0xa0) return list(tag - 0x90)
  if (tag < 0xc0) return text(tag - 0xa0)
  switch (tag) {
    case 0xc0:
      return { value: null, at }
    case 0xc2:
      return { value: false, at }
    case 0xc3:
      return { value: true, at }
    case 0xca:
      return number(4, (k) => view.getFloat32(k))
    case 0xcb:
      return number(8, (k) => view.getFloat64(k))
    case 0xcc:
      return number(1, (k) => view.getUint8(k))
    case 0xcd:
      return number(2, (k) => view.getUint16(k))
    case 0xce:
      return number(4, (k) => view.getUint32(k))
    case 0xcf:
      return number(8, (k) => view.getBigUint64(k))
    case 0xd0:
      return number(1, (k) => view.getInt8(k))
    case 0xd1:
      return number(2, (k) => view.getInt16(k))
    case 0xd2:
      return number(4, (k) => view.getInt32(k))
    case 0xd3:
      return number(8, (k) => view.getBigInt64(k))
    case 0xd9:
      return text(unsigned(1))
    case 0xda:
      return text(unsigned(2))
    case 0xdb:
      return text(unsigned(4))
    case 0xdc:
      return list(unsigned(2))
    case 0xdd:
      return list(unsigned(4))
    case 0xde:
      return map(unsigned(2))
    case 0xdf:
      return map(unsigned(4))
    default:
      throw new Refused()
  }
}

function fields(value: Value, keys: string[]): Value[] {
  need(value instanceof Map && value.size === keys.length && keys.every((key) => value.has(key)))
  return keys.map((key) => (value as Map<string, Value>).get(key) as Value)
}

function isName(value: Value): value is string {
  return typeof value === 'string' && [...value].length >= 1 && [...value].length <= 64
}

const isNumbers = (value: Value, count: number): value is number[] =>
  Array.isArray(value) &&
  value.length === count &&
  value.every((x) => typeof x === 'number' && Number.isFinite(Math.fround(x)))

/** What the hash is of. */
function listOf(contract: Value): Value[] {
  const keys = ['task', 'observation', 'action', 'squash', 'period', 'provenance']
  const [task, observation, action, squash, period, provenance] = fields(contract, keys)
  const bounded = observation instanceof Map && observation.size > 1
  const parts = fields(observation, bounded ? ['names', 'low', 'high', 'outside'] : ['names'])
  const [names, low, high, failsafe] = fields(action, ['names', 'low', 'high', 'failsafe'])
  for (const list of [parts[0], names]) {
    need(Array.isArray(list) && list.length >= 1 && list.length <= 4096 && list.every(isName))
    need(new Set(list as string[]).size === (list as string[]).length)
  }
  const inOrder = (a: Value, b: Value) =>
    need((a as number[]).every((x, i) => Math.fround(x) <= Math.fround((b as number[])[i])))
  for (const list of [low, high, failsafe]) need(isNumbers(list, (names as Value[]).length))
  inOrder(low, failsafe)
  inOrder(failsafe, high)
  if (bounded) {
    for (const list of parts.slice(1, 3)) need(isNumbers(list, (parts[0] as Value[]).length))
    inOrder(parts[1], parts[2])
    need(parts[3] === 'clamp' || parts[3] === 'refuse')
  }
  need(isName(task) && (squash === 'tanh' || squash === 'clip') && provenance instanceof Map)
  need(typeof period === 'number' && Math.round(period * 1e6) >= 1 && Math.round(period * 1e6) <= 0xffffffff)
  return [task, parts[0], names, low, high, failsafe, squash, period, ...parts.slice(1)]
}

/** JSON text by the page's rules; nothing here asks JavaScript for it. */
export function textOf(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`
  return typeof value === 'number' ? numberText(value) : quoted(value as string)
}

const escapes: Record<number, string> = { 34: '\\"', 92: '\\\\', 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r' }

const quoted = (text: string): string =>
  `"${[...text]
    .map((letter) => {
      const code = letter.codePointAt(0)!
      return escapes[code] ?? (code < 32 ? `\\u${code.toString(16).padStart(4, '0')}` : letter)
    })
    .join('')}"`

export function numberText(x: number): string {
  if (x === 0) return '0'
  if (x < 0) return `-${numberText(-x)}`
  // the fewest digits that give x again
  let [digits, exponent] = ['', 0]
  for (let k = 1; k <= 17 && (digits === '' || Number(`0.${digits}e${exponent}`) !== x); k++) {
    const [mantissa, power] = x.toExponential(k - 1).split('e')
    ;[digits, exponent] = [mantissa.replace('.', ''), Number(power) + 1]
  }
  // of two that are as near the even one, where toExponential takes the larger
  const exact = x.toExponential(100).replace('.', '').split('e')[0]
  if (/^50*$/.test(exact.slice(digits.length)) && /[13579]$/.test(digits))
    digits = digits.slice(0, -1) + (Number(digits.at(-1)) - 1)
  const [k, n] = [digits.length, exponent]
  if (k <= n && n <= 21) return digits + '0'.repeat(n - k)
  if (n > 0 && n < k) return `${digits.slice(0, n)}.${digits.slice(n)}`
  if (n > -6 && n <= 0) return `0.${'0'.repeat(-n)}${digits}`
  return `${digits[0]}${k > 1 ? `.${digits.slice(1)}` : ''}e${n > 0 ? '+' : '-'}${Math.abs(n - 1)}`
}
