import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kindOf } from '../../cli/compare/kind.ts'
import { newKey, verifyPolicy } from '../../firmware-bridge/host/signing.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { valuesOf } from '../../runtime-as/format/network.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { bpdIn } from '../support/command.ts'

const models = fileURLToPath(new URL('../../models/pendulum/', import.meta.url))
const teacher = join(models, 'teacher.safetensors')
const student = join(models, 'student.bpd')
const folder = mkdtempSync(join(tmpdir(), 'bpd-quantise-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(() => {
  const words = ['--teacher', teacher, '--transitions', '1000', '--out', 'data.safetensors']
  expect(bpdIn(folder, 'collect', 'pendulum', ...words).status).toBe(0)
})

const values = (file: string) => valuesOf(decodePolicy(readFileSync(join(folder, file))).network)

describe('bpd quantise', () => {
  it('writes a smaller policy of the wanted type and tells the return before and after', () => {
    const words = [
      '--values',
      'int8',
      '--data',
      'data.safetensors',
      '--episodes',
      '3',
      '--out',
      'made/small.bpd',
      '--json',
    ]
    const { status, stdout } = bpdIn(folder, 'quantise', student, ...words)
    expect(status).toBe(0)
    const result = JSON.parse(stdout)
    expect(result).toMatchObject({ task: 'pendulum', file: 'made/small.bpd', values: 'int8' })
    expect(result.bytes).toBe(readFileSync(join(folder, 'made/small.bpd')).length)
    expect(result.bytesBefore).toBe(readFileSync(student).length)
    expect(result.bytes).toBeLessThan(result.bytesBefore)
    for (const { mean, episodes } of [result.returnBefore, result.returnAfter]) {
      expect(episodes).toBe(3)
      expect(mean).toBeLessThan(0)
    }
    expect(values('made/small.bpd')).toBe('int8')
  })

  it('signs the policy where it is asked to', () => {
    const key = newKey()
    writeFileSync(join(folder, 'robot.key'), key.secretPem!, { mode: 0o600 })
    const words = ['--values', 'f16', '--data', 'data.safetensors', '--episodes', '1', '--out', 'signed.bpd', '--json']
    const { status, stdout } = bpdIn(folder, 'quantise', student, ...words, '--sign-key', 'robot.key', '--counter', '7')
    expect(status).toBe(0)
    const file = readFileSync(join(folder, 'signed.bpd'))
    expect(verifyPolicy(file, key).counter).toBe(7)
    expect(JSON.parse(stdout)).toMatchObject({ bytes: file.length, signature: { keyId: key.id, counter: 7 } })
    expect(values('signed.bpd')).toBe('f16')
  })

  it('leaves out how the training was set, where that is not wanted, and stays what the student was', () => {
    const words = ['--values', 'int8', '--data', 'data.safetensors', '--episodes', '1', '--json']
    const made = (name: string, ...more: string[]) => {
      const { status, stdout } = bpdIn(folder, 'quantise', student, ...words, ...more, '--out', name)
      expect(status).toBe(0)
      return { result: JSON.parse(stdout), file: decodePolicy(readFileSync(join(folder, name))) }
    }
    const [whole, brief] = [made('whole.bpd'), made('brief.bpd', '--no-recipe')]
    expect(brief.result.bytes).toBeLessThan(0.9 * whole.result.bytes)
    expect(brief.file.contract.provenance).toEqual({ ...whole.file.contract.provenance, recipe: {} })
    expect(brief.file.network).toEqual(whole.file.network)
    expect(kindOf(brief.file)).toEqual(kindOf(whole.file))
  })

  it('keeps as many golden vectors as show something, and all of them reproduced', () => {
    const words = ['--values', 'mixed', '--data', 'data.safetensors', '--episodes', '1', '--out', 'golden.bpd']
    expect(bpdIn(folder, 'quantise', student, ...words).status).toBe(0)
    const file = readFileSync(join(folder, 'golden.bpd'))
    const { goldens } = decodePolicy(file)
    expect(goldens.length).toBeGreaterThanOrEqual(2)
    expect(goldens.length).toBeLessThan(8)
    const policy = loadPolicy(file)
    for (const { observation, action } of goldens) expect([...policy.step(observation)]).toEqual([...action])
  })

  it.each([
    [
      'an unknown type',
      ['--values', 'int4', '--data', 'data.safetensors'],
      'Allowed choices are f32, f16, int8, int8-fixed',
    ],
    ['no data', ['--values', 'int8'], "required option '--data <file>' not specified"],
    [
      'data that is not there',
      ['--values', 'int8', '--data', 'none.safetensors'],
      'none.safetensors: cannot be read (ENOENT)',
    ],
  ])('refuses %s in one line, with exit code 2, and leaves no file', (_, words, message) => {
    const { status, stdout, lines } = bpdIn(folder, 'quantise', student, ...words, '--out', 'x.bpd')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(message)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(existsSync(join(folder, 'x.bpd'))).toBe(false)
  })
})

describe('bpd distill --values int8', () => {
  it('writes a student of int8 and tells its return before and after', () => {
    const recipe =
      '--variant dense --budget 150 --steps 200 --hidden 16,16 --critic-hidden 32,32 --batch-size 64'.split(' ')
    const short = ['--tune-updates', '20', '--pick-episodes', '1', '--threads', '1', '--values', 'int8', '--json']
    const files = ['--teacher', teacher, '--data', 'data.safetensors', '--out', 'run']
    const { status, stdout } = bpdIn(folder, 'distill', 'pendulum', ...files, ...recipe, ...short)
    expect(status).toBe(0)
    const { bytes, quantised } = JSON.parse(stdout)
    expect(bytes).toBe(readFileSync(join(folder, 'run/student.bpd')).length)
    expect(quantised.values).toBe('int8')
    expect(quantised.bytesBefore).toBeGreaterThan(bytes)
    for (const { mean } of [quantised.returnBefore, quantised.returnAfter]) expect(mean).toBeLessThan(0)
    expect(values('run/student.bpd')).toBe('int8')
  })
})
