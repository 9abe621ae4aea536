/** The whole chain by the real command, on a short schedule: every stage real, only fewer steps than `npm start`. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../../cli/report/report.ts'
import { loadPolicy } from '../../runtime-as/policy.ts'

const bpd = fileURLToPath(new URL('../../cli/bpd.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bpd-demo-'))
afterAll(() => rmSync(folder, { recursive: true }))

const schedule = ['--steps', '6000', '--thresholds', '0,2', '--tune-updates', '1500', '--evaluate-every', '2000']
const measuring = ['--pick-episodes', '20', '--episodes', '20', '--inferences', '3', '--control-episodes', '1']

function demo(name: string, threads: number): Report {
  const command = ['demo', 'pendulum', '--json', '--name', name, '--threads', `${threads}`, ...schedule, ...measuring]
  const stdout = execFileSync(process.execPath, [bpd, ...command], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(stdout)
}

describe('bpd demo pendulum', () => {
  let report: Report
  beforeAll(() => {
    report = demo('one', 2)
  })

  it('reaches the figures it exists for', () => {
    const { teacher, student, board } = report
    expect(teacher.return.mean).toBeGreaterThan(-175)
    // 20 episodes and a short schedule: a fall of the student would cost hundreds
    expect(student.return.mean).toBeGreaterThan(teacher.return.mean - 40)
    expect(student.keptOfTeacher).toBeLessThan(0.02)
    expect(student.bytes).toBeLessThan(0.05 * teacher.bytes)
    expect(board.speedup).toBeGreaterThan(20)
    expect(board.bitExact).toBe(true)
    expect(board.comparedActions).toBe(200)
  })

  it('leaves the student, the transitions and both reports, and nothing half-written', () => {
    const run = join(folder, 'runs/one')
    expect(readdirSync(run).sort()).toEqual(['report.html', 'report.json', 'student.bpd', 'transitions.safetensors'])
    expect(JSON.parse(readFileSync(join(run, 'report.json'), 'utf8'))).toEqual(report)
    expect(loadPolicy(readFileSync(join(run, 'student.bpd'))).contract.task).toBe('pendulum')
    expect(readFileSync(join(run, 'report.html'), 'utf8')).not.toMatch(/NaN|undefined|src="http/)
  })

  it('gives the same student and transitions again, on another number of threads', () => {
    demo('two', 1)
    for (const file of ['student.bpd', 'transitions.safetensors'])
      expect(readFileSync(join(folder, 'runs/two', file))).toEqual(readFileSync(join(folder, 'runs/one', file)))
  })
})
