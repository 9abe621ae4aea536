/** What `bpd eval` says of a policy alone, and beside a teacher. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import { Pendulum } from '../../trainer/tasks/pendulum.ts'
import { contractOf } from '../../trainer/teachers/teacher.ts'
import { bpdIn } from '../support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-eval-'))
afterAll(() => rmSync(folder, { recursive: true }))
const shipped = (name: string) => fileURLToPath(new URL(`../../models/pendulum/${name}`, import.meta.url))

const said = (...words: string[]) => {
  const { status, stdout, stderr } = bpdIn(folder, 'eval', 'pendulum', ...words, '--episodes', '6', '--workers', '1')
  expect({ status, stderr }).toMatchObject({ status: 0 })
  return stdout
}
const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length

/** Pushes as hard as it can, one way. */
const layer = {
  inputs: 3,
  outputs: 1,
  activation: 'tanh' as const,
  weights: new Float32Array(3),
  bias: Float32Array.of(9),
}
const stuck = encodePolicy({ layers: [layer] }, contractOf(new Pendulum().spec, 'tanh', {}), [Float32Array.of(1, 0, 0)])
writeFileSync(join(folder, 'stuck.bpd'), stuck)

describe('bpd eval', () => {
  it('of a file alone tells of each episode its return and whether it fell, and of no failures', () => {
    const { returns, fell, ...result } = JSON.parse(said(shipped('student.bpd'), '--json'))
    expect(result.return).toMatchObject({ mean: mean(returns), episodes: 6, fellRate: 0 })
    expect(fell).toEqual([false, false, false, false, false, false])
    for (const key of ['failureRate', 'retained', 'difference', 'teacher']) expect(result).not.toHaveProperty(key)
    expect(said(shipped('student.bpd'))).toMatch(/ 0 % fell \(ended before the time limit\)\n$/)
  })

  it('with --teacher plays the same episodes, and tells what failed and the paired difference', () => {
    const words = ['stuck.bpd', '--teacher', shipped('teacher.safetensors')]
    const { returns, teacher, ...result } = JSON.parse(said(...words, '--json'))
    expect(teacher.returns).toEqual(JSON.parse(said(shipped('teacher.safetensors'), '--json')).returns)
    const differences = returns.map((value: number, i: number) => value - teacher.returns[i])
    expect(result.difference).toMatchObject({ mean: expect.closeTo(mean(differences), 9), seeds: 6 })
    const most = 0.3 * Math.abs(mean(teacher.returns))
    expect(result.failureRate).toBe(differences.filter((x: number) => x < -most).length / 6)
    expect(result).toMatchObject({ return: { fellRate: 0 }, failureRate: 1 })
    // a share of a negative return says nothing
    expect(result).not.toHaveProperty('retained')
    expect(said(...words)).toMatch(
      /\nagainst it 100 % failed, difference -[\d.]+ ± [\d.]+ \(95 % interval\), over the same episodes\n$/,
    )
  })

  it('refuses a teacher of another task in one line', () => {
    const other = fileURLToPath(new URL('../../models/hopper/student.bpd', import.meta.url))
    const { status, stdout, lines } = bpdIn(folder, 'eval', 'pendulum', 'stuck.bpd', '--teacher', other)
    expect({ status, stdout, lines: lines.length }).toEqual({ status: 2, stdout: '', lines: 1 })
    expect(lines[0]).toContain('student.bpd: contract task: "hopper"; task pendulum has "pendulum"')
  })
})
