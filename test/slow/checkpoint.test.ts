import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  checkpoint,
  collectData,
  expectSameAfterKills,
  folder,
  run,
  start,
  student,
  words,
} from '../support/interrupted-run.ts'

describe('a distillation', () => {
  beforeAll(() => {
    collectData()
    run(words('whole'))
  })

  it('killed five times at random moments and resumed has the bytes and the curve of one that never stopped', () =>
    expectSameAfterKills(5))

  it('killed while tuning does not train or tune again what was done', async () => {
    const several = [...words('tuning'), '--thresholds', '-2,-1,0,1,2']
    run([...words('tuned'), '--thresholds', '-2,-1,0,1,2'])
    const log = join(folder, 'tuning/progress.jsonl')
    const tuned = () => (existsSync(log) ? readFileSync(log, 'utf8').split('"phase":"tune"').length - 1 : 0)
    const child = start(several)
    const ended = once(child, 'exit')
    while (tuned() < 2 && child.exitCode === null) await sleep(2)
    child.kill('SIGKILL')
    await ended
    const saved = readFileSync(checkpoint('tuning')).toString('latin1')
    expect(saved).toContain('tuned.0.0.weights')
    expect(saved).toContain('\\"step\\":3000')
    run([...several, '--resume'])
    expect(student('tuning')).toEqual(student('tuned'))
    expect(tuned()).toBe(5)
  })
})
