import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { columnsOf } from '../../../trainer/data/columns.ts'
import { type DataOptions, openData } from '../../../trainer/data/data-set.ts'
import { readHybrid } from '../../../trainer/data/formats/parquet-levels.ts'
import { readMapping } from '../../../trainer/data/mapping-file.ts'
import { csvOf, f32, type NpyArray, npyOf, npzOf } from '../../support/data-sets.ts'
import { fixturePath } from '../../support/fixtures.ts'
import { Deflated, zipOf } from '../../support/sb3-archive.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-refusals-'))
afterAll(() => rmSync(folder, { recursive: true }))
const sets = fixturePath('datasets')

let written = 0
const put = (content: string | Uint8Array, ending = 'csv') => {
  const path = join(folder, `${written++}.${ending}`)
  writeFileSync(path, content)
  return path
}
const xu = { mapping: { observations: ['x'], actions: ['u'] } }

/** The one line that refuses it, without the path. */
async function refusal(path: string, options: DataOptions = {}): Promise<string> {
  try {
    ;(await openData(path, options)).close()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    expect(error.message).not.toContain('\n')
    expect(error.message.startsWith(path)).toBe(true)
    return error.message.slice(path.length)
  }
  throw new Error(`${path} was not refused`)
}

const refused = (content: string | Uint8Array, expected: string | RegExp, options: DataOptions = xu, ending = 'csv') =>
  expect(refusal(put(content, ending), options)).resolves.toMatch(expected)

describe('a table is refused in one line that names column, row and line', () => {
  it.each([
    [
      'a number that is missing',
      'x,u\n1,2\n3,\n',
      ': column "u", row 1: NaN, expected a finite number; --missing drop leaves such rows out',
    ],
    ['nan', 'x,u\nnan,2\n', ': column "x", row 0: NaN, expected a finite number'],
    ['infinity', 'x,u\n1,-inf\n', ': column "u", row 0: -Infinity, expected a finite number'],
    ['a number beyond 32 bits', 'x,u\n1e39,2\n', ': column "x", row 0: 1e+39, expected a finite number of 32 bits'],
    ['text', 'x,u\n1,2\n1,off\n', ': column "u", row 1 (line 3): "off", expected a number'],
    ['text from the first row on', 'x,u\n1,off\n', ': --actions: "u": text ("off" in the first row), expected numbers'],
    ['a ragged line', '# log\nx,u\n1,2\n\n3\n', ': line 5 (row 1): 1 cells, expected 2 as in the first line'],
    ['a name twice', 'x,u,x\n1,2,3\n', ': line 1: column "x" is there twice'],
    ['decimal commas', 'x;u\n1,5;2\n', ': line 2: decimal commas, expected points'],
    ['decimal commas behind whole numbers', 'x;u\n0;0\n1;-2,5e-3\n', ': line 3: decimal commas, expected points'],
    ['decimal commas between tabs', 'x\tu\n0\t0\n\n ,5\t2\n', ': line 4: decimal commas, expected points'],
    ['decimal commas in quotes', 'x,u\n0,0\n"1,5",2\n', ': line 3: decimal commas, expected points'],
    ['decimal commas without a line of names', '1,5;2\n2,5;3\n', ': line 1: decimal commas, expected points'],
    ['no rows', 'x,u\n', ': no rows, expected 1 or more'],
    [
      'bytes that are no text',
      Buffer.from(`x,u\n${'1,2\n'.repeat(20_000)}\xff,1\n`, 'latin1'),
      ': line 16385 or after: not UTF-8',
    ],
    ['a line of 2 MB', `x,u\n${'1'.repeat(2 << 20)},2\n`, ': line 2: longer than 1048576 bytes'],
    ['a terminal of 2', 'x,u,terminal\n1,2,2\n', ': column "terminal", row 0: 2, expected 0 or 1'],
  ])('%s', (_, content, expected) => refused(content, expected))

  it('decimal commas leave no row out, though numbers that are missing may', () =>
    refused('x;u\n0;0\n1,5;2\n', ': line 3: decimal commas, expected points', { ...xu, missing: 'drop' }))

  it('rows of which none has a next observation, where that is needed', () =>
    refused('x,u,run\n1,2,0\n3,4,1\n', ': no rows but 2 whose next observation nobody says, which a value term needs', {
      mapping: { observations: ['x'], actions: ['u'], episodes: ['run'] },
      openEnds: 'drop',
    }))

  it('but for quotes, other separators, other ends of line, words for 0 and 1, and no names at all', async () => {
    for (const [content, options] of [
      ['"x",u\r\n"1","0"\r\n2,1\r\n', xu],
      ['x;u\n1;false\n2;true\n', xu],
      ['x\tu\n1\t0\n2\t1\n', xu],
      ['\ufeffx, u\n 1, 0\n2 ,1', xu],
      ['1,0\n2,1\n', { mapping: { observations: ['c0'], actions: ['c1'] } }],
    ] as [string, DataOptions][]) {
      const data = await openData(put(content), options)
      const { width, action } = columnsOf(1, 1)
      const rows = data.read(0, 2)
      expect([rows[0], rows[width], rows[action], rows[width + action]], content).toEqual([1, 2, 0, 1])
    }
  })

  it('cut at any byte is refused, or has fewer rows', async () => {
    const whole = readFileSync(join(sets, 'log.csv'))
    for (let bytes = 0; bytes < 700; bytes += 13) {
      const path = put(whole.subarray(0, bytes))
      const count = await openData(path, { mapping: { observations: ['q0'], actions: ['hip'] } }).then(
        (data) => data.count,
        (error) => {
          expect(error).toBeInstanceOf(InputError)
          return 0
        },
      )
      expect(count).toBeLessThan(12)
    }
  })

  it('any table of finite numbers comes back as it was written', async () => {
    const number = fc.float({ noNaN: true, noDefaultInfinity: true })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 30 }), async (rows) => {
        const data = await openData(put(csvOf(['x', 'u'], rows)), xu)
        const { width, action } = columnsOf(1, 1)
        const read = data.read(0, data.count)
        // a CSV has no -0
        expect(rows.map((_, row) => [read[row * width] + 0, read[row * width + action] + 0])).toEqual(
          rows.map(([x, u]) => [x + 0, u + 0]),
        )
      }),
      { numRuns: 60, seed: 1 },
    )
  })
})

