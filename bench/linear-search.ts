/**
 * Linear policies from nothing: `bpd search TASK --linear` for several seeds, each judged on 100 episodes that no search saw, beside what a published
 * one returns in the same task. Prints JSON; with --write it becomes `bench/results/linear-search.json`, where rows of other tasks stay.
 *
 *   node bench/linear-search.ts [TASK…] [--seeds 10] [--jobs 1] [--runs runs/linear-search] [--write]
 *
 * What is done is kept under the run folder, and a second call goes on from there.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeFile } from '../trainer/files/replace.ts'
import type { OutcomeStatistics } from '../trainer/tasks/evaluate.ts'
import { once } from './jobs/once.ts'
import { inPool } from './jobs/pool.ts'

interface Case {
  /** options of the search */
  how: string
  /** return in our task of the policy that Mania, Guy and Recht published; Hopper's, which is of an older model, after a search from there */
  reference: number
}

const cases: Record<string, Case> = {
  hopper: { how: '--episodes 4000 --directions 8 --best 4 --rate 0.04', reference: 3849 },
  halfcheetah: { how: '--episodes 4000 --directions 16 --best 8 --rate 0.04', reference: 6679 },
  walker2d: { how: '--episodes 12000 --directions 40 --best 30 --rate 0.04', reference: 10_473 },
  ant: { how: '--episodes 8000 --directions 40 --best 20 --rate 0.03', reference: 4860 },
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '10' },
    jobs: { type: 'string', default: '1' },
    runs: { type: 'string', default: join('runs', 'linear-search') },
    write: { type: 'boolean', default: false },
  },
})
const tasks = positionals.length ? positionals : Object.keys(cases)
const unknown = tasks.find((name) => !Object.hasOwn(cases, name))
if (unknown) throw new Error(`${unknown}: expected one of ${Object.keys(cases).join(', ')}`)

interface Searched {
  weights: number
  bytes: number
  returnAfter: OutcomeStatistics
  episodes: number
  steps: number
}

/** One row of the table. */
async function rowOf(task: string) {
  const { how, reference } = cases[task]
  const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1)
  const searched = await inPool(
    Number(values.jobs),
    seeds.map((seed) => async () => {
      const out = join(values.runs, task, `${seed}`)
      const words = ['search', task, '--linear', ...how.split(' '), '--seed', `${seed}`, '--workers', '1']
      return (await once(out, [...words, '--out', out], [], { force: false })) as unknown as Searched
    }),
  )
  const [{ weights, bytes }] = searched
  return {
    task,
    how,
    reference,
    weights,
    bytes,
    seeds,
    returns: searched.map(({ returnAfter }) => returnAfter),
    episodes: searched.map(({ episodes }) => episodes),
    steps: searched.map(({ steps }) => steps),
  }
}

const file = fileURLToPath(new URL('results/linear-search.json', import.meta.url))
const made: Awaited<ReturnType<typeof rowOf>>[] = []
for (const task of tasks) made.push(await rowOf(task))
process.stdout.write(`${JSON.stringify(made, null, 2)}\n`)
if (values.write) {
  const before: typeof made = JSON.parse(readFileSync(file, 'utf8'))
  const rows = Object.keys(cases).flatMap((task) =>
    [made, before].flatMap((of) => of.filter((row) => row.task === task)).slice(0, 1),
  )
  await writeFile(file, `${JSON.stringify(rows, null, 2)}\n`)
}
