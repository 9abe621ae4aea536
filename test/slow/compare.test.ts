/** Every student of a task beside the others: what counts as on the front, what a file is taken for, and the verb on the pendulum. */
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeKind, describeWays, kindOf } from '../../cli/compare/kind.ts'
import { comparedPage } from '../../cli/compare/page.ts'
import type { Compared } from '../../cli/compare/rows.ts'
import { comparedTable } from '../../cli/compare/words.ts'
import { qemuStm32f405 } from '../../firmware-bridge/emulators/stm32f405.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import { paretoFront } from '../../trainer/studies/statistics/front.ts'
import { Pendulum } from '../../trainer/tasks/pendulum.ts'
import { contractOf } from '../../trainer/teachers/teacher.ts'
import { bpdIn } from '../support/command.ts'
import { describeWith } from '../support/require.ts'
import { hostileName, sampleCompared } from '../support/sample-compared.ts'
import { tinyContract, tinyFile } from '../support/tiny.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-compare-'))
afterAll(() => rmSync(folder, { recursive: true }))
const root = fileURLToPath(new URL('../../', import.meta.url))
const student = `${root}models/pendulum/student.bpd`

const layer = {
  inputs: 3,
  outputs: 1,
  activation: 'tanh' as const,
  weights: Float32Array.of(0, 0, 2),
  bias: new Float32Array(1),
}
const linear = (provenance: Record<string, unknown>) =>
  encodePolicy({ layers: [layer] }, contractOf(new Pendulum().spec, 'tanh', provenance), [Float32Array.of(1, 0, 0)])

describe('the Pareto front', () => {
  const front = (...points: [cost: number, value: number][]) =>
    paretoFront(points.map(([cost, value]) => ({ cost, value })))

  it('is those that nothing returns as much as for less, from the cheapest', () => {
    expect(front([30, 9], [10, 5], [20, 4], [20, 7], [40, 8])).toEqual([1, 3, 0])
    expect(front([1, -300], [2, -200], [3, -250])).toEqual([0, 1])
    expect(front()).toEqual([])
  })

  it('has of those that cost the same the best, of those that return the same the cheapest, and all that are equal in both', () => {
    expect(front([10, 5], [10, 6])).toEqual([1])
    expect(front([11, 5], [10, 5])).toEqual([1])
    expect(front([10, 5], [12, 9], [10, 5])).toEqual([0, 2, 1])
  })

  it('leaves out nothing that is not beaten: checked one against each other', () => {
    const points = Array.from({ length: 60 }, (_, i) => ({ cost: (i * 37) % 23, value: (i * 53) % 19 }))
    const beaten = ({ cost, value }: (typeof points)[number]) =>
      points.some((p) => p.cost <= cost && p.value >= value && (p.cost < cost || p.value > value))
    const expected = points.flatMap((point, place) => (beaten(point) ? [] : [place]))
    expect(paretoFront(points).sort((a, b) => a - b)).toEqual(expected)
  })
})

