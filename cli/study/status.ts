/** How far a study is: counted in its store, so that it can be asked while another process works there. */
import { needsOf } from '../../trainer/studies/jobs/job.ts'
import type { Plan } from '../../trainer/studies/plan.ts'
import type { Queued } from '../../trainer/studies/queue/states.ts'
import type { Store } from '../../trainer/studies/store.ts'
import { plainTable } from '../report/table.ts'
import { printable } from '../report/words.ts'
import { seconds } from '../terminal.ts'

export interface Status {
  study: string
  kinds: { kind: string; all: number; done: number; running: number; failed: number; secondsEach?: number }[]
  failures: { job: string; message: string }[]
  /** of work on one process, by the mean of each kind so far; absent: nothing of some kind is done yet */
  secondsLeft?: number
}

const KINDS = ['teach', 'collect', 'distil', 'evaluate'] as const

/** queued: what a queue knows of its jobs, where workers do them */
export function statusOf({ study, jobs }: Plan, store: Store, queued: ReadonlyMap<string, Queued> = new Map()): Status {
  const begun = store.begun()
  const isDone = (id: string) => store.has(id) || queued.get(id)?.state === 'done'
  const done = new Set(jobs.filter(({ id }) => isDone(id)).map(({ id }) => id))
  const failures = jobs.flatMap(({ id, label }) => {
    const message = done.has(id) ? undefined : (queued.get(id)?.failure ?? store.failure(id))
    return message === undefined ? [] : [{ id, job: label, message }]
  })
  const failed = new Set(failures.map(({ id }) => id))
  const kinds = KINDS.flatMap((kind) => {
    const own = jobs.filter(({ job }) => job.kind === kind)
    const finished = own.filter(({ id }) => done.has(id))
    const running = own.filter(
      ({ id, job }) =>
        !done.has(id) &&
        !failed.has(id) &&
        (queued.get(id)?.state === 'running' || (begun.has(id) && needsOf(job).every((need) => done.has(need)))),
    )
    const secondsOf = (id: string) => (store.has(id) ? store.done(id).seconds : (queued.get(id)?.seconds ?? 0))
    const spent = finished.reduce((sum, { id }) => sum + secondsOf(id), 0)
    const secondsEach = finished.length ? spent / finished.length : undefined
    return own.length
      ? [
          {
            kind,
            all: own.length,
            done: finished.length,
            running: running.length,
            failed: own.filter(({ id }) => failed.has(id)).length,
            secondsEach,
          },
        ]
      : []
  })
  const known = kinds.every(({ all, done: finished, secondsEach }) => finished === all || secondsEach !== undefined)
  const secondsLeft = kinds.reduce(
    (sum, { all, done: finished, secondsEach = 0 }) => sum + (all - finished) * secondsEach,
    0,
  )
  return {
    study: study.name,
    kinds,
    failures: failures.map(({ job, message }) => ({ job, message })),
    ...(known && { secondsLeft }),
  }
}

export const isOver = ({ kinds }: Status): boolean => kinds.every(({ all, done }) => all === done)

export function statusText(status: Status): string {
  const body = status.kinds.map(({ kind, all, done, running, failed, secondsEach }) => [
    kind,
    `${done}`,
    `${running}`,
    `${failed}`,
    `${all}`,
    secondsEach === undefined ? '' : `${secondsEach.toFixed(1)} s`,
  ])
  const left = isOver(status)
    ? 'all done'
    : status.secondsLeft === undefined
      ? 'time left: not known yet'
      : `about ${seconds(status.secondsLeft)} of work left, on one process`
  return [
    `study ${status.study}`,
    plainTable(['jobs', 'done', 'running', 'failed', 'all', 'each'], body),
    ...status.failures.slice(0, 5).map(({ job, message }) => printable(`failed: ${job}: ${message}`)),
    left,
  ].join('\n')
}
