import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { collect } from '../../../trainer/data/collect.ts'
import { columnsOf } from '../../../trainer/data/columns.ts'
import { type DataOptions, openData } from '../../../trainer/data/data-set.ts'
import { readTransitions, writeTransitions } from '../../../trainer/data/transitions.ts'
import { Pendulum } from '../../../trainer/tasks/pendulum.ts'
import {
  actionColumns,
  columnsIn,
  csvOf,
  f32,
  mapping,
  npzOf,
  observationColumns,
  readTruth,
} from '../../support/data-sets.ts'
import { fixturePath } from '../../support/fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-data-'))
afterAll(() => rmSync(folder, { recursive: true }))
const sets = fixturePath('datasets')
const truth = readTruth(sets)

let written = 0
const put = (content: string | Uint8Array, ending = 'csv') => {
  const path = join(folder, `${written++}.${ending}`)
  writeFileSync(path, content)
  return path
}
/** A table of one observation x and one action u. */
const open = (names: string[], rows: (number | string)[][], options: DataOptions = {}) =>
  openData(put(csvOf(names, rows)), { mapping: { observations: ['x'], actions: ['u'] }, ...options })

/** what a format has beside observations and actions; ends: whether it tells terminals from timeouts */
const formats: [
  name: string,
  has: { rewards?: true; next?: true; ends?: true; period?: number; names?: true },
  options?: DataOptions,
][] = [
  ['minari', { rewards: true, next: true, ends: true }],
  ['d4rl.hdf5', { rewards: true, ends: true }],
  ['robomimic.hdf5', { rewards: true, next: true }],
  ['lerobot', { period: 0.02, names: true }],
  ['log.npz', { rewards: true }],
  ['log.csv', { period: 0.02, names: true }, { mapping }],
  ['truth.csv', { rewards: true, next: true, ends: true, period: 0.02, names: true }, { mapping }],
]

it('that was closed is read no more', async () => {
  const data = await open(['x', 'u'], [[1, 2]])
  data.close()
  data.close()
  expect(() => data.read(0, 1)).toThrow(new InputError('data: closed, expected to be read before'))
})

it('names are those of the file, a unit with a slash included', async () => {
  const names = ['angle [rad]', 'speed [m/s]', 'push [N]', 'left [m/s]']
  const columns = { observations: ['angle', 'speed'], actions: ['push', 'left'] }
  const data = await open(names, [[1, 2, 3, 4]], { mapping: columns })
  expect([data.observationNames, data.actionNames]).toEqual([names.slice(0, 2), names.slice(2)])
})

it('names are those of a comment above the rows where there are as many, as numpy.savetxt writes them', async () => {
  const mapping = { observations: ['x'], actions: ['u'] }
  const rows = '0,0,0\n0,1,1\n1,2,2\n'
  for (const comments of ['# episode,x,u\n', '# of a robot\n\n#episode, x , "u"\n# at rest\n']) {
    const data = await openData(put(comments + rows), { mapping })
    expect(data.episodes.map(({ count }) => count)).toEqual([2, 1])
    expect(data.notes[0]).toMatch(/^names of the columns are those of the comment in line [13]$/)
  }
  for (const comments of ['# x,u\n', '# 1,2,3\n'])
    await expect(openData(put(comments + rows), { mapping })).rejects.toThrow('expected one of c0, c1, c2')
  // a line of names has the last word
  expect((await openData(put(`# a,b,c\nepisode,x,u\n${rows}`), { mapping })).observationNames).toEqual(['x'])
  await expect(openData(put(`# x,x,u\n${rows}`), { mapping })).rejects.toThrow(': line 1: column "x" is there twice')
})

it.each([
  [
    ['pos (m)', 'vel (m/s)'],
    ['tau (N/m)', 'tau2 (N/m)'],
  ],
  [['w_rad/s', 'v_m/s'], ['m/torque']],
  [['left/hip', 'right/knee'], ['N/m']],
])('names of a table have no folders: %j', async (observations, actions) => {
  const names = [...observations, ...actions]
  const data = await open(names, [names.map((_, i) => i)], { mapping: { observations, actions } })
  expect([data.observationNames, data.actionNames]).toEqual([observations, actions])
})