describe('columns', () => {
  const names = ['time', 'q0', 'q1', 'q2', 'v.0', 'v.1', 'left_hip', 'right_hip', 'tau']
  const path = put(csvOf(names, [names.map((_, i) => i)]))
  const named = async (observations: string[]) =>
    (await openData(path, { mapping: { observations, actions: ['tau'] } })).observationNames

  it('are named one by one, by number from one to another, as what stands between, or by what they begin with', async () => {
    expect(await named(['q2', 'time'])).toEqual(['q2', 'time'])
    expect(await named(['q0..q2'])).toEqual(['q0', 'q1', 'q2'])
    expect(await named(['v.0..v.1'])).toEqual(['v.0', 'v.1'])
    expect(await named(['left_hip..right_hip'])).toEqual(['left_hip', 'right_hip'])
    expect(await named(['q', 'v'])).toEqual(['q0', 'q1', 'q2', 'v.0', 'v.1'])
  })

  it('are found without the unit that the file has behind their names', async () => {
    const units = put(
      csvOf(
        ['time [ms]', 'q0 [rad]', 'q1 [rad]', 'tau (Nm)'],
        [
          [0, 1, 2, 3],
          [8, 1, 2, 3],
        ],
      ),
    )
    const data = await openData(units, { mapping: { observations: ['q0..q1'], actions: ['tau'] } })
    expect(data).toMatchObject({ observationNames: ['q0 [rad]', 'q1 [rad]'], actionNames: ['tau (Nm)'], period: 0.008 })
    const whole = await openData(units, { mapping: { observations: ['q'], actions: ['tau (Nm)'] } })
    expect(whole.observationSize).toBe(2)
  })

  it.each([
    [['q3'], ': --observations: column "q3" is not there, expected one of time, q0, q1, .*; did you mean "q0"?'],
    [['q1..q0'], ': --observations: column "q1..q0" is not there'],
    [['q0..q9'], ': --observations: column "q0..q9" is not there'],
    [['q0', 'q0..q1'], ': --observations: "q0" is there twice'],
    [['nothing at all'], ': --observations: column "nothing at all" is not there, expected one of [^;]*$'],
  ])('%s are refused', (observations, expected) =>
    expect(refusal(path, { mapping: { observations, actions: ['tau'] } })).resolves.toMatch(
      new RegExp(expected.replace('?', '\\?')),
    ),
  )

  it('that are not named and have no usual name are asked for', async () => {
    await expect(refusal(path)).resolves.toMatch(
      ': observations and actions: not known, expected --observations and --actions out of its columns time, q0',
    )
    await expect(
      refusal(path, { mapping: { observations: ['q'], actions: ['tau'], rewards: ['v'] } }),
    ).resolves.toMatch(': --rewards: 2 columns, expected 1')
    const next = { observations: ['q0'], actions: ['tau'], nextObservations: ['q1', 'q2'] }
    await expect(refusal(path, { mapping: next })).resolves.toMatch(
      ': --next-observations: 2 columns, expected 1 as of observations',
    )
  })

  it('come from a mapping file, which is refused where it is none', () => {
    expect(readMapping(put('{"observations": ["q0..q2"], "next-observations": [], "time": "time"}', 'json'))).toEqual({
      observations: ['q0..q2'],
      nextObservations: [],
      time: ['time'],
    })
    for (const [content, expected] of [
      ['{"observation": ["q0"]}', '"observation": expected one of observations, actions, '],
      ['{"actions": [3]}', 'actions.0: 3, expected the name of a column'],
      ['{"actions": {"hip": 1}}', 'actions: {"hip":1}, expected the name of a column'],
      ['{"actions": ["hip"', 'expected JSON'],
      ['[["a"]]', 'expected a map'],
      ['actions: [hip]', 'a text file, expected JSON'],
    ])
      expect(() => readMapping(put(content, 'json')), content).toThrow(expected)
  })
})

