import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { InputError } from '../../runtime-as/errors.ts'
import { readContract, resolveContract } from '../../trainer/contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-contract-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'contract.json')
const read = (value: unknown) => {
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
  return readContract(file)
}

const data = { from: 'log.csv', observationNames: ['q', 'v'], actionNames: ['u'], period: 0.02 }
const bounds = { actionLow: [-1], actionHigh: [1] }

describe('contract.json', () => {
  it('has the layout of a contract in a .bpd, and any part of it may be left out', () => {
    expect(read({})).toEqual({})
    expect(
      read({
        task: 'trot',
        observation: { names: ['q', 'v'] },
        action: { names: ['u'], low: [-2], high: [2], failsafe: [0.5] },
        period: 0.02,
        squash: 'tanh',
        provenance: { made: 'by hand' },
      }),
    ).toEqual({
      name: 'trot',
      observationNames: ['q', 'v'],
      actionNames: ['u'],
      actionLow: [-2],
      actionHigh: [2],
      failsafe: [0.5],
      period: 0.02,
    })
    expect(read({ observation: { low: [0], high: [1], outside: 'clamp' } })).toEqual({
      bounds: { low: [0], high: [1], outside: 'clamp' },
    })
    expect(readContract(join(folder, 'none.json'))).toBeUndefined()
  })

  it.each<[what: string, value: unknown, message: string]>([
    ['no JSON', '{', 'expected JSON'],
    ['a list', [], 'expected a map'],
    ['a key that nobody knows', { actions: {} }, 'actions: {}, expected nothing: only task, observation, action'],
    ['bounds that are text', { action: { low: ['a'] } }, 'action.low.0: "a", expected a finite number'],
    ['names that are numbers', { observation: { names: [1] } }, 'observation.names.0: 1, expected a text'],
    ['a period in words', { period: '20 ms' }, 'period: "20 ms", expected a finite number'],
    ['a name twice', '{"period": 1, "period": 2}', '"period" is there twice'],
    ['thousands of items', { action: { low: new Array(30_000).fill(0) } }, 'more than 20000 items'],
  ])('of %s is refused by file and field', (_, value, message) => {
    expect(() => read(value)).toThrow(InputError)
    expect(() => read(value)).toThrow(message)
  })
})

describe('a contract out of several sources', () => {
  it('takes each part from the first that says it, the names and the period at last from the data', () => {
    const contract = resolveContract(
      [
        { from: 'options', says: { actionHigh: [2] } },
        { from: 'contract.json', says: { ...bounds, observationNames: ['position', 'rate'], failsafe: [0.5] } },
        { from: 'teacher', says: { actionLow: [-9], actionHigh: [9] } },
      ],
      data,
    )
    expect(contract).toEqual({
      name: 'policy',
      observationNames: ['position', 'rate'],
      actionNames: ['u'],
      actionLow: [-1],
      actionHigh: [2],
      failsafe: [0.5],
      period: 0.02,
    })
  })

  it('takes one bound for every action', () => {
    const three = { ...data, actionNames: ['hip', 'knee', 'ankle'] }
    expect(resolveContract([{ from: 'options', says: bounds }], three)).toMatchObject({ actionLow: [-1, -1, -1] })
  })

  it.each<[what: string, says: object, from: object, message: string]>([
    [
      'no bounds',
      {},
      {},
      'bounds of the actions: not known, expected --action-low and --action-high: one number for all',
    ],
    ['one bound', { actionLow: [-1] }, {}, 'not known, expected --action-high: one number'],
    ['bounds that are equal', { actionLow: [1], actionHigh: [1] }, {}, 'action "u": 1 to 1, expected low below high'],
    ['bounds of more actions', { ...bounds, actionLow: [1, 2] }, {}, 'here: 2 lower bounds, expected 1 as log.csv has'],
    ['more names', { ...bounds, observationNames: ['a', 'b', 'c'] }, {}, '3 observations, expected 2 as log.csv has'],
    ['no period', bounds, { period: undefined }, 'period: not known, and log.csv has no timestamps: expected --period'],
    [
      'a period of years from timestamps',
      bounds,
      { period: 5e7, clock: 'time' },
      'log.csv: column "time": 50000000 s a step, expected from 1 microsecond to 4294 seconds; --period sets it',
    ],
    ['a period of years from the file', bounds, { period: 5e7 }, 'log.csv: period: 50000000 s a step, expected'],
    [
      'a period of nothing',
      { ...bounds, period: 1e-7 },
      {},
      'here: period: 1e-7 s a step, expected from 1 microsecond',
    ],
  ])('with %s is refused in one line', (_, says, from, message) => {
    const resolve = () => resolveContract([{ from: 'here', says }], { ...data, ...from })
    expect(resolve).toThrow(InputError)
    expect(resolve).toThrow(message)
  })

  it('refuses the same names in another order: a policy would take each for its neighbour', () => {
    const says = (...names: string[]) => ({ ...bounds, observationNames: names })
    const sources = [
      { from: 'options', says: says('v', 'q') },
      { from: 'contract.json', says: says('q', 'v') },
    ]
    expect(() => resolveContract(sources, data)).toThrow(
      'options: observations: the names of contract.json in another order, "v" where it has "q"',
    )
    sources[0].says = says('speed', 'angle')
    expect(resolveContract(sources, data).observationNames).toEqual(['speed', 'angle'])
  })
})