it('names of arrays in folders go without them where they stay apart, and keep their units', async () => {
  const one = f32([2], [1, 2])
  const named = async (observations: string[], ...stored: string[]) => {
    const path = put(npzOf({ ...Object.fromEntries(stored.map((name) => [name, one])), actions: one }), 'npz')
    return (await openData(path, { mapping: { observations } })).observationNames
  }
  expect(await named(['obs/hip', 'obs/vel (m/s)'], 'obs/hip', 'obs/vel (m/s)')).toEqual(['hip', 'vel (m/s)'])
  expect(await named(['a/q [rad/s]', 'b/p'], 'a/q [rad/s]', 'b/p')).toEqual(['q [rad/s]', 'p'])
  expect(await named(['a/hip', 'b/hip'], 'a/hip', 'b/hip')).toEqual(['a/hip', 'b/hip'])
})

describe('the same transitions, whatever they are written in', () => {
  it.each(formats)('%s', async (name, has, options) => {
    const data = await openData(join(sets, name), options)
    const columns = columnsIn(data)
    for (const column of [...observationColumns, ...actionColumns])
      expect(columns.get(column)).toEqual(truth.get(column))
    expect(data.hasRewards).toBe(has.rewards === true)
    expect(columns.get('reward')).toEqual(has.rewards ? truth.get('reward') : new Float32Array(37))
    expect(data.episodes).toEqual([
      { first: 0, count: 23, terminal: has.ends === true },
      { first: 23, count: 14, terminal: false },
    ])
    if (has.ends) for (const end of ['terminal', 'timeout']) expect(columns.get(end)).toEqual(truth.get(end))
    // from the next row, where they are not stored: of all but the last rows of episodes
    for (const column of observationColumns.map((one) => `next_${one}`)) {
      const lasts = has.next ? [] : [22, 36]
      const but = (numbers: Float32Array) => numbers.map((x, row) => (lasts.includes(row) ? 0 : x))
      expect(but(columns.get(column)!)).toEqual(but(truth.get(column)!))
    }
    expect(data.openEnds).toBe(has.next ? 0 : has.ends ? 1 : 2)
    expect(data.period).toBe(has.period)
    if (has.names) expect([data.observationNames, data.actionNames]).toEqual([observationColumns, actionColumns])
    data.close()
  })

  it('a Minari folder has the bounds of its actions, and the names are those within the file', async () => {
    const data = await openData(join(sets, 'minari'))
    expect(data).toMatchObject({ actionLow: [-1, -1], actionHigh: [1, 1], format: 'a Minari data set' })
    expect((await openData(join(sets, 'robomimic.hdf5'))).observationNames).toEqual([
      'joints.0',
      'joints.1',
      'velocities.0',
      'velocities.1',
    ])
  })

  const samples = fileURLToPath(new URL('../../../../shared/reference/datasets/', import.meta.url))
  it.runIf(existsSync(samples))('the samples beside this repository', async () => {
    const hopper = { observations: ['q0..q4', 'v0..v5'], actions: ['hip', 'knee', 'ankle'] }
    const { width } = columnsOf(11, 3)
    const rows: Float32Array[] = []
    for (const name of [
      'minari-hopper',
      'd4rl-hopper.hdf5',
      'robomimic-hopper.hdf5',
      'lerobot-hopper',
      'log-hopper.npz',
      'log-hopper.csv',
    ]) {
      const data = await openData(join(samples, name), name.endsWith('csv') ? { mapping: hopper } : {})
      expect(data.episodes.map(({ first, count }) => [first, count])).toEqual([
        [0, 371],
        [371, 229],
      ])
      rows.push(data.read(0, 600).filter((_, i) => i % width < 14))
    }
    for (const others of rows) expect(others).toEqual(rows[0])
  })
})

describe('the clock of a Parquet table', () => {
  const open = (time: string) =>
    openData(join(sets, 'times.parquet'), { mapping: { observations: ['q'], actions: ['u'], time: [time] } })

  it.each(['ns', 'us', 'time_ms', 'stamp_ns', 'clock', 'clock_ms'])(
    'is read in the unit of its type, whatever its name ends in: %s',
    async (time) => expect(await open(time)).toMatchObject({ period: 0.05, clock: time }),
  )

  it('is in seconds where the type is seconds, or a plain number', async () => {
    expect((await open('s')).period).toBe(1)
    expect((await open('count')).period).toBe(5e7)
  })
})