describe('arrays of NumPy', () => {
  const open = async (arrays: Record<string, NpyArray>) => {
    const data = await openData(put(npzOf(arrays), 'npz'))
    const { width } = columnsOf(data.observationSize, data.actionSize)
    return [...data.read(0, data.count)].filter((_, i) => i % width < data.observationSize + data.actionSize)
  }
  const bytesOf = (numbers: { buffer: ArrayBufferLike }, swapped?: 2 | 4 | 8) => {
    const bytes = Buffer.from(numbers.buffer.slice(0) as ArrayBuffer)
    if (swapped) ({ 2: () => bytes.swap16(), 4: () => bytes.swap32(), 8: () => bytes.swap64() })[swapped]()
    return new Uint8Array(bytes)
  }
  const act = f32([2], [10, 20])

  it.each([
    ['<f8', bytesOf(Float64Array.of(1, 2, 3, 4))],
    ['>f8', bytesOf(Float64Array.of(1, 2, 3, 4), 8)],
    ['>f4', bytesOf(Float32Array.of(1, 2, 3, 4), 4)],
    ['<f2', bytesOf(Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400))],
    ['>f2', bytesOf(Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400), 2)],
    ['<i8', bytesOf(BigInt64Array.of(1n, 2n, 3n, 4n))],
    ['>i4', bytesOf(Int32Array.of(1, 2, 3, 4), 4)],
    ['<u2', bytesOf(Uint16Array.of(1, 2, 3, 4))],
    ['|i1', bytesOf(Int8Array.of(1, 2, 3, 4))],
    ['|u1', bytesOf(Uint8Array.of(1, 2, 3, 4))],
  ])('of type %s are numbers', async (descr, bytes) => {
    expect(await open({ obs: { descr, shape: [2, 2], bytes }, act })).toEqual([1, 2, 10, 3, 4, 20])
  })

  it('in column order (Fortran) are the same rows, and booleans are 0 and 1', async () => {
    const bytes = bytesOf(Float32Array.of(1, 3, 2, 4))
    expect(await open({ obs: { descr: '<f4', shape: [2, 2], bytes, fortran: true }, act })).toEqual([
      1, 2, 10, 3, 4, 20,
    ])
    expect(await open({ obs: { descr: '|b1', shape: [2], bytes: Uint8Array.of(0, 1) }, act })).toEqual([0, 10, 1, 20])
  })

  it.each<[string, (numbers: number[]) => { buffer: ArrayBuffer }]>([
    ['<f8', (numbers) => Float64Array.from(numbers)],
    ['<i8', (numbers) => BigInt64Array.from(numbers.map(BigInt))],
    ['<u4', (numbers) => Uint32Array.from(numbers)],
  ])('in column order of type %s have the times and episodes that they have in rows', async (descr, from) => {
    const rows = Array.from({ length: 6 }, (_, i) => [1_700_000_000 + i, 2 ** 24 + (i < 3 ? 0 : 1)])
    const columns = [0, 1].flatMap((column) => rows.map((row) => row[column]))
    const read = async (log: NpyArray) => {
      const x = f32([6], [1, 2, 3, 4, 5, 6])
      const mapping = { observations: ['x'], actions: ['u'], time: ['log.0'], episodes: ['log.1'] }
      const data = await openData(put(npzOf({ x, u: x, log }), 'npz'), { mapping })
      data.close()
      return [data.period, data.episodes]
    }
    const wanted = await read({ descr, shape: [6, 2], bytes: bytesOf(from(rows.flat())) })
    expect(wanted).toMatchObject([1, [{ count: 3 }, { count: 3 }]])
    expect(await read({ descr, shape: [6, 2], bytes: bytesOf(from(columns)), fortran: true })).toEqual(wanted)
  })

  it.each([
    ['objects', { descr: '|O', shape: [2], bytes: new Uint8Array(20) }, ': "obs": Python objects, expected numbers'],
    [
      'complex numbers',
      { descr: '<c8', shape: [2], bytes: new Uint8Array(16) },
      ': "obs": dtype "<c8", expected numbers',
    ],
    ['text', { descr: '<U4', shape: [2], bytes: new Uint8Array(32) }, ': "obs": dtype "<U4", expected numbers'],
    ['images', f32([2, 2, 2], new Float32Array(8)), ': "obs": shape \\[2, 2, 2\\], expected rows of 1 to 4096 numbers'],
    ['fewer rows', f32([1, 2], [1, 2]), ': "act": 2 rows, expected 1 as of "obs"'],
    [
      'a size that is not theirs',
      { ...f32([2, 2], [1, 2]) },
      ': not NumPy arrays .* 136 bytes, expected 144 for shape \\(2, 2\\)',
    ],
    ['2^40 rows', { ...f32([2 ** 40, 2], [1, 2]) }, ': not NumPy arrays .* expected 8796093022336 for shape'],
    [
      'a negative size',
      { ...f32([-2, 2], [1, 2]) },
      ': not NumPy arrays .* its header: expected descr, fortran_order and shape',
    ],
  ])('of %s are refused', (_, obs, expected) => refused(npzOf({ obs, act }), new RegExp(expected), {}, 'npz'))

  it('packed are read as they are, and refused where they unpack to more than they say or than deflate can', async () => {
    const obs = npyOf(f32([2], [1, 2]))
    const other = { 'act.npy': npyOf(act) }
    expect((await openData(put(zipOf({ 'obs.npy': new Deflated(obs), ...other }), 'npz'))).count).toBe(2)
    await refused(
      zipOf({ 'obs.npy': new Deflated(obs, 9e9 % 2 ** 32), ...other }),
      /"obs": 410065408 bytes in a file of/,
      {},
      'npz',
    )
    await refused(
      zipOf({ 'obs.npy': new Deflated(Buffer.concat([obs, obs]), obs.length), ...other }),
      /damaged/,
      {},
      'npz',
    )
    const bomb = new Deflated(npyOf(f32([15e6], new Float32Array(15e6))))
    await refused(zipOf({ 'obs.npy': bomb, ...other }), /"act": 2 rows, expected 15000000|expected at most/, {}, 'npz')
  })

  it('with any byte changed are refused, or are what they were', async () => {
    const whole = npzOf({ obs: f32([3, 2], [1, 2, 3, 4, 5, 6]), act: f32([3], [1, 2, 3]) })
    const { crc32 } = await openData(put(whole, 'npz'))
    for (let at = 0; at < whole.length; at += 3) {
      const bytes = whole.slice()
      bytes[at] ^= 1 << (at % 8)
      const path = put(bytes, 'npz')
      await openData(path).then(
        (data) => expect(data.crc32, `byte ${at}`).toBe(crc32),
        (error) => expect(error.message).toMatch(/^[^\n]+$/),
      )
    }
  })
})

