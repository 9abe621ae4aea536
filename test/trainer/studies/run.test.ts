import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { DistilJob, Job } from '../../../trainer/studies/jobs/job.ts'
import { planOf } from '../../../trainer/studies/plan.ts'
import { type Executor, Processes } from '../../../trainer/studies/process/pool.ts'
import { runPlan } from '../../../trainer/studies/run.ts'
import { Store } from '../../../trainer/studies/store.ts'
import { tiny } from './tiny.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-run-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('data that is gone is made again by one job, while the others work on other data', { timeout: 60_000 }, async () => {
  const plan = await planOf({ ...tiny, seeds: 2 })
  const store = new Store(folder)
  await store.open()
  await runPlan(plan, store, { jobs: 2 })
  const distilling = plan.jobs.filter(({ job }) => job.kind === 'distil')
  expect(distilling).toHaveLength(6)
  for (const { id, job } of distilling) {
    rmSync(join(folder, 'results', `${id}.json`))
    rmSync(store.dataFile((job as DistilJob).data), { force: true })
  }
  const begun: Job[] = []
  const processes = new Processes()
  const watched: Executor = {
    run(order, following) {
      begun.push(order.job)
      return processes.run(order, following)
    },
    close: () => processes.close(),
  }
  await runPlan(plan, store, { jobs: 2 }, watched)
  expect(begun).toHaveLength(6)
  const [first, second] = begun as DistilJob[]
  expect(first.data).not.toBe(second.data)
})