describe('our own transitions', () => {
  it('are the rows of the file, to the bit', async () => {
    const path = join(folder, 'own.safetensors')
    const swing = (_: ArrayLike<number>, action: Float32Array) => action.fill(1)
    const episodes = [...collect(new Pendulum(), swing, { transitions: 450, sigmas: [0.3], seed: 1 })]
    await writeTransitions(path, new Pendulum().spec, episodes, {})
    const [own, data] = [readTransitions(path, new Pendulum().spec), await openData(path)]
    expect(data.read(0, 450).slice()).toEqual(own.read(0, 450))
    expect(data).toMatchObject({ count: 450, crc32: own.crc32, hasRewards: true, hasTeacherActions: true })
    expect(data.episodes.map(({ first, count }) => [first, count])).toEqual([
      [0, 200],
      [200, 200],
      [400, 50],
    ])
    // as a log, for `bpd inspect` and for other columns
    const mapped = await openData(path, { mapping: { rewards: ['none'] } })
    expect(mapped).toMatchObject({ count: 450, hasRewards: false, hasTeacherActions: true, openEnds: 0 })
  })
})

describe('an episode', () => {
  const lengths = ({ episodes }: { episodes: readonly { count: number; terminal: boolean }[] }) =>
    episodes.map(({ count, terminal }) => `${count}${terminal ? ' terminal' : ''}`)

  it('ends where its number changes, with a terminal or a timeout, or where the clock goes back', async () => {
    const numbered = await open(
      ['x', 'u', 'episode'],
      [
        [1, 0, 4],
        [2, 0, 4],
        [3, 0, 0],
        [4, 0, 5],
      ],
    )
    expect(lengths(numbered)).toEqual(['2', '1', '1'])
    const flagged = await open(
      ['x', 'u', 'terminal', 'timeout'],
      [
        [1, 0, 0, 0],
        [2, 0, 1, 0],
        [3, 0, 0, 1],
        [4, 0, 0, 0],
      ],
    )
    expect(lengths(flagged)).toEqual(['2 terminal', '1', '1'])
    const timed = await open(
      ['x', 'u', 'time'],
      [
        [1, 0, 0],
        [2, 0, 1],
        [3, 0, 0],
        [4, 0, 1],
      ],
    )
    expect(lengths(timed)).toEqual(['2', '2'])
    expect(
      lengths(
        await open(
          ['x', 'u'],
          [
            [1, 0],
            [2, 0],
          ],
        ),
      ),
    ).toEqual(['2'])
  })

  it('takes its next observations from its next rows; behind its end stands its last one', async () => {
    const data = await open(
      ['x', 'u', 'terminal', 'timeout'],
      [
        [1, 0, 0, 0],
        [2, 0, 1, 0],
        [3, 0, 0, 0],
        [4, 0, 0, 1],
      ],
    )
    const { next, width, timeout } = columnsOf(1, 1)
    const rows = data.read(0, 4)
    expect([0, 1, 2, 3].map((row) => rows[row * width + next])).toEqual([2, 2, 4, 4])
    expect([0, 1, 2, 3].map((row) => rows[row * width + timeout])).toEqual([0, 0, 0, 1])
    expect(data.openEnds).toBe(1)
  })

  it('loses the last row of a cut-off one where open ends are to be dropped, and no more', async () => {
    const data = await open(
      ['x', 'u', 'terminal', 'timeout'],
      [
        [1, 0, 0, 1],
        [2, 0, 0, 0],
        [3, 0, 1, 0],
        [4, 0, 0, 0],
        [5, 0, 0, 0],
        [6, 0, 0, 1],
      ],
      { openEnds: 'drop' },
    )
    expect(lengths(data)).toEqual(['2 terminal', '2'])
    expect(data).toMatchObject({ count: 4, openEnds: 0 })
    const { next, width, timeout } = columnsOf(1, 1)
    expect([...data.read(3, 1)].filter((_, i) => i === next || i === timeout)).toEqual([6, 1])
    expect(data.read(0, 4).length).toBe(4 * width)
  })

  it('of any length is whole, also over the pieces that are read at a time', async () => {
    for (const count of [4094, 4095, 4096, 4097, 8193])
      for (const openEnds of ['keep', 'drop'] as const) {
        const values = Float32Array.from({ length: count }, (_, i) => i)
        const path = put(npzOf({ obs: f32([count], values), act: f32([count], values) }), 'npz')
        const data = await openData(path, { openEnds })
        const kept = openEnds === 'keep' ? count : count - 1
        expect(data.episodes).toEqual([{ first: 0, count: kept, terminal: false }])
        const { next, width, timeout } = columnsOf(1, 1)
        const rows = data.read(0, kept)
        const column = (at: number) => Array.from({ length: kept }, (_, row) => rows[row * width + at])
        expect(column(0)).toEqual([...values.subarray(0, kept)])
        expect(column(next)).toEqual(Array.from({ length: kept }, (_, row) => Math.min(row + 1, count - 1)))
        expect(column(timeout).indexOf(1)).toBe(kept - 1)
      }
  })

  it('of robomimic is cut off, as dones mark each one’s end; unless they are said to be terminals', async () => {
    const data = await openData(join(sets, 'robomimic.hdf5'))
    expect(data.notes.join()).toMatch(/"dones" ends every episode/)
    const said = await openData(join(sets, 'robomimic.hdf5'), { mapping: { terminals: ['dones'] } })
    expect(said.episodes.map(({ terminal }) => terminal)).toEqual([true, true])
  })

  it('that was cut off is not told where there are terminals alone, which is said', async () => {
    const data = await open(
      ['x', 'u', 'terminals'],
      [
        [1, 0, 0],
        [2, 0, 1],
        [3, 0, 0],
      ],
    )
    expect(data.notes.join()).toMatch(/episodes end with "terminals" alone: .* is of another; --timeouts tells them/)
    expect((await open(['x', 'u', 'terminals', 'timeouts'], [[1, 0, 0, 1]])).notes).toEqual([])
  })

  it('breaks where a row is left out for a number that is missing', async () => {
    const data = await open(
      ['x', 'u'],
      [
        [1, 0],
        [2, 0],
        ['', 0],
        [4, 0],
        [5, 'nan'],
        [6, 0],
      ],
      { missing: 'drop' },
    )
    expect(lengths(data)).toEqual(['2', '1', '1'])
    expect(data).toMatchObject({ count: 4, dropped: 2, openEnds: 3 })
  })
})

