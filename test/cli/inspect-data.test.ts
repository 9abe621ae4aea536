import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { describeData } from '../../cli/report/data.ts'
import { openData } from '../../trainer/data/data-set.ts'
import { openLog } from '../../trainer/data/formats.ts'
import type { Mapping } from '../../trainer/data/mapping.ts'
import { summarise } from '../../trainer/data/summary.ts'
import { bpdIn } from '../support/command.ts'
import { csvOf, f32, mapping, npzOf } from '../support/data-sets.ts'
import { fixturePath } from '../support/fixtures.ts'
import { root } from '../support/imports.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-inspect-'))
afterAll(() => rmSync(folder, { recursive: true }))
const sets = fixturePath('datasets')

async function summaryOf(path: string, named?: Mapping) {
  const log = await openLog(path)
  try {
    return await summarise(log, named)
  } finally {
    log.close()
  }
}

const table = (names: string[], rows: (number | string)[][]) => {
  const path = join(folder, 'table.csv')
  writeFileSync(path, csvOf(names, rows))
  return path
}

it('a column that is observation and action at once is doubted, by inspect and by whoever opens it', async () => {
  const path = table(['a', 'u'], [[1, 2]])
  const both = { observations: ['a', 'u'], actions: ['u'] }
  const doubt = '"u": observation and action at once: a student would copy what it sees'
  expect((await summaryOf(path, both)).notes).toEqual([doubt])
  const data = await openData(path, { mapping: both })
  expect(data.notes).toEqual([doubt])
  data.close()
})

it('a file of an unknown kind is refused with each kind once', () => {
  writeFileSync(join(folder, 'noise'), Buffer.from('\xd3\0\x17\xfe\x91', 'latin1'))
  expect(bpdIn(folder, 'inspect', 'noise').stderr.match(/NumPy arrays/g)).toHaveLength(1)
})

describe('a data set is told', () => {
  it.each([
    ['minari', {}, { rewards: true, next: true, terminal: 1 }],
    ['d4rl.hdf5', {}, { rewards: true, next: false, terminal: 1 }],
    ['robomimic.hdf5', {}, { rewards: true, next: true, terminal: 0 }],
    ['lerobot', {}, { rewards: false, next: false, terminal: 0 }],
    ['log.npz', {}, { rewards: true, next: false, terminal: 0 }],
    ['log.csv', mapping, { rewards: false, next: false, terminal: 0 }],
  ] as [string, Mapping, { rewards: boolean; next: boolean; terminal: number }][])(
    '%s: its columns, episodes and what it has',
    async (name, named, { rewards, next, terminal }) => {
      const summary = await summaryOf(join(sets, name), named)
      expect(summary).toMatchObject({ rows: 37, hasRewards: rewards, hasNextObservations: next, unknown: [] })
      expect(summary.episodes).toEqual({ count: 2, terminal, shortest: 14, longest: 23 })
      expect(summary.columns.filter(({ role }) => role === 'observations')).toHaveLength(4)
      const actions = summary.columns.filter(({ role }) => role === 'actions')
      expect(actions).toHaveLength(2)
      for (const { min, max, atMax, missing } of actions) {
        expect([Math.abs(min!), max, missing].every((x) => x !== null && x <= 1)).toBe(true)
        expect(atMax).toBeGreaterThan(0)
      }
    },
  )

  it('with what is missing, constant, saturated, text, or not as long as the rest', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => [0.01 * i, i % 3 ? i : '', 7, i < 5 ? 1 : -i / 20, 'auto'])
    const summary = await summaryOf(table(['time', 'x', 'offset', 'u', 'mode'], rows), {
      observations: ['x'],
      actions: ['u'],
    })
    const column = (name: string) => summary.columns.find((one) => one.name === name)
    expect(column('x')).toMatchObject({ missing: 7, min: 1, max: 19, role: 'observations' })
    expect(column('offset')).toMatchObject({ constant: true, mean: 7, std: 0 })
    expect(column('u')).toMatchObject({ atMax: 0.25, atMin: 0.05 })
    expect(summary.unread).toEqual([{ name: 'mode', why: 'text ("auto" in the first row), expected numbers' }])
    expect(summary.rate).toMatchObject({ period: 0.01, gaps: 0, backward: 0 })
    const text = describeData('table.csv', summary)
    for (const said of ['7 missing', 'constant', 'saturated 30 %', 'not read     mode: text', '100 Hz'])
      expect(text).toContain(said)
  })

  it('with its gaps, and steps where the clock stands still', async () => {
    const times = [0, 0.01, 0.02, 0.02, 0.03, 0.5, 0.51, 0.52]
    const { rate } = await summaryOf(
      table(
        ['time', 'episode', 'x'],
        times.map((t) => [t, 1, t]),
      ),
    )
    expect(rate).toMatchObject({ period: 0.01, gaps: 1, backward: 1 })
  })

  it('with a clock that never goes on, which is not the same as none', async () => {
    const stopped = await summaryOf(
      table(
        ['time', 'x'],
        [0, 1, 2].map((x) => [1, x]),
      ),
    )
    expect(describeData('table.csv', stopped)).toContain('rate         not known: timestamps never go on within an epi')
    const none = await summaryOf(table(['x'], [[0], [1]]))
    expect(describeData('table.csv', none)).toContain('rate         not known: no column of timestamps')
  })

  it('with episodes that are interleaved', async () => {
    const { notes } = await summaryOf(
      table(
        ['time', 'episode', 'x'],
        [0, 1, 2, 3].map((i) => [i >> 1, i & 1, i]),
      ),
    )
    expect(notes).toEqual([expect.stringMatching(/^column "episode": 0 comes back after 1, expected the rows of an/)])
  })

  it('by the rows of what most arrays have: one that is short is the one that is not read', async () => {
    const path = join(folder, 'short.npz')
    const of = (rows: number) => f32([rows, 1], new Float32Array(rows))
    writeFileSync(path, npzOf({ observations: of(5), actions: of(4), rewards: of(5) }))
    const { rows, hasRewards, unread } = await summaryOf(path)
    expect({ rows, hasRewards }).toEqual({ rows: 5, hasRewards: true })
    expect(unread).toEqual([{ name: 'actions', why: '4 rows, expected 5 as of the others' }])
    writeFileSync(path, npzOf({ observations: of(5), actions: of(5), rewards: of(4) }))
    expect(await summaryOf(path)).toMatchObject({ rows: 5, hasRewards: false })
  })

  it('in 60 columns and in 120', async () => {
    const summary = await summaryOf(join(sets, 'truth.csv'), mapping)
    for (const columns of [60, 120]) {
      const table = describeData('truth.csv', summary, columns)
      expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns)
      for (const name of ['q0', 'v1', 'knee']) expect(table).toContain(name)
      // what shows whether the right columns were named
      expect(table).toMatch(/│ hip +│ action +│/)
      expect(table).toMatch(/│ v1 +│ observation +│/)
    }
    expect(describeData('truth.csv', summary, 60)).toContain('\nnot shown    mean, std, at min, at max: see --json\n')
    expect(describeData('truth.csv', summary, 200)).not.toContain('not shown')
    expect(describeData('truth.csv', summary, 30)).toMatch(/^hip\n {2}is +action$/m)
  })

  it('with as many digits as tell the least time since 1970 from the greatest', async () => {
    const rows = Array.from({ length: 39 }, (_, i) => [1.7e9 + 0.05 * i, i])
    expect(describeData('table.csv', await summaryOf(table(['time', 'x'], rows)), 200)).toMatch(
      /│ time +│ time +│ 1700000000 +│ 1700000001.9 /,
    )
  })
})

