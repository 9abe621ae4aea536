import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { showStudy } from '../../cli/study/progress.ts'
import type { JobResult } from '../../trainer/studies/jobs/results.ts'
import { planOf } from '../../trainer/studies/plan.ts'
import { Store } from '../../trainer/studies/store.ts'
import { tiny } from '../trainer/studies/tiny.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-study-progress-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the line that a study shows', () => {
  it('tells the time left by what each kind of job has taken, and nothing before one of each is done', async () => {
    const plan = await planOf(tiny)
    const store = new Store(folder)
    await store.open()
    const lines: string[] = []
    const progress = { update: (text: string) => void lines.push(text) }
    const of = (kind: string) => plan.jobs.filter(({ job }) => job.kind === kind)
    const [[collect], distils, evaluates] = ['collect', 'distil', 'evaluate'].map(of)

    const first = showStudy(plan, store, progress, 2)
    first({ kind: 'progress', label: collect.label, share: 0.01 })
    expect(lines.pop()).toBe(`study tiny: 0/${plan.jobs.length} jobs; ${collect.label} 1 %`)

    const results = {
      collect: { kind: 'collect', sha256: '' },
      distil: { kind: 'distil', picked: { policy: '' }, points: [], curve: [] },
      evaluate: { kind: 'evaluate', returns: [], fell: [] },
    }
    const took = { collect: 10, distil: 40, evaluate: 2 }
    for (const { id, job } of [collect, distils[0], evaluates[0]]) {
      const seconds = took[job.kind as keyof typeof took]
      await store.keep(id, { job, result: results[job.kind as keyof typeof results] as JobResult, seconds })
    }
    const again = showStudy(plan, store, progress, 2)
    const left = 40 * (distils.length - 1) + 2 * (evaluates.length - 1)
    const slow = distils[1].label
    again({ kind: 'progress', label: slow, share: 0 })
    expect(lines.pop()).toBe(`study tiny: 3/${plan.jobs.length} jobs; ${slow} 0 %, ${(left / 2).toFixed(0)} s left`)
    again({ kind: 'progress', label: slow, share: 0.5 })
    expect(lines.pop()).toContain(`${slow} 50 %, ${((left - 20) / 2).toFixed(0)} s left`)

    again({ kind: 'failed', label: slow, message: 'no memory' })
    const rest = (left - 40) / 2
    expect(lines.pop()).toBe(`study tiny: 3/${plan.jobs.length} jobs; failed: ${slow}: no memory, ${rest} s left`)
  })
})
