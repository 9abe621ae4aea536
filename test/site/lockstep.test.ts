/** The page's own run of two policies, in Node: what the browser is later held equal to. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { partsOf } from '../../site/file/parts.ts'
import { Actor } from '../../site/run/actor.ts'
import { cut } from '../../site/run/cut.ts'
import { Lockstep } from '../../site/run/lockstep.ts'
import { playable } from '../../site/run/tasks.ts'
import { controllerOf, playEpisode } from '../../trainer/tasks/evaluate.ts'
import { Pendulum } from '../../trainer/tasks/pendulum.ts'
import { root } from '../support/pages.ts'

const bytes = readFileSync(join(root, 'models/pendulum/student.bpd'))
const hopper = readFileSync(join(root, 'models/hopper/smallest.bpd'))
const student = () => new Actor(bytes, 'student.bpd')
const pair = () => new Lockstep(playable.pendulum, student(), student(), 1)

describe('in lock-step', () => {
  it('a policy returns what bpd eval says, episode by episode', () => {
    const both = pair()
    const control = controllerOf(loadPolicy(bytes))
    for (let episode = 0; episode < 3; episode++) {
      both.run(200)
      const { return: expected } = playEpisode(new Pendulum(), control, 1, 'report', episode)
      expect(both.sides.map(({ total }) => total)).toEqual([expected, expected])
    }
    expect(both.played).toBe(600)
  })

  it('the same policy twice stays together, whatever is done to both', () => {
    const both = pair()
    both.sigma = 0.1
    both.push = [0.7, 0]
    both.run(150)
    const [a, b] = both.sides
    expect([a.total, a.fingerprint, both.apart]).toEqual([b.total, b.fingerprint, 0])
    const quiet = pair()
    quiet.run(150)
    expect(quiet.sides[0].fingerprint).not.toBe(a.fingerprint)
  })

  it('one who acts in place of the student sees the noise that the student would', () => {
    const both = pair()
    both.sigma = 0.1
    const elsewhere = student()
    for (let step = 0; step < 150; step++) {
      // asked twice it is the same
      both.see()
      both.follow(elsewhere.act(both.see()).slice())
    }
    const alone = pair()
    alone.sigma = 0.1
    alone.run(150)
    const told = ({ sides }: Lockstep) => sides.map(({ total, fingerprint }) => [total, fingerprint])
    expect(told(both)).toEqual(told(alone))
  })

  it('a restart gives the same run again', () => {
    const both = pair()
    both.sigma = 0.2
    both.run(250)
    const first = both.sides[1].fingerprint
    both.restart(0)
    both.run(250)
    expect(both.sides[1].fingerprint).toBe(first)
  })

  it('a policy of another task is refused, by field', () => {
    const other = new Actor(hopper, 'hopper.bpd')
    expect(() => new Lockstep(playable.pendulum, student(), other, 1)).toThrow(
      'hopper.bpd: contract.observation.names: 11 entries, expected 3 as the task pendulum has it',
    )
  })
})

describe('a flipped bit', () => {
  it('is found wherever it is, by the checksum, and mended', () => {
    const actor = student()
    for (let i = 0; i < 200; i++) {
      actor.flip(i / 200)
      const { crc, expected } = actor.check()
      expect(crc).not.toBe(expected)
      expect(actor.mistake).toBe(true)
      actor.act([1, 0, 0])
      actor.mend()
    }
    expect(actor.check()).toMatchObject({ wrongGolden: -1 })
    expect(actor.mistake).toBe(false)
  })

  it('twice is none', () => {
    const actor = student()
    actor.flip(0.3)
    actor.flip(0.3)
    const { crc, expected } = actor.check()
    expect(crc).toBe(expected)
  })
})

describe('a cut by magnitude', () => {
  it.each([
    ['f32', bytes, 40],
    ['int8', hopper, 211],
  ])('of %s leaves as many weights as asked, the largest, in a sound file', (_, file, left) => {
    const before = decodePolicy(file)
    const after = decodePolicy(cut(file, left, 'x'))
    expect(after.weights).toBe(left)
    expect(after.contractHash).toBe(before.contractHash)
    expect(new Actor(cut(file, left, 'x'), 'x').weights).toBe(left)
  })
})

it.each([
  ['pendulum', bytes],
  ['hopper', hopper],
])('the parts of the %s student are its bytes', (_, file) => {
  const parts = partsOf(file, 'x')
  expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(file.length)
  for (const part of parts) expect(part.bytes).toBeGreaterThan(0)
})