describe('bpd inspect', () => {
  it('prints it as a table and as one JSON object, columns named by options and by a file', () => {
    const { status, stdout } = bpdIn(
      sets,
      'inspect',
      'log.csv',
      '--observations',
      'q0..q1,v0..v1',
      '--actions',
      'hip,knee',
    )
    expect(status).toBe(0)
    expect(stdout).toContain('log.csv: a CSV table, 37 rows')
    expect(stdout).toContain('none: cloned without a value term')
    writeFileSync(join(folder, 'map.json'), JSON.stringify({ observations: ['q0', 'v0'], actions: ['hip'] }))
    const json = bpdIn(sets, 'inspect', 'log.csv', '--mapping', join(folder, 'map.json'), '--actions', 'knee', '--json')
    const told = JSON.parse(json.stdout)
    expect(told).toMatchObject({ kind: 'data', format: 'a CSV table', rows: 37, rate: { period: 0.02 } })
    const named = (role: string) =>
      told.columns.filter((one: { role?: string }) => one.role === role).map(({ name }: { name: string }) => name)
    expect([named('observations'), named('actions')]).toEqual([['q0', 'v0'], ['knee']])
  })

  it('takes every kind that it names, and names data among them', () => {
    writeFileSync(join(folder, 'empty.csv'), '')
    const { status, lines } = bpdIn(folder, 'inspect', 'empty.csv', '--quiet')
    expect({ status, lines: lines.length }).toEqual({ status: 2, lines: 1 })
    expect(lines[0]).toMatch(/empty\.csv: an empty file, expected a \.bpd policy .* a Parquet file or a CSV table$/)
  })

  it.each([
    ['--actions', 'u'],
    ['--missing', 'drop'],
  ])('refuses %s where the file is no data set', (flag, value) => {
    const policy = join(root, 'models/pendulum/student.bpd')
    const { status, lines } = bpdIn(folder, 'inspect', policy, flag, value)
    expect({ status, lines }).toEqual({
      status: 2,
      lines: [`bpd: ${flag}: of a data set, which ${policy} is not: expected none`],
    })
  })

  it('refuses decimal commas in whatever row', () => {
    writeFileSync(join(folder, 'commas.csv'), 'q;u\n0;0\n1,5;-0,5\n')
    const { status, lines } = bpdIn(folder, 'inspect', 'commas.csv', '--quiet')
    expect({ status, lines }).toEqual({
      status: 2,
      lines: ['bpd: commas.csv: line 3: decimal commas, expected points'],
    })
  })

  it('refuses a column that is not there, with exit code 2 and one line', () => {
    const { status, lines } = bpdIn(sets, 'inspect', 'log.csv', '--actions', 'hop', '--quiet')
    expect({ status, lines }).toEqual({
      status: 2,
      lines: [
        'bpd: log.csv: --actions: column "hop" is not there, expected one of time, episode, q0, q1, v0, v1, hip, knee; did you mean "hip"?',
      ],
    })
  })
})
