/** What a student is to expect and promise, gathered from whoever says it: flags, a contract.json, the teacher, the data. */
import { InputError } from '../runtime-as/errors.ts'
import { isPeriod } from '../runtime-as/format/contract.ts'
import { type Contract, type ObservationBounds, OUTSIDE } from '../runtime-as/format/network.ts'
import { readIfThere } from './files/access.ts'
import { brief } from './files/brief.ts'
import { Field } from './files/field.ts'
import { parseJson } from './files/json.ts'
import type { TaskSpec } from './tasks/task.ts'

/** Names, bounds of the actions in their units, the period in seconds. A task's spec is one. */
export interface PolicyContract extends Omit<TaskSpec, 'maxSteps'> {
  /** the action of a policy that cannot act, and of one that is refused its observation; default: the middle of each range */
  failsafe?: readonly number[]
  /** what observations may be; absent: anything */
  bounds?: ObservationBounds
}

/** That of a policy file, as the one to fit something else to. */
export const contractIn = ({ task, observation, action, period }: Contract): PolicyContract => ({
  name: task,
  observationNames: observation.names,
  actionNames: action.names,
  actionLow: action.low,
  actionHigh: action.high,
  failsafe: action.failsafe,
  period,
})

/** What one source says; of `from`, how messages call it. */
export interface Source {
  from: string
  says: Partial<PolicyContract>
}

/** What the data says where nobody else does. */
export interface FromData {
  /** how messages call it */
  from: string
  observationNames: readonly string[]
  actionNames: readonly string[]
  /** s */
  period?: number
  /** the column whose timestamps say it */
  clock?: string
}

/** names of a policy's widest layer, twice over, and what is around them */
const BUDGET = { items: 20_000, depth: 18 }
const LARGEST = 1 << 20

/**
 * A contract.json: the layout of the contract in a .bpd, {task, observation: {names}, action: {names, low, high, failsafe}, period}, of which any part
 * may be left out. Undefined without a file. Throws InputError.
 */
export function readContract(path: string): Partial<PolicyContract> | undefined {
  const bytes = readIfThere(path)
  if (!bytes) return undefined
  if (bytes.length > LARGEST) throw new InputError(`${path}: ${bytes.length} bytes, expected at most ${LARGEST}`)
  let value: unknown
  try {
    value = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes), BUDGET)
  } catch (error) {
    throw new InputError(
      `${path}: expected JSON: ${error instanceof TypeError ? 'not UTF-8' : (error as Error).message}`,
    )
  }
  return contractParts(value, path)
}

/** The same of a value. name: how errors call it */
export const contractParts = (value: unknown, name: string): Partial<PolicyContract> =>
  partsOf(new Field(name, '', value))

const KEYS = {
  '': ['task', 'observation', 'action', 'period', 'squash', 'provenance'],
  observation: ['names', 'low', 'high', 'outside'],
  action: ['names', 'low', 'high', 'failsafe'],
} as const

/** squash and provenance are the old policy's: the new one has its own. */
function partsOf(all: Field): Partial<PolicyContract> {
  requireKeys(all, KEYS[''])
  const [observation, action] = (['observation', 'action'] as const).map((key) => {
    const part = all.at(key)
    if (part.value !== undefined) requireKeys(part, KEYS[key])
    return (name: string) => (part.value === undefined ? undefined : there(part.at(name)))
  })
  const bounded = ['low', 'high', 'outside'].map((key) => observation(key))
  const [low, high, outside] = bounded
  return present({
    name: there(all.at('task'))?.text(),
    observationNames: textsIn(observation('names')),
    actionNames: textsIn(action('names')),
    actionLow: numbersIn(action('low')),
    actionHigh: numbersIn(action('high')),
    failsafe: numbersIn(action('failsafe')),
    period: there(all.at('period'))?.number(),
    bounds:
      low && high && outside
        ? { low: numbersIn(low)!, high: numbersIn(high)!, outside: outside.oneOf(OUTSIDE) }
        : undefined,
  })
}

function requireKeys(field: Field, keys: readonly string[]): void {
  const unknown = Object.keys(field.map()).find((key) => !keys.includes(key))
  if (unknown !== undefined) field.at(unknown).refuse(`nothing: only ${keys.join(', ')} are known here`)
}

const there = (field: Field): Field | undefined =>
  field.value === undefined || field.value === null ? undefined : field
const numbersIn = (field?: Field): number[] | undefined => field?.items().map((item) => item.number())
const textsIn = (field?: Field): string[] | undefined => field?.items().map((item) => item.text())
const present = <T extends object>(parts: T): T =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as T

