/**
 * Linear policies that others have published (Mania, Guy, Recht 2018), in our tasks: as they are, and searched from there, for several seeds, on 100
 * episodes that no search saw. Prints JSON; with --write it becomes `bench/results/linear.json`.
 *
 *   node bench/linear.ts [TASK…] --policies FOLDER [--episodes 1000] [--seeds 3] [--jobs 1] [--runs runs/linear] [--write]
 *
 * What is done is kept under the run folder, and a second call goes on from there.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeFile } from '../trainer/files/replace.ts'
import type { OutcomeStatistics } from '../trainer/tasks/evaluate.ts'
import { once } from './jobs/once.ts'
import { inPool } from './jobs/pool.ts'

/** by task, in the folder of published ones */
const published: Record<string, string> = {
  hopper: 'ars-Hopper-linear.npz',
  walker2d: 'ars-Walker2d-linear.npz',
  halfcheetah: 'ars-HalfCheetah-linear.npz',
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    policies: { type: 'string' },
    episodes: { type: 'string', default: '1000' },
    seeds: { type: 'string', default: '3' },
    jobs: { type: 'string', default: '1' },
    runs: { type: 'string', default: join('runs', 'linear') },
    write: { type: 'boolean', default: false },
  },
})
const unknown = positionals.find((name) => !Object.hasOwn(published, name))
if (unknown) throw new Error(`${unknown}: expected one of ${Object.keys(published).join(', ')}`)
if (values.policies === undefined) throw new Error('--policies: expected the folder of the published policies')

interface Searched {
  weights: number
  bytes: number
  returnBefore: OutcomeStatistics
  returnAfter: OutcomeStatistics
  episodes: number
  steps: number
}

/** One row of the table. */
async function rowOf(task: string) {
  const folder = join(values.runs, task)
  const file = join(values.policies!, published[task])
  const imported = join(folder, 'imported')
  await once(imported, ['import', file, '--task', task, '--out', imported], [file], { force: false })
  const teacher = join(imported, 'teacher.safetensors')
  const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1)
  const searched = await inPool(
    Number(values.jobs),
    seeds.map((seed) => async () => {
      const out = join(folder, `search-${seed}`)
      const words = ['search', task, teacher, '--episodes', values.episodes, '--seed', `${seed}`]
      const how = ['--workers', '1', '--out', out]
      return (await once(out, [...words, ...how], [teacher], { force: false })) as unknown as Searched
    }),
  )
  const [{ weights, bytes }] = searched
  return {
    task,
    file: published[task],
    weights,
    bytes,
    seeds,
    // each on 100 episodes of its seed
    published: searched.map(({ returnBefore }) => returnBefore),
    searched: searched.map(({ returnAfter }) => returnAfter),
    episodes: searched.map(({ episodes }) => episodes),
    steps: searched.map(({ steps }) => steps),
  }
}

const rows: Awaited<ReturnType<typeof rowOf>>[] = []
for (const task of positionals.length ? positionals : Object.keys(published)) rows.push(await rowOf(task))
const text = `${JSON.stringify(rows, null, 2)}\n`
process.stdout.write(text)
if (values.write) await writeFile(fileURLToPath(new URL('results/linear.json', import.meta.url)), text)
