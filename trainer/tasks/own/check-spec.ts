/** The facts of a task that somebody else wrote: a module's export, or the first line of a simulator. */
import type { Field } from '../../files/field.ts'
import type { TaskSpec } from '../task.ts'

/** as many as a policy may have */
const MAX_NAMES = 4096
/** Unicode code points, as in a contract */
const MAX_NAME = 64
/** seconds, as in a contract */
const MAX_PERIOD = 4294
/** numbers that one episode's transitions may hold: they are in memory together */
const MAX_EPISODE = 2 ** 24

/** What `checkSpec` reads. */
export const specNames = [
  'name',
  'observationNames',
  'actionNames',
  'actionLow',
  'actionHigh',
  'period',
  'maxSteps',
] as const satisfies (keyof TaskSpec)[]

/** Throws InputError that names file and field. */
export function checkSpec(all: Field): TaskSpec {
  const name = taskName(all.at('name'))
  const observationNames = namesIn(all.at('observationNames'))
  const actionNames = namesIn(all.at('actionNames'))
  return {
    name,
    observationNames,
    actionNames,
    ...boundsIn(all, actionNames.length),
    period: within(all.at('period'), 1e-6, MAX_PERIOD, 'seconds'),
    maxSteps: stepsIn(all.at('maxSteps'), observationNames.length, actionNames.length),
  }
}

/** It becomes part of file names and contracts. */
export function taskName(field: Field): string {
  const { value } = field
  if (typeof value !== 'string' || !/^[A-Za-z0-9][\w.-]{0,63}$/.test(value))
    return field.refuse('a name of at most 64 letters, digits, ".", "_" and "-"')
  return value
}

export function namesIn(field: Field): string[] {
  const items = field.items()
  if (items.length < 1 || items.length > MAX_NAMES) field.refuse(`1 to ${MAX_NAMES} names`)
  const names = items.map((item) => {
    const { value } = item
    if (typeof value !== 'string' || value === '' || [...value].length > MAX_NAME)
      return item.refuse(`a name of 1 to ${MAX_NAME} characters`)
    return value
  })
  const twice = items.find((item, i) => names.indexOf(names[i]) < i && item)
  twice?.refuse('names that differ')
  return names
}

function boundsIn(all: Field, actions: number): { actionLow: number[]; actionHigh: number[] } {
  const [low, high] = ['actionLow', 'actionHigh'].map((key) => {
    const items = all.at(key).items()
    if (items.length !== actions) all.at(key).refuse(`${actions} numbers, one an action`)
    return items
  })
  const actionHigh = high.map((item) => item.number())
  const actionLow = low.map((item, i) => {
    if (item.number() >= actionHigh[i]) item.refuse(`a number below actionHigh, ${actionHigh[i]}`)
    return item.number()
  })
  return { actionLow, actionHigh }
}

/** A limit on what one episode takes in memory. */
export function stepsIn(field: Field, observations: number, actions: number): number {
  return field.whole(1, Math.floor(MAX_EPISODE / (2 * observations + 2 * actions + 3)))
}

/** What a step earns for not having ended; absent where the task does not say it. */
export function survivalBonusIn(all: Field): { survivalBonus?: number } {
  const bonus = all.at('survivalBonus')
  return bonus.value === undefined ? {} : { survivalBonus: bonus.number() }
}

export function within(field: Field, low: number, high: number, unit = ''): number {
  const { value } = field
  if (typeof value !== 'number' || !(value >= low && value <= high))
    return field.refuse(`a number from ${low} to ${high}${unit && ` ${unit}`}`)
  return value
}
