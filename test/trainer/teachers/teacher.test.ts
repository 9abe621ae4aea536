import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { playEpisodes } from '../../../trainer/data/episodes.ts'
import { randomStream } from '../../../trainer/random.ts'
import { evaluate } from '../../../trainer/tasks/evaluate.ts'
import { Pendulum } from '../../../trainer/tasks/pendulum.ts'
import { prepareTask } from '../../../trainer/tasks/registry.ts'
import { teacherController } from '../../../trainer/teachers/policy.ts'
import { readSafetensors, writeSafetensors } from '../../../trainer/teachers/safetensors.ts'
import {
  decodeTeacher,
  encodeTeacher,
  loadTeacher,
  type PlainTeacher,
  requireFit,
} from '../../../trainer/teachers/teacher.ts'

const folder = new URL('../../../models/', import.meta.url)

function smallTeacher(sizes = [3, 4, 1]): PlainTeacher & { actionLow: number[] } {
  const random = randomStream(1, 'teacher')
  const draw = (n: number) => Float32Array.from({ length: n }, () => random.normal())
  return {
    network: {
      layers: sizes.slice(1).map((outputs, l) => ({
        inputs: sizes[l],
        outputs,
        activation: l === sizes.length - 2 ? ('tanh' as const) : ('relu' as const),
        weights: draw(sizes[l] * outputs),
        bias: draw(outputs),
      })),
    },
    squash: 'tanh',
    actionLow: [-2],
    actionHigh: [2],
    metadata: { algorithm: 'none' },
  }
}

describe('a teacher file', () => {
  it('is read back as it was written, and written the same again', () => {
    const bytes = encodeTeacher(smallTeacher())
    const teacher = decodeTeacher(bytes, 'file')
    expect(teacher.network).toEqual(smallTeacher().network)
    expect(encodeTeacher(teacher)).toEqual(bytes)
  })

  it('cut short anywhere is refused by name', () => {
    const bytes = encodeTeacher(smallTeacher())
    for (let length = 0; length < bytes.length; length++) {
      const refusal = () => decodeTeacher(bytes.subarray(0, length), 'cut.safetensors')
      expect(refusal).toThrow(InputError)
      expect(refusal).toThrow('cut.safetensors')
    }
  })

  it('with any bytes altered in its header is read or refused, never a crash', () => {
    const bytes = encodeTeacher(smallTeacher())
    const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))
    fc.assert(
      fc.property(fc.nat(header - 1), fc.nat(255), (at, value) => {
        const altered = bytes.slice()
        altered[at] = value
        try {
          decodeTeacher(altered, 'altered')
        } catch (error) {
          expect(error).toBeInstanceOf(InputError)
        }
      }),
      { seed: 1, numRuns: 2000 },
    )
  })

  it.each([
    [
      'NaN weights',
      (t: ReturnType<typeof smallTeacher>) => t.network.layers[1].weights.fill(Number.NaN),
      'actor.1.weight": entry 0 is NaN',
    ],
    [
      'an infinite bias',
      (t: ReturnType<typeof smallTeacher>) => t.network.layers[0].bias.fill(Infinity),
      'actor.0.bias": entry 0 is Infinity',
    ],
    [
      'empty bounds',
      (t: ReturnType<typeof smallTeacher>) => t.actionLow.pop(),
      'action_low, action_high: expected 1 numbers',
    ],
    [
      'reversed bounds',
      (t: ReturnType<typeof smallTeacher>) => t.actionLow.splice(0, 1, 3),
      'expected each below action_high',
    ],
  ])('with %s is refused', (_, damage, message) => {
    const teacher = smallTeacher()
    damage(teacher)
    expect(() => decodeTeacher(encodeTeacher(teacher), 'file')).toThrow(message)
  })

  it('whose layers do not chain is refused', () => {
    const { tensors, metadata } = readSafetensors(encodeTeacher(smallTeacher([3, 4, 1])), 'a')
    const other = readSafetensors(encodeTeacher(smallTeacher([3, 5, 1])), 'b')
    tensors.set('actor.1.weight', other.tensors.get('actor.1.weight')!)
    expect(() => decodeTeacher(writeSafetensors({ tensors, metadata }), 'file')).toThrow('5 inputs, expected 4')
  })

  it('whose sizes or bounds do not fit the task is refused', () => {
    const { spec } = new Pendulum()
    expect(() => requireFit(smallTeacher([4, 4, 1]), spec, 'file')).toThrow(
      '4 observations and 1 actions; task pendulum',
    )
    expect(() => requireFit({ ...smallTeacher(), actionHigh: [1] }, spec, 'file')).toThrow('action_high: [1]')
  })
})

it('a teacher acts in a task of its own sizes and bounds, or not at all', () => {
  const { spec } = new Pendulum()
  const shipped = loadTeacher('models/pendulum/teacher.safetensors')
  const wide = { ...spec, actionLow: [-4], actionHigh: [4] }
  expect(() => teacherController(shipped, wide)).toThrow(
    new InputError('teacher: metadata action_low: [-2]; task pendulum has [-4]'),
  )
  const two = { ...spec, actionNames: ['a', 'b'] }
  expect(() => teacherController(shipped, two)).toThrow('a policy of 3 observations and 1 actions; task pendulum has')
  expect(() => teacherController(shipped, spec)).not.toThrow()
})

describe('the shipped models', () => {
  const tasks = readdirSync(folder).filter((name) => existsSync(new URL(`${name}/card.json`, folder)))

  it.each(tasks)('%s: the file has the sha256 of its card', (name) => {
    const card = JSON.parse(readFileSync(new URL(`${name}/card.json`, folder), 'utf8'))
    const bytes = readFileSync(new URL(`${name}/${card.file}`, folder))
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(card.sha256)
  })

  const students = readdirSync(folder).filter((name) => existsSync(new URL(`${name}/student.bpd`, folder)))
  // the whole figure: test/slow/shipped-students.test.ts
  it.each(students)(
    '%s: the student has the sha256 and the weights of its card, and plays as it says',
    async (name) => {
      const card = JSON.parse(readFileSync(new URL(`${name}/student.json`, folder), 'utf8'))
      const policy = readFileSync(new URL(`${name}/${card.file}`, folder))
      expect(createHash('sha256').update(policy).digest('hex')).toBe(card.sha256)
      expect(decodePolicy(policy).weights).toBe(card.weights)
      await prepareTask(name)
      const wanted = { seed: card.seed, purpose: 'report' as const }
      const { mean, std, episodes } = card.return
      // no value of a sample lies farther from its mean
      const farthest = (std * (episodes - 1)) / Math.sqrt(episodes)
      for (const { return: played } of await playEpisodes({ taskName: name, policy }, wanted, 2, 1))
        expect(Math.abs(played - mean)).toBeLessThanOrEqual(farthest)
    },
  )

  it('pendulum: returns what its card says, at least -175', () => {
    const card = JSON.parse(readFileSync(new URL('pendulum/card.json', folder), 'utf8'))
    const task = new Pendulum()
    const teacher = loadTeacher(new URL('pendulum/teacher.safetensors', folder).pathname)
    const control = teacherController(teacher, task.spec)
    const measured = evaluate(task, control, card.seed, 'report', card.return.episodes)
    expect(measured).toEqual(card.return)
    expect(measured.mean).toBeGreaterThan(-175)
  })
})
