/** `npm start` as a stranger runs it: the whole chain, nothing shortened. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../../cli/report/report.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bpd-demo-'))
const run = join(folder, 'runs/demo-pendulum')
afterAll(() => rmSync(folder, { recursive: true }))

describe('bpd demo pendulum', () => {
  let report: Report
  beforeAll(() => {
    const words = [join(root, 'cli/bpd.ts'), 'demo', 'pendulum', '--json']
    report = JSON.parse(
      execFileSync(process.execPath, words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
    )
  }, 600_000)

  it('reaches the figures it exists for', () => {
    const { teacher, student, board } = report
    expect(teacher.return.mean).toBeGreaterThanOrEqual(-175)
    expect(student.return.mean).toBeGreaterThanOrEqual(teacher.return.mean - 10)
    expect(student.return.episodes).toBe(100)
    expect(student.keptOfTeacher).toBeLessThanOrEqual(0.02)
    expect(student.bytes).toBeLessThanOrEqual(0.05 * teacher.bytes)
    expect(board.speedup).toBeGreaterThanOrEqual(20)
    expect(board.bitExact).toBe(true)
    expect(board.comparedActions).toBe(400)
    expect(report.seconds.total).toBeGreaterThan(0)
  })

  it('leaves the student, the sweep, the transitions and both reports, and nothing half-written', () => {
    const points = Array.from({ length: 8 }, (_, i) => `point-${i + 1}.bpd`)
    const others = ['report.html', 'report.json', 'student.bpd', 'transitions.safetensors']
    expect(readdirSync(run).sort()).toEqual([...points, ...others])
    expect(JSON.parse(readFileSync(join(run, 'report.json'), 'utf8'))).toEqual(report)
    expect(readFileSync(join(run, 'report.html'), 'utf8')).not.toMatch(/NaN|undefined|Infinity|<script|(src|href)=/)
  })

  it('makes the shipped student, byte for byte', () => {
    const shipped = readFileSync(join(root, 'models/pendulum/student.bpd'))
    expect(readFileSync(join(run, 'student.bpd'))).toEqual(shipped)
  })

  it('makes the sweep that the page has, byte for byte', () => {
    const sweep = join(root, 'site/public/sweep/pendulum')
    const points = readdirSync(run).filter((name) => name.startsWith('point-'))
    expect(readdirSync(sweep)).toEqual(points)
    for (const point of points) expect(readFileSync(join(run, point))).toEqual(readFileSync(join(sweep, point)))
  })
})
