import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { decodePolicy, InputError, loadPolicy, referenceForward } from '../../../runtime-as/index.ts'
import { randomNetwork } from '../../support/networks.ts'
import { quantisedFile } from '../../support/quantised.ts'

const file = readFileSync(new URL('../../../models/pendulum/student.bpd', import.meta.url))
const policy = loadPolicy(file, 'student.bpd')
const action = new Float32Array(1)

it('an observation or action that is too short is refused in one line, and nothing is written', () => {
  action[0] = 7
  for (const short of [[], [1, 0], new Float32Array(2), { length: 2 }, {} as ArrayLike<number>])
    expect(() => policy.stepInto(short, action)).toThrow(InputError)
  expect(() => policy.stepInto([1, 0, 0], new Float32Array(0))).toThrow(
    'student.bpd: 3 observations and room for 0 actions, expected 3 and 1 as in the contract',
  )
  expect(() => policy.step([1, 0])).toThrow('student.bpd: 2 observations')
  const untyped = policy as unknown as { step(): void; stepInto(observation: number[]): void }
  expect(() => untyped.step()).toThrow(InputError)
  expect(() => untyped.stepInto([1, 0, 0])).toThrow(
    new InputError('student.bpd: 3 observations and room for no actions, expected 3 and 1 as in the contract'),
  )
  expect(action[0]).toBe(7)
})

it('longer arrays will do: one buffer may hold more than an observation', () => {
  const long = new Float32Array(4).fill(7)
  policy.stepInto([1, 0, 0, 99], long)
  expect([...long]).toEqual([policy.step([1, 0, 0])[0], 7, 7, 7])
})

it('the readable reference refuses what is too short, and takes what is longer, as the kernel does', () => {
  const plain = decodePolicy(file)
  for (const short of [[], [1], new Float32Array(2), {} as ArrayLike<number>])
    expect(() => referenceForward(plain, short)).toThrow(InputError)
  expect(() => referenceForward(plain, [1])).toThrow('policy: 1 observations, expected 3 as in the contract')
  for (const values of ['f16', 'int8', 'int8-fixed'] as const) {
    const bytes = quantisedFile(randomNetwork([3, 8, 2], 1), values)
    expect([...referenceForward(decodePolicy(bytes), [1, 0, 0, 99])]).toEqual([...loadPolicy(bytes).step([1, 0, 0])])
  }
})

it('step gives an array of its own each time', () => {
  const [first, second] = [policy.step([1, 0, 0]), policy.step([0, 1, 5])]
  expect(first).not.toBe(second)
  expect(first[0]).not.toBe(second[0])
})