describe('a file is', () => {
  const kind = (provenance: Record<string, unknown>) => kindOf(decodePolicy(tinyFile({ ...tinyContract, provenance })))

  it('offline where bpd made it, on-policy where it says in which way, and of unknown origin otherwise', () => {
    const recipe = { steps: 100 }
    expect(describeKind(kind({ recipe }))).toBe('sparse, offline')
    const distilled = kind({ recipe, environmentSteps: { ownStates: 30_000, search: 0 } })
    expect(describeKind(distilled)).toBe('sparse, on-policy')
    expect(describeWays(distilled)).toBe('own states (30,000 steps)')
    const both = kind({ recipe, environmentSteps: { ownStates: 30_000, search: 7 }, search: { environmentSteps: 5 } })
    expect(describeWays(both)).toBe('own states (30,000 steps), search (12 steps)')
    // of a part that does not tell its steps
    const some = kind({ recipe, environmentSteps: { ownStates: 9, search: 7 }, search: { episodes: 3 } })
    expect(describeWays(some)).toBe('own states (9 steps), search')
    expect(describeKind(kind({ search: true }))).toBe('sparse, on-policy')
    expect(describeKind(kind({ by: 'somebody' }))).toBe('sparse, origin unknown')
  })

  it('taken for nothing by fields of a stranger’s that are of another kind', () => {
    for (const provenance of [
      { recipe: 'mine' },
      { recipe: [1] },
      { ownStates: 0, search: null },
      { environmentSteps: 9 },
    ])
      expect(kind(provenance)).toMatchObject({ states: 'unknown', ways: [] })
    expect(kind({ ownStates: { environmentSteps: 'many' } }).ways).toEqual([{ by: 'own states' }])
  })

  it('linear without hidden layers, dense without zeros', () => {
    expect(kindOf(decodePolicy(linear({})))).toMatchObject({ network: 'linear' })
    const dense = {
      layers: [
        { ...layer, weights: Float32Array.of(1, 2, 3), outputs: 1 },
        { ...layer, inputs: 1, weights: Float32Array.of(2) },
      ],
    }
    const bytes = encodePolicy(dense, contractOf(new Pendulum().spec, 'tanh', {}), [Float32Array.of(1, 0, 0)])
    expect(kindOf(decodePolicy(bytes))).toMatchObject({ network: 'dense' })
  })
})

describe('what is compared', () => {
  it('fits 60 and 120 columns: names below the figures, then a row in a few lines', () => {
    const widest = (table: string) => Math.max(...table.split('\n').map((text) => text.length))
    const [narrow, middle, wide] = [60, 120, 240].map((columns) => comparedTable(sampleCompared, columns))
    const figures = (table: string) =>
      table
        .split('\n')
        .filter((text) => /^[│┌├└ ]/.test(text))
        .join('\n')
    expect(widest(figures(narrow))).toBeLessThanOrEqual(60)
    expect(widest(figures(middle))).toBeLessThanOrEqual(120)
    expect(middle).toContain(
      '\n2 runs/own/point-1.bpd = runs/own/student.bpd: sparse, on-policy: own states (450,000 steps), search\n',
    )
    expect(wide).toMatch(/│ 3 models\/hopper\/student\.bpd +│ sparse, offline +│/)
    for (const table of [narrow, middle, wide]) {
      expect(table).toContain('Pareto front, bytes: 1')
      expect(table).toContain('instructions of the emulated Cortex-M4F (qemu-stm32f405)')
      expect(table).not.toContain('\u202e')
    }
  })

  it('explains no column that is not there', () => {
    const below = { ...sampleCompared, paper: undefined }
    below.rows = sampleCompared.rows.map(({ retained, ...row }) => row)
    const told = (compared: Compared) => [comparedTable(compared, 240), comparedPage(compared)]
    const [table, page] = told(sampleCompared)
    expect(table).toContain('\nfailed, retained: against models/hopper')
    expect(page).toContain('<dt>retained</dt>')
    const [tableBelow, pageBelow] = told(below)
    expect(tableBelow).toContain('\nfailed: against models/hopper')
    for (const words of [tableBelow, pageBelow]) expect(words).not.toContain('retained')
  })

  it('stands on a page with its facts over each point, and names of strangers as text', () => {
    const page = comparedPage(sampleCompared)
    expect(page).not.toContain('<script')
    const over = page.match(/<title>2 runs[^<]*<\/title>/g) ?? []
    // bytes, instructions and weights, for a screen and for a phone each
    expect(over).toHaveLength(6)
    for (const fact of [
      'own states (450,000 steps), search',
      'return 3,684 ± 12',
      '425 weights, 2,000 bytes',
      '15 % failed',
    ])
      expect(over[0]).toContain(fact)
    expect(page).toContain('<title>1 runs/&lt;script&gt;alert(1)&lt;/script&gt;&amp;\ufffd.bpd\n')
    expect(page).toContain('5 has no instructions: pico-emulator: too large')
    // the teacher has no count: its point is missing where instructions are told
    expect(page.match(/<title>5 models/g)).toHaveLength(4)
    expect(page.match(/>the paper: 1,701 weights</g)).toHaveLength(4)
    expect(page.match(/<title>the paper: 1,701 weights, return 3,134</g)).toHaveLength(2)
    expect(hostileName).toContain('\u202e')
  })
})

