/** A study's events as one line of progress. */
import type { Plan } from '../../trainer/studies/plan.ts'
import type { StudyEvent } from '../../trainer/studies/run.ts'
import type { Store } from '../../trainer/studies/store.ts'
import { printable } from '../report/words.ts'
import { type Progress, seconds } from '../terminal.ts'

/** Jobs of one kind. */
interface Kind {
  left: number
  done: number
  seconds: number
}

/** atOnce: how many jobs run together; undefined: as many as there are workers, which nobody here knows */
export function showStudy(
  { study, jobs }: Plan,
  store: Store,
  progress: Pick<Progress, 'update'>,
  atOnce: number | undefined,
): (event: StudyEvent) => void {
  const kinds = new Map<string, Kind>(jobs.map(({ job }) => [job.kind, { left: 0, done: 0, seconds: 0 }]))
  const kindOf = new Map(jobs.map(({ label, job }) => [label, kinds.get(job.kind)!]))
  const finish = (kind: Kind, took: number) => {
    kind.done++
    kind.seconds += took
  }
  for (const { id, job } of jobs) {
    const kind = kinds.get(job.kind)!
    if (store.has(id)) finish(kind, store.done(id).seconds)
    else kind.left++
  }
  let done = jobs.filter(({ id }) => store.has(id)).length
  const shares = new Map<string, number>()

  return (event) => {
    const { label } = event
    const kind = kindOf.get(label)!
    if (event.kind === 'done' || event.kind === 'failed') {
      kind.left--
      shares.delete(label)
    } else shares.set(label, event.kind === 'progress' ? event.share : 0)
    if (event.kind === 'done') {
      done = event.done
      finish(kind, event.seconds)
    }
    const running = [...shares].map(([name, share]) => `${printable(name)} ${Math.floor(100 * share)} %`).join('; ')
    const failed = event.kind === 'failed' ? printable(`failed: ${label}: ${event.message}`) : ''
    const parts = [`study ${study.name}: ${done}/${jobs.length} jobs`, failed, running].filter((part) => part !== '')
    const text = parts.join('; ')
    if (atOnce === undefined) return progress.update(text, done / jobs.length)
    const left = secondsLeft([...kinds.values()], shares, kindOf)
    const told = left === undefined ? '' : `, ${seconds(left / Math.min(atOnce, jobs.length - done || 1))} left`
    progress.update(`${text}${told}`)
  }
}

/** Of work, by what each kind has taken so far; undefined before one of each is done. A share of a job is no measure: jobs begin slowly, and differ. */
function secondsLeft(kinds: Kind[], shares: Map<string, number>, kindOf: Map<string, Kind>): number | undefined {
  if (kinds.some(({ left, done }) => left > 0 && done === 0)) return undefined
  const each = ({ done, seconds: all }: Kind) => all / Math.max(1, done)
  const all = kinds.reduce((sum, kind) => sum + kind.left * each(kind), 0)
  return [...shares].reduce((sum, [label, share]) => sum - share * each(kindOf.get(label)!), all)
}
