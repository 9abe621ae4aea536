/** What a contract must be, and the hash of the part that decides whether one policy can take the place of another. */

import { InputError } from '../errors.ts'
import { MAX_WIDTH } from '../kernel/assembly/layout.ts'
import { crc32 } from '../kernel/kernel.ts'
import { isJson, isPlain } from './json.ts'
import { type Contract, type ObservationBounds, OUTSIDE, type Outside, observationBounds } from './network.ts'

/** Unicode code points in a name */
const MAX_NAME = 64
/** microseconds */
const MAX_PERIOD = 0xffffffff

/** Microseconds: the unit of the period in the core. */
export const periodMicroseconds = ({ period }: Pick<Contract, 'period'>): number => Math.round(period * 1e6)

/**
 * CRC-32 of the JSON text of [task, observation names, action names, low, high, failsafe, squash, period], and of the observations' [low, high,
 * outside] behind them where there are bounds, in UTF-8. ECMAScript fixes that text to the last byte. The provenance is left out: a policy
 * trained again may take the place of the old one.
 */
export function contractHash(contract: Contract): number {
  const { task, observation, action, squash, period } = contract
  const { names, low, high, failsafe } = action
  const bounds = observationBounds(contract)
  const parts = [task, observation.names, names, low, high, failsafe, squash, period]
  if (bounds) parts.push(bounds.low, bounds.high, bounds.outside)
  return crc32(new TextEncoder().encode(JSON.stringify(parts)))
}

/**
 * The contract in `value` with its keys in the order in which files hold them. name: what messages call the file. Throws InputError
 * where anything is missing, unknown or out of range.
 */
export function checkContract(value: unknown, name: string): Contract {
  const at = `${name}: contract`
  const all = entries(value, at, ['task', 'observation', 'action', 'squash', 'period', 'provenance'])
  const observation = readObservation(all.observation, `${at}.observation`)
  const action = entries(all.action, `${at}.action`, ['names', 'low', 'high', 'failsafe'])
  const actions = names(action.names, `${at}.action.names`)
  const contract: Contract = {
    task: text(all.task, `${at}.task`),
    observation,
    action: {
      names: actions,
      low: numbers(action.low, `${at}.action.low`, actions.length, 'an action'),
      high: numbers(action.high, `${at}.action.high`, actions.length, 'an action'),
      failsafe: numbers(action.failsafe, `${at}.action.failsafe`, actions.length, 'an action'),
    },
    squash: squash(all.squash, `${at}.squash`),
    period: all.period as number,
    provenance: all.provenance as Record<string, unknown>,
  }
  checkOrder(contract.action, `${at}.action`)
  if (typeof contract.period !== 'number' || !isPeriod(contract.period)) {
    throw new InputError(`${at}.period: expected seconds, from 1 microsecond to 4294 seconds`)
  }
  if (!isPlain(contract.provenance) || !isJson(contract.provenance)) {
    throw new InputError(`${at}.provenance: expected a map of JSON values, nested at most 16 deep`)
  }
  return contract
}

/** Names, and the bounds where any part of them is given. */
function readObservation(value: unknown, at: string): Contract['observation'] {
  const bounded = isPlain(value) && ['low', 'high', 'outside'].some((key) => Object.hasOwn(value, key))
  const all = entries(value, at, bounded ? ['names', 'low', 'high', 'outside'] : ['names'])
  const observation = { names: names(all.names, `${at}.names`) }
  if (!bounded) return observation
  const { length } = observation.names
  const bounds: ObservationBounds = {
    low: numbers(all.low, `${at}.low`, length, 'an observation'),
    high: numbers(all.high, `${at}.high`, length, 'an observation'),
    outside: outside(all.outside, `${at}.outside`),
  }
  checkOrder({ ...observation, ...bounds }, at)
  return { ...observation, ...bounds }
}

/** Whether a policy can have such a period. */
export function isPeriod(seconds: number): boolean {
  const microseconds = periodMicroseconds({ period: seconds })
  return microseconds >= 1 && microseconds <= MAX_PERIOD
}

function entries(value: unknown, at: string, keys: string[]): Record<string, unknown> {
  if (!isPlain(value)) throw new InputError(`${at}: expected a map with ${keys.join(', ')}`)
  const missing = keys.find((key) => !Object.hasOwn(value, key))
  if (missing !== undefined) throw new InputError(`${at}.${missing}: missing, expected a map with ${keys.join(', ')}`)
  const unknown = Object.keys(value).find((key) => !keys.includes(key))
  if (unknown !== undefined) throw new InputError(`${at}.${unknown}: unknown, expected only ${keys.join(', ')}`)
  return value
}

function text(value: unknown, at: string): string {
  // a code point is at most two units of a string
  const isShort = (s: string) => s.length <= 2 * MAX_NAME && [...s].length <= MAX_NAME
  if (typeof value === 'string' && value.length > 0 && isShort(value) && value.isWellFormed()) return value
  throw new InputError(`${at}: expected text of 1..${MAX_NAME} characters`)
}

function names(value: unknown, at: string): string[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > MAX_WIDTH) {
    throw new InputError(`${at}: expected a list of 1..${MAX_WIDTH} names`)
  }
  const list = Array.from(value, (item, i) => text(item, `${at}[${i}]`))
  const seen = new Set<string>()
  for (const item of list) {
    if (seen.has(item)) throw new InputError(`${at}: expected different names, '${item}' is there twice`)
    seen.add(item)
  }
  return list
}

function numbers(value: unknown, at: string, count: number, each: string): number[] {
  const fits = (item: unknown) => typeof item === 'number' && Number.isFinite(Math.fround(item))
  if (!Array.isArray(value) || value.length !== count || !Array.from(value).every(fits)) {
    throw new InputError(`${at}: expected ${count} finite number${count === 1 ? '' : 's'}, one ${each}`)
  }
  // -0 would not come back from the file
  return Array.from(value, (item: number) => item + 0)
}

function squash(value: unknown, at: string): 'tanh' | 'clip' {
  if (value === 'tanh' || value === 'clip') return value
  throw new InputError(`${at}: expected 'tanh' or 'clip'`)
}

function outside(value: unknown, at: string): Outside {
  if (OUTSIDE.includes(value as Outside)) return value as Outside
  throw new InputError(`${at}: expected 'clamp' or 'refuse'`)
}

/** Throws InputError unless a golden observation keeps to the bounds: it would not be what the policy acts on. at: what messages call it */
export function checkWithin(contract: Contract, observation: Float32Array, at: string): void {
  const bounds = observationBounds(contract)
  if (!bounds) return
  for (const [i, x] of observation.entries()) {
    const [low, high] = [bounds.low[i], bounds.high[i]].map(Math.fround)
    if (x >= low && x <= high) continue
    throw new InputError(`${at}[${i}]: ${x}, expected ${low}..${high} as in contract.observation`)
  }
}

/** As the kernel sees them: rounded to f32. failsafe: where actions have one */
function checkOrder(
  { names, low, high, failsafe = low }: Omit<Contract['action'], 'failsafe'> & { failsafe?: number[] },
  at: string,
): void {
  for (const [i, name] of names.entries()) {
    const [least, safe, most] = [low[i], failsafe[i], high[i]].map(Math.fround)
    if (!(least <= safe && safe <= most)) {
      throw new InputError(`${at}: expected low <= ${failsafe === low ? '' : 'failsafe <= '}high for '${name}'`)
    }
  }
}