describeWith('qemu-system-arm', (await qemuStm32f405.missing()) === undefined)('bpd compare, on the pendulum', () => {
  let said: Compared
  let page: string

  beforeAll(() => {
    mkdirSync(join(folder, 'run'))
    copyFileSync(student, join(folder, 'run', 'student.bpd'))
    writeFileSync(join(folder, 'run', 'point-1.bpd'), linear({ search: { environmentSteps: 200 } }))
    const words = [
      'run',
      '--out',
      'page.html',
      '--episodes',
      '4',
      '--workers',
      '1',
      '--port',
      'qemu-stm32f405',
      '--json',
    ]
    const { status, stdout, stderr } = bpdIn(folder, 'compare', 'pendulum', ...words)
    expect({ status, stderr }).toMatchObject({ status: 0 })
    said = JSON.parse(stdout)
    page = readFileSync(join(folder, 'page.html'), 'utf8')
  }, 60_000)

  it('has what is shipped and every policy of a folder, by bytes, the same bytes once', () => {
    expect(said.rows.map(({ number, name, also, network, shipped }) => [number, name, also, network, shipped])).toEqual(
      [
        [1, 'run/point-1.bpd', [], 'linear', false],
        [2, 'models/pendulum/student.bpd', ['run/student.bpd'], 'sparse', true],
        [3, 'models/pendulum/teacher.safetensors', [], 'teacher', true],
      ],
    )
    expect(JSON.parse(readFileSync(join(folder, 'page.json'), 'utf8'))).toEqual(said)
  })

  it('names who counts, and counts what the benches do', () => {
    expect(said.counter).toEqual({
      port: 'qemu-stm32f405',
      counts: 'instructions of the emulated Cortex-M4F, counted inside the board',
    })
    const { rows } = JSON.parse(readFileSync(`${root}bench/results/board.json`, 'utf8'))
    const measured = rows.find((row: { case: string }) => row.case === 'pendulum')
    expect(said.rows[1].cost).toBe(measured.groupedInstructions)
    // on start states in place of the student's golden observations
    expect(said.rows[2].cost! / measured.denseInstructions).toBeCloseTo(1, 3)
    expect(page).toContain('>instructions of the emulated Cortex-M4F</text>')
  })

  it('tells of each what `bpd eval` does, against the teacher in the same episodes', () => {
    const words = ['models/pendulum/student.bpd', '--teacher', 'models/pendulum/teacher.safetensors']
    const { status, stdout } = bpdIn(root, 'eval', 'pendulum', ...words, '--episodes', '4', '--workers', '1', '--json')
    expect(status).toBe(0)
    const { return: one, failureRate, difference } = JSON.parse(stdout)
    const [, row] = said.rows
    expect(row).toMatchObject({ failureRate, difference, median: one.median, fellRate: one.fellRate })
    expect(row.return).toMatchObject({ mean: one.mean, seeds: 4 })
    expect(row.sha256).toBe(createHash('sha256').update(readFileSync(student)).digest('hex'))
    expect(said.teacher).toBe('models/pendulum/teacher.safetensors')
    expect(said.rows[0].failureRate).toBe(1)
  })

  it('marks what nothing beats', () => {
    const returns = said.rows.map((row) => row.return.mean)
    const expected = returns[2] > returns[1] ? [1, 2, 3] : [1, 2]
    expect(said.fronts).toEqual({ bytes: expected, cost: expected, weights: expected })
  })
})