describe('HDF5 and Parquet', () => {
  const files: [name: string, file: string, options: DataOptions][] = [
    ['D4RL', 'd4rl.hdf5', {}],
    ['robomimic', 'robomimic.hdf5', {}],
    ['Parquet', 'lerobot/data/chunk-000/file-000.parquet', {}],
    ['Parquet with durations', 'times.parquet', { mapping: { observations: ['q'], actions: ['u'], time: ['ns'] } }],
  ]

  it.each(files)('%s cut anywhere is refused', async (_, file, options) => {
    const whole = readFileSync(join(sets, file))
    for (let i = 1; i < 25; i++) {
      const path = put(whole.subarray(0, Math.floor((whole.length * i) / 25)), 'bin')
      expect(await refusal(path, options)).toMatch(
        /^: (not an? .* file, or damaged: |a Parquet file that is cut short|a Parquet file with a footer)/,
      )
    }
  })

  it.each(files)(
    '%s with bytes changed is refused in one line, or read, in the time and memory of a whole one',
    async (_, file, options) => {
      const whole = readFileSync(join(sets, file))
      const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.constantFrom(0, 1, 127, 128, 255)), {
        minLength: 1,
        maxLength: 3,
      })
      await fc.assert(
        fc.asyncProperty(changes, async (changed) => {
          const bytes = Buffer.from(whole)
          for (const [at, value] of changed) bytes[at] = value
          const path = put(bytes, 'bin')
          try {
            ;(await openData(path, options)).close()
          } catch (error) {
            expect((error as Error).name).toBe('InputError')
            expect((error as Error).message).toMatch(/^[^\n]+$/)
          }
        }),
        { numRuns: 60, seed: 2 },
      )
    },
    60_000,
  )

  it('Parquet that is packed in a way that is not read is no damaged file: the line names the ways', () =>
    expect(refusal(join(sets, 'lz4.parquet'), { mapping: { observations: ['q'], actions: ['u'] } })).resolves.toBe(
      ': column "q": packed by "LZ4_RAW", expected SNAPPY, GZIP, BROTLI, ZSTD or nothing',
    ))

  it('a folder without a data set is refused with what makes one', async () => {
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    expect(await refusal(empty)).toBe(
      ': a folder, expected a Minari data set (data/main_data.hdf5 or main_data.hdf5) or a LeRobot data set (meta/info.json)',
    )
    const info = join(folder, 'lerobot/meta/info.json')
    mkdirSync(dirname(info), { recursive: true })
    for (const [content, expected] of [
      ['{"fps": 50', /info.json: not JSON, expected JSON/],
      ['{"fps": 0, "features": {}}', /info.json: fps: 0, expected a number above 0/],
      ['{"fps": 50}', /info.json: features: nothing, expected a map/],
      ['{"features": {}}', /lerobot.data: cannot be read \(ENOENT\)/],
    ] as [string, RegExp][]) {
      writeFileSync(info, content)
      await expect(openData(join(folder, 'lerobot'))).rejects.toThrow(expected)
    }
  })

  it('runs of levels are what they were packed from, and none goes on behind the last', () => {
    // 5 times 3, then 8 packed numbers of 3 bits: 0 to 7
    const bytes = Uint8Array.of(10, 3, 3, 0x88, 0xc6, 0xfa)
    expect([...readHybrid(bytes, 0, bytes.length, 3, 13)]).toEqual([3, 3, 3, 3, 3, 0, 1, 2, 3, 4, 5, 6, 7])
    expect(() => readHybrid(Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0xf, 1), 0, 6, 1, 13)).toThrow(
      'a run of 2147483647 numbers',
    )
    expect(() => readHybrid(bytes, 0, 3, 3, 13)).toThrow('cut short')
    expect(() => readHybrid(bytes, 0, bytes.length, 3, 14)).toThrow('cut short')
  })
})

it('a Parquet file of nothing between its marks is told in words of ours', () =>
  refused(
    Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(100), Buffer.from('PAR1')]),
    /: not a Parquet file, or damaged$/,
    {},
    'parquet',
  ))