describe('the rate', () => {
  it('is the mean of the usual steps, gaps and jitter left out', async () => {
    const times = [0, 0.0101, 0.0199, 0.03, 0.0401, 0.05, 0.5, 0.51]
    const data = await open(
      ['x', 'u', 'time'],
      times.map((t) => [t, 0, t]),
    )
    expect(data.period).toBeCloseTo(0.01, 4)
    expect((await open(['x', 'u'], [[1, 0]])).period).toBeUndefined()
  })

  it('is in seconds, whatever unit the name of the column says; a slow one is doubted', async () => {
    for (const [name, second] of Object.entries({ time_ms: 1e3, 'stamp [us]': 1e6, ros_stamp_ns: 1e9, time: 1 })) {
      const mapping = { observations: ['x'], actions: ['u'], time: [name] }
      const data = await open(
        ['x', 'u', name],
        [0, 1, 2, 3].map((row) => [row, 0, 1.7e9 * second + row * 0.008 * second]),
        { mapping },
      )
      expect(data.period, name).toBeCloseTo(0.008, 6)
      expect(data.notes).toEqual([])
    }
    const slow = await open(
      ['x', 'u', 'time'],
      [
        [1, 0, 0],
        [2, 0, 8],
        [3, 0, 16],
      ],
    )
    expect(slow).toMatchObject({
      period: 8,
      notes: [expect.stringContaining('a step of 8 s: timestamps are taken in s')],
    })
  })
})

describe('many rows', () => {
  it('leave memory for a file that nobody sees, and come back the same', async () => {
    const [count, size] = [20_000, 256]
    const values = Float32Array.from({ length: size * count }, (_, i) => i % 9973)
    const path = put(npzOf({ obs: f32([count, size], values), act: f32([count], values.subarray(0, count)) }), 'npz')
    const data = await openData(path)
    const { width } = columnsOf(size, 1)
    for (const row of [0, 1, 4095, 9999, count - 4]) {
      const rows = data.read(row, 4)
      expect(rows.length).toBe(4 * width)
      const at = (row + 3) * size
      expect(rows.slice(3 * width, 3 * width + size)).toEqual(values.slice(at, at + size))
    }
    data.close()
  })
})
