import { EventEmitter } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { thisOwner } from '../../../trainer/files/owner.ts'
import type { DistilJob, Job } from '../../../trainer/studies/jobs/job.ts'
import { planOf } from '../../../trainer/studies/plan.ts'
import type { Order } from '../../../trainer/studies/process/order.ts'
import { type Executor, Lost, Processes } from '../../../trainer/studies/process/pool.ts'
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

/** What a run begins, with a look at each job that a process has done and the store has not. */
function watching(look: (order: Order) => void): Executor {
  const processes = new Processes()
  return {
    async run(order, following) {
      const finished = await processes.run(order, following)
      look(order)
      return finished
    },
    close: () => processes.close(),
  }
}

it('the checkpoints of a job stay until its result is kept', { timeout: 60_000 }, async () => {
  const plan = await planOf({ ...tiny, name: 'kept' })
  const store = new Store(join(folder, 'kept'))
  await store.open()
  const there: boolean[] = []
  const run = { jobs: 1, minutes: 0 }
  await runPlan(
    plan,
    store,
    run,
    watching(({ folder: own }) => there.push(existsSync(own))),
  )
  expect(there).toEqual(plan.jobs.map(() => true))
  expect(readdirSync(join(store.folder, 'work'))).toEqual([])
})

it('where nothing can be kept, all jobs have ended before the run has, and none is begun after', async () => {
  const plan = await planOf({ ...tiny, seeds: 2, name: 'full' })
  const store = new Store(join(folder, 'full'))
  await store.open()
  const killed = new EventEmitter()
  const said: string[] = []
  const executor: Executor = {
    async run(_, { signal } = {}) {
      said.push('begun')
      if (said.length < 3) {
        const lost = new Lost('its process ended (SIGTERM)')
        await new Promise((_, reject) => {
          killed.once('close', () => reject(lost))
          signal?.addEventListener('abort', () => reject(lost))
        }).finally(() => said.push('ended'))
      }
      // as a full disk, which no test can have
      for (const name of ['results', 'failed']) rmSync(join(store.folder, name), { recursive: true })
      return { result: { kind: 'collect', transitions: 1, sha256: '' }, seconds: 1 }
    },
    close() {
      said.push('closed')
      killed.emit('close')
    },
  }
  await expect(runPlan(plan, store, { jobs: 3 }, executor)).rejects.toThrow('cannot be written (ENOENT)')
  await setTimeout(100)
  expect(said).toEqual(['begun', 'begun', 'begun', 'ended', 'ended', 'closed'])
})

it('data made again to other bits than before stops the job, and is not used', { timeout: 60_000 }, async () => {
  const plan = await planOf({ ...tiny, name: 'other-bits' })
  const store = new Store(join(folder, 'other-bits'))
  await store.open()
  await runPlan(plan, store, { jobs: 1 })
  const { id, job } = plan.jobs.find((one) => one.job.kind === 'collect')!
  const result = { ...store.result(id, 'collect'), sha256: '0'.repeat(64) }
  await store.keep(id, { job, result, seconds: 1 })
  rmSync(store.dataFile(id))
  for (const one of plan.jobs) if (one.job.kind === 'distil') rmSync(join(store.folder, 'results', `${one.id}.json`))
  await expect(runPlan(plan, store, { jobs: 1 })).rejects.toThrow(
    'made again to other bits than before (000000000000…)',
  )
  expect(existsSync(store.dataFile(id))).toBe(false)
})

it('what a worker left that has ended goes, and what is at work stays', async () => {
  const store = new Store(join(folder, 'left'))
  await store.open()
  const id = 'a'.repeat(32)
  const gone = thisOwner().replace(/^\d+/, '4194303')
  for (const name of [`${thisOwner()}-${id}`, `${gone}-${id}`, id]) mkdirSync(store.workFolder(name))
  store.sweep()
  expect(readdirSync(join(store.folder, 'work')).sort()).toEqual([`${thisOwner()}-${id}`, id].sort())
})
