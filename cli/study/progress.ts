/** A study's events as one line of progress. */
import type { Plan } from '../../trainer/studies/plan.ts'
import type { StudyEvent } from '../../trainer/studies/run.ts'
import type { Store } from '../../trainer/studies/store.ts'
import type { Progress } from '../terminal.ts'

export function showStudy({ study, jobs }: Plan, store: Store, progress: Progress): (event: StudyEvent) => void {
  let done = jobs.filter(({ id }) => store.has(id)).length
  const shares = new Map<string, number>()
  return (event) => {
    const { label } = event
    if (event.kind === 'done') done = event.done
    if (event.kind === 'done' || event.kind === 'failed') shares.delete(label)
    else shares.set(label, event.kind === 'progress' ? event.share : 0)
    const running = [...shares].map(([name, share]) => `${name} ${Math.floor(100 * share)} %`).join('; ')
    const failed = event.kind === 'failed' ? `failed: ${label}: ${event.message}; ` : ''
    const part = [...shares.values()].reduce((sum, share) => sum + share, 0)
    progress.update(
      `study ${study.name}: ${done}/${jobs.length} jobs; ${failed}${running}`,
      (done + part) / jobs.length,
    )
  }
}