/**
 * Of each part what the first source says that says anything of it; then what the data says. A single bound is every action's. Throws InputError with
 * the flag to give where a part is known to nobody, and with both numbers where a source names more or fewer than the data has.
 */
export function resolveContract(sources: readonly Source[], data: FromData): PolicyContract {
  const said = <K extends keyof PolicyContract>(key: K) => sources.find(({ says }) => says[key] !== undefined)
  const value = <K extends keyof PolicyContract>(key: K) => said(key)?.says[key]
  const names = (key: 'observationNames' | 'actionNames', what: string) => {
    const source = said(key)
    if (source) requireCount(source, source.says[key]!, what, data, data[key].length)
    requireOneOrder(
      sources.filter(({ says }) => says[key]),
      key,
      what,
    )
    return [...(source?.says[key] ?? data[key])]
  }
  const observationNames = names('observationNames', 'observations')
  const actionNames = names('actionNames', 'actions')
  const each = (key: 'actionLow' | 'actionHigh' | 'failsafe', what: string) => {
    const source = said(key)
    const list = source?.says[key]
    if (!source || !list) return undefined
    if (list.length === 1) return actionNames.map(() => list[0])
    requireCount(source, list, what, data, actionNames.length)
    return [...list]
  }
  const [actionLow, actionHigh] = [each('actionLow', 'lower bounds'), each('actionHigh', 'upper bounds')]
  if (!actionLow || !actionHigh) {
    const missing = [...(actionLow ? [] : ['--action-low']), ...(actionHigh ? [] : ['--action-high'])]
    throw new InputError(
      `bounds of the actions: not known, expected ${missing.join(' and ')}: one number for all, or one an action`,
    )
  }
  const boundsFrom = [...new Set([said('actionLow')!.from, said('actionHigh')!.from])].join(' and ')
  for (const [i, name] of actionNames.entries())
    if (!(actionLow[i] < actionHigh[i]))
      throw new InputError(
        `${boundsFrom}: bounds of action "${name}": ${actionLow[i]} to ${actionHigh[i]}, expected low below high`,
      )
  const period = value('period') ?? data.period
  if (period === undefined)
    throw new InputError(`period: not known, and ${data.from} has no timestamps: expected --period, in seconds`)
  if (!isPeriod(period)) {
    const source = said('period')
    const clock = data.clock === undefined ? 'period' : `column ${brief(data.clock)}`
    const from = source ? `${source.from}: period` : `${data.from}: ${clock}`
    throw new InputError(`${from}: ${period} s a step, expected from 1 microsecond to 4294 seconds; --period sets it`)
  }
  return present({
    name: value('name') ?? 'policy',
    observationNames,
    actionNames,
    actionLow,
    actionHigh,
    period,
    failsafe: each('failsafe', 'failsafe actions'),
    bounds: value('bounds'),
  })
}

function requireCount({ from }: Source, list: readonly unknown[], what: string, data: FromData, count: number): void {
  if (list.length !== count)
    throw new InputError(`${from}: ${list.length} ${what}, expected ${count} as ${data.from} has`)
}

/** The same names in another order are a mistake: a policy would take each for its neighbour. */
function requireOneOrder(sources: readonly Source[], key: 'observationNames' | 'actionNames', what: string): void {
  const sorted = (names: readonly string[]) => JSON.stringify([...names].sort())
  const [first, ...others] = sources
  for (const { from, says } of others) {
    const [mine, its] = [first.says[key]!, says[key]!]
    const at = mine.findIndex((name, i) => name !== its[i])
    if (at < 0 || sorted(mine) !== sorted(its)) continue
    throw new InputError(
      `${first.from}: ${what}: the names of ${from} in another order, "${mine[at]}" where it has "${its[at]}": expected its order`,
    )
  }
}

/** Refuses a policy that was made for something else. */
export function requireContract(contract: Contract, spec: PolicyContract, name: string): void {
  const expected = {
    task: spec.name,
    observations: spec.observationNames,
    actions: spec.actionNames,
    period: spec.period,
  }
  const found: typeof expected = {
    task: contract.task,
    observations: contract.observation.names,
    actions: contract.action.names,
    period: contract.period,
  }
  for (const key of Object.keys(expected) as (keyof typeof expected)[])
    if (JSON.stringify(found[key]) !== JSON.stringify(expected[key]))
      throw new InputError(
        `${name}: contract ${key}: ${JSON.stringify(found[key])}; task ${spec.name} has ${JSON.stringify(expected[key])}`,
      )
}
