/**
 * Data sets as Python's libraries write them: h5py, NumPy, pyarrow and Minari, from PyPI, in a folder of the cache that is made once. Written by
 * test/support/write-data-sets.py.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openData } from '../../trainer/data/data-set.ts'
import { actionColumns, columnsIn, mapping, observationColumns, readTruth } from '../support/data-sets.ts'
import { describeWith } from '../support/require.ts'

const script = fileURLToPath(new URL('../support/write-data-sets.py', import.meta.url))
const packages = ['h5py==3.16.0', 'numpy==2.4.6', 'pyarrow==26.0.1', 'minari==0.5.4', 'pillow']
const environment = join(process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? tmpdir(), '.cache'), 'bpd-data-peers')
const python = join(environment, 'bin/python')

/** Makes the environment where it is not there yet: some 400 MB, once. */
function hasPeers(): boolean {
  const works = () => spawnSync(python, ['-c', 'import h5py, minari, pyarrow, PIL']).status === 0
  if (existsSync(python) && works()) return true
  if (process.env.BPD_REQUIRE !== 'all') return false
  spawnSync('python3', ['-m', 'venv', environment])
  spawnSync(python, ['-m', 'pip', 'install', '--quiet', ...packages])
  return works()
}

const need = `python3 with ${packages.join(', ')} in ${environment}`

describeWith(need, hasPeers())('data sets that Python wrote', () => {
  let folder: string
  let truth: Map<string, Float32Array>
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bpd-peers-'))
    execFileSync(python, [script, folder, 'all'], { stdio: 'pipe' })
    truth = readTruth(folder)
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  const wholes: [name: string, has?: 'rewards' | 'ends' | 'next'][] = [
    ['real/robot-v0', 'next'],
    ['minari', 'next'],
    ['d4rl.hdf5', 'ends'],
    ['d4rl-gzip.hdf5', 'ends'],
    ['flags.npz', 'ends'],
    ['robomimic.hdf5', 'rewards'],
    ['robomimic-big.hdf5', 'rewards'],
    ['robomimic-gzip.hdf5', 'rewards'],
    ['log.npz', 'rewards'],
    ['compressed.npz', 'rewards'],
    ['fortran.npz', 'rewards'],
    ['big.npz', 'rewards'],
    ['double.npz', 'rewards'],
    ['lerobot'],
    ['lerobot-split'],
    ['lerobot-fixed'],
    ['lerobot-groups'],
    ['lerobot-v2pages'],
    ['lerobot-plain'],
    ['lerobot-zstd'],
    ['lerobot-gzip'],
    ['lerobot-brotli'],
    ['log.csv'],
    ['semicolons.csv'],
  ]

  it.each(wholes)('%s has the same rows', async (name, has) => {
    const data = await openData(join(folder, name), name.endsWith('.csv') ? { mapping } : {})
    const columns = columnsIn(data)
    const compared = [...observationColumns, ...actionColumns]
    if (has) compared.push('reward')
    if (has === 'ends' || has === 'next') compared.push('terminal', 'timeout')
    if (has === 'next') compared.push(...observationColumns.map((column) => `next_${column}`))
    for (const column of compared) expect(columns.get(column), column).toEqual(truth.get(column))
    expect(data.episodes.map(({ first, count }) => [first, count])).toEqual([
      [0, 23],
      [23, 14],
    ])
    data.close()
  })

  it('halves and whole numbers are numbers', async () => {
    for (const name of ['half.hdf5', 'half.npz']) {
      const half = columnsIn(await openData(join(folder, name)))
      for (const column of observationColumns)
        for (const [row, x] of truth.get(column)!.entries())
          expect(Math.abs(half.get(column)![row] - x)).toBeLessThan(2 ** -11)
    }
    const integers = columnsIn(await openData(join(folder, 'integers.hdf5')))
    expect(integers.get('v1')!.slice(0, 3)).toEqual(Float32Array.of(3, 7, 11))
  })

  it.each([
    ['absurd.hdf5', '"/observations": 17592186044416 bytes in a file of'],
    ['lzf.hdf5', '"observations": packed by lzf (filter 32000), expected gzip or none'],
    ['chunky.hdf5', '"observations": packed by chunks of 800000000 bytes, expected gzip or none, in chunks of at most'],
    ['objects.npz', '"actions": Python objects, expected numbers'],
    ['unequal.npz', '"actions": 36 rows, expected 37 as of "observations"'],
    ['nulls.parquet', 'column "observation", row 1: NaN, expected a finite number'],
    ['ragged.parquet', 'column "observation", row 1: a list of 1 numbers, expected 2 as in other rows'],
  ])('%s is refused', async (name, expected) => {
    await expect(openData(join(folder, name))).rejects.toThrow(`${join(folder, name)}: ${expected}`)
  })

  it('a million rows of Parquet in one group take less than 400 MB', () => {
    const write = `
import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
rows = lambda n: pa.array(np.random.default_rng(1).standard_normal(1000000 * n, dtype=np.float32))
lists = lambda n: pa.FixedSizeListArray.from_arrays(rows(n), n).cast(pa.list_(pa.float32()))
pq.write_table(pa.table({"observation": lists(27), "action": lists(8)}), sys.argv[1])`
    const file = join(folder, 'million.parquet')
    execFileSync(python, ['-c', write, file], { stdio: 'pipe' })
    const open = fileURLToPath(new URL('../../bench/data.ts', import.meta.url))
    const figures = JSON.parse(execFileSync(process.execPath, [open, 'parquet', file], { encoding: 'utf8' }))
    console.log(JSON.stringify(figures))
    expect(figures.rows).toBe(1_000_000)
    expect(figures.mostMB).toBeLessThan(400)
  }, 300_000)
})
