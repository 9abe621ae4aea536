/** `bpd reproduce` cut off by SIGKILL goes on where it was, redoes nothing, and ends with what an undisturbed run ends with. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Row } from '../../cli/reproduce/table.ts'
import { randomStream } from '../../trainer/random.ts'
import { encodeTeacher } from '../../trainer/teachers/teacher.ts'

const bpd = fileURLToPath(new URL('../../cli/bpd.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bpd-reproduce-'))
const at = (...path: string[]) => join(folder, ...path)
afterAll(() => rmSync(folder, { recursive: true }))

/** A hopper that falls at once, so that its episodes are short. */
function writeTeacher(file: string): void {
  const random = randomStream(1, 'reproduce')
  const layer = (inputs: number, outputs: number) => ({
    inputs,
    outputs,
    activation: 'tanh' as const,
    weights: Float32Array.from({ length: inputs * outputs }, () => random.normal()),
    bias: new Float32Array(outputs),
  })
  const metadata = { source: 'a test', licence: 'MIT', algorithm: 'none' }
  const [actionLow, actionHigh] = [Array(3).fill(-1), Array(3).fill(1)]
  const network = { layers: [layer(11, 8), layer(8, 3)] }
  writeFileSync(file, encodeTeacher({ network, squash: 'tanh', actionLow, actionHigh, metadata }))
}

function begin(place: string) {
  const size = ['--steps', '100', '--tune-updates', '5', '--transitions', '500', '--episodes', '2', '--seeds', '1']
  const where = ['--runs', at(place, 'runs'), '--results', at(place, 'results'), '--models', at(place, 'models')]
  const own = ['--teacher', `hopper=${at('teacher.safetensors')}`, '--variants', 'no-q,dense', '--ship', '--json']
  // a group of its own: a power cut takes the jobs with it
  const child = spawn(process.execPath, [bpd, 'reproduce', 'hopper', ...own, ...size, ...where], {
    detached: true,
    stdio: 'ignore',
  })
  return { pid: child.pid!, ended: new Promise((resolve) => child.once('exit', (code, by) => resolve(code ?? by))) }
}

const rows = (place: string): Row[] => JSON.parse(readFileSync(at(place, 'results/reproduce.json'), 'utf8'))
const student = (place: string) => readFileSync(at(place, 'models/hopper/student.bpd'))
const card = (place: string) => JSON.parse(readFileSync(at(place, 'models/hopper/student.json'), 'utf8'))
const timeless = (all: Row[]) => all.map(({ seconds: _, ...row }) => row)

describe('bpd reproduce', () => {
  beforeAll(async () => {
    writeTeacher(at('teacher.safetensors'))
    expect(await begin('whole').ended).toBe(0)
  }, 600_000)

  it('killed between two students continues: finished jobs stay as they are, the table is that of one go', async () => {
    const killed = begin('killed')
    const resultsIn = (place: string) => {
      const folder = at(place, 'runs/results')
      // whole ones: a writer that is killed leaves a part, which goes
      return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : []
    }
    const results = () => resultsIn('killed')
    while (results().length < 3) await sleep(5)
    process.kill(-killed.pid, 'SIGKILL')
    expect(await killed.ended).toBe('SIGKILL')
    expect(existsSync(at('killed/results/reproduce.json'))).toBe(false)

    const files = results().map((name) => at('killed/runs/results', name))
    const before = files.map((file) => statSync(file, { bigint: true }).mtimeNs)
    const again = begin('killed')
    expect(await again.ended).toBe(0)
    expect(files.map((file) => statSync(file, { bigint: true }).mtimeNs)).toEqual(before)
    expect(readdirSync(at('killed/runs/results')).sort()).toEqual(resultsIn('whole').sort())
    expect(timeless(rows('killed'))).toEqual(timeless(rows('whole')))
    expect(student('killed')).toEqual(student('whole'))
  })

  it('names in each row what the table is made of, and says when the weights are over the budget', () => {
    const [row, half, quarter, dense] = rows('whole')
    expect(row).toMatchObject({ task: 'hopper', variant: 'no-q', seeds: [1], episodes: 2, weightBudget: 1701 })
    for (const key of ['teacherReturn', 'studentReturn', 'retained', 'weights', 'keptOfPaperNetwork', 'keptOfStudent'])
      expect(row[key as keyof Row], key).toBeTypeOf('number')
    for (const [i, share] of [1, 0.5, 0.25].entries()) {
      const one = [row, half, quarter][i]
      expect(one).toMatchObject({ share, withinBudget: true, weightBudget: Math.floor(1701 * share) })
      expect(one.weights).toBeLessThanOrEqual(one.weightBudget)
    }
    expect(dense).toMatchObject({ variant: 'dense', keptOfStudent: 1 })
    const table = readFileSync(at('whole/results/reproduce.md'), 'utf8')
    expect(table.includes('over budget')).toBe(!row.withinBudget || !dense.withinBudget)
  })

  it('ships the student with a card that says where it comes from and what it returns', () => {
    const bytes = student('whole')
    const row = rows('whole').find(({ weights }) => weights === card('whole').weights)!
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    expect(card('whole')).toMatchObject({
      task: 'hopper',
      file: 'student.bpd',
      sha256,
      variant: 'no-q',
      bytes: bytes.length,
      weights: row.weights,
      weightBudget: 1701,
      keptOfPaperNetwork: row.keptOfPaperNetwork,
      keptOfStudent: row.keptOfStudent,
      seed: 1,
      seeds: [1],
      return: { mean: row.studentReturn, episodes: 2 },
      teacher: {
        file: 'teacher.safetensors',
        source: 'a test',
        licence: 'MIT',
        return: { mean: row.teacherReturn, episodes: 2 },
      },
    })
    expect(JSON.stringify(card('whole'))).not.toContain(folder)
  })

  it('makes its own rows anew and keeps those of another teacher', async () => {
    const own = rows('whole')
    const others = own.map((row) => ({ ...row, teacherAlgorithm: 'OTHER', teacherSha256: 'other' }))
    writeFileSync(at('whole/results/reproduce.json'), JSON.stringify([...own, ...others]))
    expect(await begin('whole').ended).toBe(0)
    expect(rows('whole')).toEqual([...own, ...others])
  })
})
